"""
Pooled features computed once, to train the last layers of a network on.

Layout legend: M clips, D features.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from imrs_ros.networks import VideoNetwork
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm
from training.dataset import TrainingClips
from training.evaluation import window_video
from training.run_state import read_saved, write_atomically
from training.splits import LabelledVideo


class FeatureCache:
    """Features of a network that no longer changes, kept in the folder of the run."""

    def __init__(self, network: VideoNetwork, folder: Path) -> None:
        """
        Take a network; nothing is computed yet.

        :param network: all below its last layers is frozen.
        :param folder: the run's folder.
        """
        self._network, self._folder = network, folder

    def training(self, clips: TrainingClips, num_draws: int, num_workers: int) -> TensorDataset:
        """
        Give features of several draws of the training clips.

        :param clips: the clips; its epoch decides the draw.
        :param num_draws: how many.
        :param num_workers: processes that decode videos.
        :return: features_MD and labels_M.
        """
        drawn = [self._kept(f'features_{draw}', lambda draw=draw: self._draw(  # type: ignore[misc]
            clips, draw, num_workers)) for draw in range(num_draws)]
        return TensorDataset(*(torch.cat([d[key] for d in drawn]) for key in ('x', 'y')))

    def _draw(self, clips: TrainingClips, draw: int, num_workers: int) -> dict[str, Tensor]:
        clips.epoch = draw
        features, labels = [], []
        # One clip at a time: the large maps of the first layers then stay in the CPU's cache.
        for clip, label in tqdm(DataLoader(clips, 1, num_workers=num_workers),
                                desc=f'features {draw + 1}', unit='clip', leave=False):
            features.append(self._pool(clip))
            labels.append(label)
        return {'x': torch.cat(features), 'y': torch.cat(labels)}

    def validation(
        self, videos: Sequence[LabelledVideo], *, num_frames: int, fps: float, size_px: int,
        max_clips: int,
    ) -> list[Tensor]:
        """
        Give features of the windows of whole videos.

        :param videos: what to read.
        :param num_frames: frames of a window.
        :param fps: rate of the time grid, Hz.
        :param size_px: side of the frames.
        :param max_clips: windows a video at most.
        :return: features_MD of every video.
        """
        def compute() -> dict[str, Tensor]:
            features = [
                self._pool(torch.from_numpy(window_video(
                    video.path, num_frames=num_frames, fps=fps, size_px=size_px,
                    max_clips=max_clips)))
                for video in tqdm(videos, desc='features of validation', unit='video',
                                  leave=False)]
            return {'x': torch.cat(features), 'sizes': torch.tensor([len(f) for f in features])}
        kept = self._kept('features_validation', compute)
        return list(kept['x'].split(kept['sizes'].tolist()))

    def _pool(self, clips_MTHWC: Tensor) -> Tensor:
        self._network.eval()
        with torch.no_grad():
            return torch.cat([self._network.pool_clip(clip[None]) for clip in clips_MTHWC])

    def _kept(self, name: str, compute: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        """Read what an earlier run of the same settings computed, or compute and keep it."""
        path = self._folder / f'{name}.pt'
        if not path.exists():
            write_atomically(compute(), path)
        return read_saved(path)
