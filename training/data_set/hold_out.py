# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Validation videos, held out of the training list."""

from collections.abc import Collection
import hashlib

from training.data_set.splits import LabelledVideo


def hold_out_groups(
    videos: Collection[LabelledVideo], groups: Collection[int],
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Hold out whole groups of the training videos for validation.

    :param videos: training videos, each with a group.
    :param groups: numbers of the groups.
    :return: the remaining training videos and the validation videos.
    :raises ValueError: when a video has no group, or one of the two would be empty.
    """
    ungrouped = [v.path.name for v in videos if v.group is None]
    if ungrouped:
        raise ValueError(
            'validation groups need videos named "..._gXX_cYY" in the UCF101 format, got '
            f'{len(ungrouped)} of {len(videos)} without a group, such as {ungrouped[0]!r}; hold '
            'out a fraction of the videos instead (validation_fraction)')
    kept = tuple(v for v in videos if v.group not in groups)
    held = tuple(v for v in videos if v.group in groups)
    if not kept or not held:
        present = sorted({v.group for v in videos if v.group is not None})
        raise ValueError(
            'expected validation groups that leave both sets non-empty, got '
            f'{sorted(groups)} of {present}')
    return kept, held


def hold_out_fraction(
    videos: Collection[LabelledVideo], fraction: float, seed: int,
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Hold out about a fraction of every class for validation.

    The draw depends on seed, labels and stems alone, not on the order of the videos or where the
    data set is. Clips of a group stay together. At least one video of each class is held out and
    at least one stays; a class of a single video (or group) keeps it.

    :param videos: training videos.
    :param fraction: of each class, in (0, 1).
    :param seed: of the draw.
    :return: the remaining training videos and the validation videos, in their order.
    :raises ValueError: when the fraction is out of range, or no class has two videos.
    """
    if not 0 < fraction < 1:
        raise ValueError(f'fraction: expected a number in (0, 1), got {fraction}')
    held: set[LabelledVideo] = set()
    for label in {video.label for video in videos}:
        held |= _draw([v for v in videos if v.label == label], fraction, f'{seed}/{label}')
    if not held:
        raise ValueError(
            'expected a class with at least two videos of different groups to hold one out, got '
            f'{len(videos)} videos, each alone in its class; add videos')
    return tuple(v for v in videos if v not in held), tuple(v for v in videos if v in held)


def _draw(videos: list[LabelledVideo], fraction: float, salt: str) -> set[LabelledVideo]:
    """Draw whole groups of one class until the fraction is reached; never the last group."""
    units: dict[str, list[LabelledVideo]] = {}
    for video in videos:
        name = video.path.stem if video.group is None else f'g{video.group}'
        units.setdefault(name, []).append(video)
    order = sorted(units, key=lambda n: hashlib.sha256(f'{salt}/{n}'.encode()).digest())
    held: set[LabelledVideo] = set()
    for name in order[:-1]:
        held |= set(units[name])
        if len(held) >= round(fraction * len(videos)):
            break
    return held
