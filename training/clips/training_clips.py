# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Random, augmented clips as a PyTorch dataset.

Layout legend: T frames, H height, W width, C channels.
"""

from collections.abc import Mapping, Sequence
from random import Random

import torch
from torch import Tensor
from torch.utils.data import Dataset
from training.clips.augmentation import Augmentation
from training.clips.clip_reader import ClipReader
from training.clips.clip_sampling import random_start
from training.config import RunConfig
from training.data_set.splits import LabelledVideo

Sample = dict[str, Tensor]
"""clip_THWC (uint8) by stream, ``rgb`` or ``flow``; and ``label`` (int64)."""


class TrainingClips(Dataset[Sample]):
    """
    One random, augmented clip of every video per epoch, the same in every stream.

    A draw depends on seed, epoch and index alone, so that a resumed run sees the same clips as an
    uninterrupted one.
    """

    def __init__(
        self, videos: Sequence[LabelledVideo], config: RunConfig,
        readers: Mapping[str, ClipReader], sizes_px: Mapping[str, int],
    ) -> None:
        """
        Set what to read; nothing is read yet.

        :param videos: ``clips_per_video`` clips are drawn from each.
        :param config: seed, length and augmentation.
        :param readers: source of each stream.
        :param sizes_px: side of the square frames of each stream.
        """
        self.videos, self.config = videos, config
        self._readers, self._sizes_px = readers, sizes_px
        self.epoch = 0

    def only(self, stream: str) -> 'TrainingClips':
        """
        Return the same clips in one stream.

        :param stream: ``rgb`` or ``flow``.
        :return: the clips of this epoch.
        """
        clips = TrainingClips(
            self.videos, self.config, {stream: self._readers[stream]}, self._sizes_px)
        clips.epoch = self.epoch
        return clips

    def __len__(self) -> int:
        """Return the number of clips in an epoch."""
        return len(self.videos) * self.config.clips_per_video

    def __getitem__(self, index: int) -> Sample:
        """
        Read one clip.

        :param index: position in the epoch.
        :return: the clip in every stream, and its label.
        :raises ValueError: when it cannot be read.
        """
        config, video = self.config, self.videos[index % len(self.videos)]
        rng = Random(f'{config.seed} {self.epoch} {index}')
        num_ticks = min(reader.num_ticks(video) for reader in self._readers.values())
        start = random_start(num_ticks, config.num_frames, rng)
        draw = Augmentation.draw(rng, config.smallest_crop, config.colour_jitter)
        sample = {'label': torch.tensor(video.label)}
        for stream, reader in self._readers.items():
            images = reader.read(video, start, config.num_frames)
            apply = draw.apply_to_flow if stream == 'flow' else draw.apply
            sample[stream] = torch.from_numpy(apply(images, self._sizes_px[stream]))
        return sample
