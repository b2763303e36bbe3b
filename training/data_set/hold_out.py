# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Validation videos, held out of the training list."""

from collections import Counter
from collections.abc import Collection
import hashlib

from training.data_set.splits import LabelledVideo


def hold_out_groups(
    videos: Collection[LabelledVideo], groups: Collection[int | str],
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Hold out whole groups of the training videos for validation.

    :param videos: training videos, each with a group.
    :param groups: numbers or words of the groups.
    :return: the remaining training videos and the validation videos.
    :raises ValueError: when a video has no group, a group has no video, or one of the two would
        be empty.
    """
    ungrouped = [v.path.name for v in videos if v.group is None]
    if ungrouped:
        raise ValueError(
            'validation groups need videos named "..._gXX_cYY" in the UCF101 format, or '
            f'splits/groups.txt, got {len(ungrouped)} of {len(videos)} without a group, such as '
            f'{ungrouped[0]!r}; hold out a fraction of the videos instead (validation_fraction)')
    chosen = {str(group) for group in groups}
    present = sorted({v.group for v in videos if v.group is not None}, key=_natural)
    absent = sorted(chosen - {str(group) for group in present})
    if absent:
        raise ValueError(
            f'expected validation groups of the training videos, {present}, got {absent}; correct '
            'validation_groups')
    kept = tuple(v for v in videos if str(v.group) not in chosen)
    held = tuple(v for v in videos if str(v.group) in chosen)
    if not kept or not held:
        raise ValueError(
            'expected validation groups that leave both sets non-empty, got '
            f'{sorted(groups, key=_natural)} of {present}')
    return kept, held


def hold_out_fraction(
    videos: Collection[LabelledVideo], fraction: float, seed: int,
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Hold out about a fraction of every class for validation.

    The draw depends on seed, labels and stems alone, not on the order of the videos or where the
    data set is. Clips of a group stay together, also across classes. At least one video of each
    class stays, and at least one is held out unless that would cut a group or empty a class.

    :param videos: training videos.
    :param fraction: of each class, in (0, 1).
    :param seed: of the draw.
    :return: the remaining training videos and the validation videos, in their order.
    :raises ValueError: when the fraction is out of range, or no class has two videos.
    """
    if not 0 < fraction < 1:
        raise ValueError(f'fraction: expected a number in (0, 1), got {fraction}')
    units, sizes = _units(videos), Counter(video.label for video in videos)
    counts: Counter[int] = Counter()
    held: set[LabelledVideo] = set()
    for label in sorted(sizes):
        salt = f'{seed}/{label}'
        own = sorted((unit for unit in units if any(v.label == label for v in units[unit])),
                     key=lambda unit: hashlib.sha256(f'{salt}/{unit[1]}'.encode()).digest())
        for unit in own:
            if counts[label] and counts[label] >= round(fraction * sizes[label]):
                break
            after = counts + Counter(video.label for video in units[unit])
            # One that is held already was counted with an earlier class.
            if held.isdisjoint(units[unit]) and all(after[k] < sizes[k] for k in sizes):
                counts, held = after, held | set(units[unit])
    if not held:
        raise ValueError(
            'expected a class with at least two videos of different groups to hold one out, got '
            f'{len(videos)} videos, each alone in its class or tied to it by its group; add '
            'videos')
    return tuple(v for v in videos if v not in held), tuple(v for v in videos if v in held)


def _units(videos: Collection[LabelledVideo]) -> dict[tuple[int, str], list[LabelledVideo]]:
    """Collect the videos that stay together; words are groups across classes, numbers are not."""
    units: dict[tuple[int, str], list[LabelledVideo]] = {}
    for video in videos:
        name = video.path.stem if video.group is None else (
            f'g{video.group}' if isinstance(video.group, int) else video.group)
        label = -1 if isinstance(video.group, str) else video.label
        units.setdefault((label, name), []).append(video)
    return units


def _natural(group: int | str) -> tuple[bool, int, str]:
    """Return a key that sorts numbers by value, and before words."""
    return isinstance(group, str), group if isinstance(group, int) else 0, str(group)
