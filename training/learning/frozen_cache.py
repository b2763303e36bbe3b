# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Outputs of the frozen part of a network for the training clips, computed once and stored on disk.

Runs that freeze the same part share a folder, whatever their seeds: its clips are drawn from
seed 0.

Layout legend: M clips, N clips of a batch.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
import json
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm
from training.clips.run_data import RunData
from training.clips.training_clips import Sample, TrainingClips
from training.clips.windows import Windows
from training.config import RunConfig
from training.learning.frozen_part import freeze
from training.learning.run_state import BEST, read_saved, write_atomically
from training.learning.stream import Stream, TEACHER
from training.learning.teacher import Teacher

KEY_FIELDS = ('network', 'width', 'pretrained', 'normalisation', 'stream', 'cached', 'num_frames',
              'fps', 'size_px', 'split', 'validation_groups', 'clips_per_video', 'smallest_crop',
              'colour_jitter')
"""Settings that the outputs depend on; with cached features, the excitation too."""


class CachedClips(Dataset[Sample]):
    """Computed outputs of several draws of the training clips; each epoch uses the next draw."""

    def __init__(self, draws: list[Mapping[str, Tensor]]) -> None:
        """
        Store the draws.

        :param draws: for each draw, tensors of M rows by key of a batch.
        """
        self._draws = draws
        self.epoch = 0

    def __len__(self) -> int:
        """Return the number of clips in an epoch."""
        return len(self._draws[0]['label'])

    def __getitem__(self, index: int) -> Sample:
        """Return one clip of the draw of this epoch."""
        draw = self._draws[self.epoch % len(self._draws)]
        return {name: rows[index] for name, rows in draw.items()}


class FrozenCache:
    """Computes and stores the outputs of the frozen part of a stream, and of its teacher."""

    def __init__(self, stream: Stream, teacher: Teacher | None, data: RunData, root: Path,
                 device: torch.device) -> None:
        """
        Select the folder; nothing is computed yet.

        :param stream: the stream; its frozen part must not change.
        :param teacher: its teacher, or None.
        :param data: the videos of the run.
        :param root: folder of all caches.
        :param device: device of the stream.
        """
        self._frozen = freeze(stream.network, stream.config.cached, device)
        self._teacher, self._device = teacher, device
        self._config, self._data = stream.config, data
        self._folder = root / _key(stream.config, data, teachers=False)
        self._teacher_folder = root / _key(stream.config, data, teachers=True)

    def training(self, clips: TrainingClips, num_workers: int) -> CachedClips:
        """
        Return the outputs for several draws of the training clips.

        :param clips: the clips; their ``epoch`` is changed.
        :param num_workers: processes that read clips.
        :return: the cached clips.
        """
        draws: list[Mapping[str, Tensor]] = []
        for number in range(self._config.cached_draws):
            clips.epoch = number
            draw = self._load(self._folder / f'{number}.pt', DataLoader(
                clips.only(self._config.stream), 1, num_workers=num_workers), self._compute)
            if self._teacher is not None:
                draw = {**draw, **self._load(self._teacher_folder / f'{number}.pt', DataLoader(
                    clips.only('flow'), 1, num_workers=num_workers), self._compute_teacher)}
            draws.append(draw)
        return CachedClips(draws)

    def validation(self, windows: Windows) -> list[dict[str, Tensor]]:
        """
        Return the outputs for the windows of the validation videos.

        :param windows: cuts a video into clips.
        :return: tensors of M rows by key of a batch, for every video.
        """
        path = self._folder / 'validation.pt'
        if not path.exists():
            videos = [self._frozen(torch.from_numpy(windows(video))) for video in tqdm(
                self._data.validation, desc='cache validation', unit='video', leave=False,
                disable=None)]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically({'videos': videos}, path)
        outputs: list[dict[str, Tensor]] = read_saved(path)['videos']
        return outputs

    def _load(
        self, path: Path, loader: DataLoader, compute: Callable[[Sample], dict[str, Tensor]],
    ) -> dict[str, Tensor]:
        """Load the outputs for the clips of a loader; compute them unless they are stored."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            computed = [compute(sample) for sample in tqdm(
                loader, desc=f'cache {path.parent.name}/{path.stem}', unit='clip', leave=False,
                disable=None)]
            write_atomically({name: torch.cat([c[name] for c in computed])
                              for name in computed[0]}, path)
        return read_saved(path)

    def _compute(self, sample: Sample) -> dict[str, Tensor]:
        return {**self._frozen(sample[self._config.stream]), 'label': sample['label']}

    def _compute_teacher(self, sample: Sample) -> dict[str, Tensor]:
        if self._teacher is None:
            raise RuntimeError('expected a teacher, got none')
        return {TEACHER: self._teacher(sample['flow'].to(self._device)).cpu()}


def _key(config: RunConfig, data: RunData, *, teachers: bool) -> str:
    settings = config.to_mapping()
    fields = [*KEY_FIELDS, *(['excitation', 'excitation_stages'] * (config.cached == 'features'))]
    models = []
    if teachers:
        fields = [f for f in fields if f not in ('network', 'width', 'pretrained')]
        models = [sha256((Path(run) / BEST).read_bytes()).hexdigest() for run in config.teachers]
    # Labels are stored with the outputs; without extracted frames, names alone do not tell data
    # sets apart.
    videos = [[(video.name if data.store else str(video.path.resolve()), video.label)
               for video in listed] for listed in (data.train, data.validation)]
    text = json.dumps([{f: settings[f] for f in fields}, models, videos,
                       str(data.store and data.store.root)])
    return ('teacher_' if teachers else 'clips_') + sha256(text.encode()).hexdigest()[:16]
