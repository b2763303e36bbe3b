# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The clips of a model's bank: few, of every class and of every source of other actions.

From clips that the network learnt from, a single window; from those it did not, and from other
actions, windows in a row, for decisions are made over time.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from imrs_ros.model_card import ModelCard
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import WindowSettings
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.pooling import WindowPooler
from tqdm import tqdm
from training.data_set.background import Sources
from training.data_set.splits import LabelledVideo
from training.operating_point.pooling import pool_start

LEARNT_WINDOWS, UNSEEN_WINDOWS, OTHER_WINDOWS = 150, 160, 690
"""Of all clips of each kind, at most: a byte a feature, 1.9 MB for a lite0."""
UNSEEN_LENGTH, OTHER_LENGTH = 8, 12
"""Windows of one clip, 1.8 and 2.4 s at 25 Hz."""
Item = TypeVar('Item')


def make_bank(
    card: ModelCard, train: Sequence[LabelledVideo], validation: Sequence[LabelledVideo],
    sources: Sources, on_video: Callable[[], object] = lambda: None,
) -> Bank:
    """
    Pool the clips of a bank.

    :param card: the model.
    :param train: videos that its network learnt from.
    :param validation: videos that it did not learn from.
    :param sources: of other actions.
    :param on_video: called after every video that was read.
    :return: the bank.
    :raises VideoError: when a video cannot be read.
    """
    pooler = WindowPooler.of_model(card)

    def clip(path: Path, label: str, group: str, length: int) -> ClipFeatures:
        found = ClipFeatures(
            label=label, group=group, name=path.name,
            features_ND=pool_start(pooler, path, card.spec, WindowSettings().hop, length))
        on_video()
        return found

    def of_classes(videos: Sequence[LabelledVideo], windows: int, length: int,
                   ) -> tuple[ClipFeatures, ...]:
        most = windows // length // len(card.labels)
        return tuple(
            clip(video.path, label, str(video.path), length)
            for number, label in enumerate(card.labels)
            for video in _spread([v for v in videos if v.label == number], most))
    most = OTHER_WINDOWS // OTHER_LENGTH // max(1, len(sources))
    return Bank(
        of_classes(train, LEARNT_WINDOWS, 1),
        of_classes(validation, UNSEEN_WINDOWS, UNSEEN_LENGTH),
        tuple(clip(path, NO_ACTION, name, OTHER_LENGTH) for name, paths in sources.items()
              for path in _spread(paths, most)))


def add_bank(
    card: ModelCard, train: Sequence[LabelledVideo], validation: Sequence[LabelledVideo],
    sources: Sources, data: str,
) -> int:
    """
    Write the bank of a model, with a progress bar.

    :param card: the model.
    :param train: videos that its network learnt from.
    :param validation: videos that it did not learn from.
    :param sources: of other actions.
    :param data: name and split of the data, for people.
    :return: its size in bytes.
    :raises VideoError: when a video cannot be read.
    :raises OSError: when it cannot be written.
    """
    with tqdm(total=_num_videos(card, sources), unit='video', desc='bank', disable=None,
              leave=False) as bar:
        bank = make_bank(card, train, validation, sources, bar.update)
    return bank.save(card, f'{data}; other actions: {", ".join(sorted(sources))}')


def _num_videos(card: ModelCard, sources: Sources) -> int:
    """Return how many videos are read at most."""
    labels, most = len(card.labels), OTHER_WINDOWS // OTHER_LENGTH // max(1, len(sources))
    return (LEARNT_WINDOWS // labels * labels + UNSEEN_WINDOWS // UNSEEN_LENGTH // labels * labels
            + sum(min(most, len(paths)) for paths in sources.values()))


def _spread(items: Sequence[Item], most: int) -> list[Item]:
    """Return at most so many items, evenly spaced."""
    count = min(most, len(items))
    return [items[int((i + 0.5) * len(items) / count)] for i in range(count)]
