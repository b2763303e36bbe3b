"""
Clips of videos as a PyTorch dataset.

Layout legend: T frames, H height, W width, C channels.
"""

from collections.abc import Sequence
from random import Random

from imrs_ros.video import read_video, video_length, VideoError
import torch
from torch import Tensor
from torch.utils.data import Dataset
from training.augmentation import Augmentation
from training.clip_sampling import clip_indices, random_start, span_frames
from training.config import RunConfig
from training.splits import LabelledVideo


class TrainingClips(Dataset[tuple[Tensor, int]]):
    """
    One random, augmented clip of every video in every epoch.

    What is drawn depends on the seed, the epoch and the index alone, so that a resumed run sees
    what an uninterrupted one would have seen.
    """

    def __init__(self, videos: Sequence[LabelledVideo], config: RunConfig) -> None:
        self.videos = videos
        self.config = config
        self.epoch = 0

    def __len__(self) -> int:
        """Give the number of clips in an epoch."""
        return len(self.videos) * self.config.clips_per_video

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """
        Read one clip.

        :param index: position in the epoch.
        :return: clip_THWC (uint8) and its label.
        :raises VideoError: when the video gives no frames.
        """
        config = self.config
        video = self.videos[index % len(self.videos)]
        rng = Random(f'{config.seed} {self.epoch} {index}')
        length, fps = video_length(video.path)
        span = span_frames(config.num_frames, config.fps, fps)
        start = random_start(length, span, rng)
        images = [f.image_HWC for f in read_video(video.path, start, span)]
        if not images:
            raise VideoError(f'{video.path}: expected frames from {start} on, got none')
        # Short videos loop.
        chosen = [images[i % len(images)]
                  for i in clip_indices(config.num_frames, config.fps, fps)]
        draw = Augmentation.draw(rng, config.smallest_crop, config.colour_jitter)
        return torch.from_numpy(draw.apply(chosen, config.size_px)), video.label
