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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
import json
from pathlib import Path

from imrs_ros.model_card import CARD_FILE, ModelCard
from imrs_ros.model_folders import FINDER_NAME
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm
from training.clips.run_data import RunData
from training.clips.training_clips import Sample, TrainingClips
from training.clips.windows import Windows
from training.config import POSE, RunConfig
from training.learning.frozen_part import freeze
from training.learning.networks import is_trained
from training.learning.run_state import BEST, read_saved, write_atomically
from training.learning.stream import Stream, TEACHER
from training.learning.teacher import Teacher, TeacherPart

KEY_FIELDS = ('network', 'width', 'pretrained', 'normalisation', 'stream', 'cached', 'num_frames',
              'fps', 'size_px', 'split', 'validation_groups', 'clips_per_video', 'smallest_crop',
              'colour_jitter')
"""Settings that the outputs depend on; with cached features, the excitation too."""
OF_STUDENT = ('network', 'width', 'pretrained', 'normalisation', 'excitation', 'excitation_stages')
"""Of these, those that the outputs of a teacher do not depend on."""


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
        self._config, self._data, self._device = stream.config, data, device
        self._frozen = freeze(stream.network, stream.config.cached, device)
        self._folder = root / _key(stream.config, data)
        self._teachers = [] if teacher is None else [
            (part, _compute_pooled(part, device), root / key)
            for part, key in zip(teacher.parts, _teacher_keys(stream.config, teacher, data))]

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
            imitated = []
            for part, compute, folder in self._teachers:
                pooled = self._load(folder / f'{number}.pt', DataLoader(
                    clips.only(part.stream), 1, num_workers=num_workers), compute)['features']
                imitated.append(part.imitated(pooled.to(self._device)).cpu())
            draws.append({**draw, TEACHER: torch.cat(imitated, dim=1)} if imitated else draw)
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


def _compute_pooled(
    part: TeacherPart, device: torch.device,
) -> Callable[[Sample], dict[str, Tensor]]:
    """Return the function that computes the pooled features of a teacher."""
    pool = freeze(part.network, 'features', device)

    def compute(sample: Sample) -> dict[str, Tensor]:
        return {**pool(part.resize(sample[part.stream])), 'label': sample['label']}
    return compute


def _teacher_keys(config: RunConfig, teacher: Teacher, data: RunData) -> list[str]:
    """Return the key of each network; descriptions of poses depend on no training."""
    clips = replace(config, teachers=(), cached='features', network=POSE, width=1.0,
                    pretrained=FINDER_NAME, normalisation=None, excitation='none',
                    excitation_stages=None)
    return [_key(clips, data, () if part.is_posed else (part.stream, _hash(Path(folder))))
            for part, folder in zip(teacher.parts, config.teachers)]


def _key(config: RunConfig, data: RunData, teacher: Sequence[str] = ()) -> str:
    settings = config.to_mapping()
    fields = [*KEY_FIELDS, *(['excitation', 'excitation_stages'] * (config.cached == 'features'))]
    if teacher:
        fields = [field for field in fields if field not in OF_STUDENT]
    start = [_hash(Path(config.pretrained))] if config.pretrained and is_trained(
        config.pretrained) else []
    # Labels are stored with the outputs; without extracted frames, names alone do not tell data
    # sets apart.
    videos = [[(video.name if data.store else str(video.path.resolve()), video.label)
               for video in listed] for listed in (data.train, data.validation)]
    text = json.dumps([{f: settings[f] for f in fields}, list(teacher), start, videos,
                       str(data.store and data.store.root)])
    return ('teacher_' if teacher else 'clips_') + sha256(text.encode()).hexdigest()[:16]


def _hash(folder: Path) -> str:
    """Return the checksum of the weights of a run or a model folder."""
    if (folder / CARD_FILE).exists():
        return ModelCard.load(folder).weights_sha256
    return sha256((folder / BEST).read_bytes()).hexdigest()
