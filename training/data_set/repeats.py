# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Videos listed more than once, and groups in both train and test."""

from collections.abc import Iterator, Sequence

from training.data_set.listed_video import ListedVideo
from training.data_set.problem import Kind, Problem


def find_repeats(videos: Sequence[ListedVideo]) -> Iterator[Problem]:
    """
    Find videos that a split lists more than once.

    :param videos: the listed videos of the split.
    :return: a problem for each repetition, in order.
    """
    first: dict[tuple[str, str], ListedVideo] = {}
    for video in videos:
        earlier = first.setdefault((video.class_name, video.stem), video)
        if earlier is video:
            continue
        is_leak = {earlier.subset, video.subset} == {'train', 'test'}
        kind, expected = (
            (Kind.IN_BOTH, 'a video of either train or test') if is_leak else
            (Kind.DUPLICATE, 'each video once'))
        yield Problem(
            kind, video.place, f'{video.class_name}/{video.stem}: expected {expected}, got it in '
            f'{earlier.place} too; remove one of the lines')


def find_leaked_groups(videos: Sequence[ListedVideo]) -> Iterator[Problem]:
    """
    Find groups, the clips of one recording, with videos in both train and test.

    Videos that are themselves in both do not count: ``find_repeats`` reports them.

    :param videos: the listed videos of the split.
    :return: a problem for each group, placed at its first test video.
    """
    train = [video for video in videos if video.subset == 'train']
    groups = {_scope(v) for v in train if v.group is not None}
    stems = {(v.class_name, v.stem) for v in train}
    leaked: dict[tuple[str, str | int | None], list[ListedVideo]] = {}
    for video in videos:
        key = _scope(video)
        is_repeat = (video.class_name, video.stem) in stems
        if video.subset == 'test' and key in groups and not is_repeat:
            leaked.setdefault(key, []).append(video)
    for (_, group), clips in leaked.items():
        yield Problem(
            Kind.LEAKED_GROUP, clips[0].place, f'{clips[0].class_name}: expected each group in '
            f'either train or test, got {len(clips)} test clips of group {group}, which also has '
            f'training clips; the first is {clips[0].stem}; move the group to one list')


def _scope(video: ListedVideo) -> tuple[str, str | int | None]:
    """Return a video's group, and the class within which it counts; UCF101 numbers each class."""
    return '' if isinstance(video.group, str) else video.class_name, video.group
