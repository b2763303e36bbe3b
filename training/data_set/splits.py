# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The training and test videos of the splits of a data set.

A data set is a folder with ``videos/Class/*`` and ``splits/``, in the format of UCF101, HMDB51 or
class folders (``split_files.py``). Videos are matched by stem, so that re-encoded files with
another suffix are found.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.data_set.listed_split import ListedSplit
from training.data_set.problem import Problem
from training.data_set.repeats import find_leaked_groups, find_repeats
from training.data_set.split_files import SplitFiles
from training.data_set.video_index import VideoIndex


@dataclass(frozen=True, slots=True)
class LabelledVideo:
    """One video of a split."""

    path: Path
    """The file."""
    label: int
    """Index into the labels, from 0."""
    group: str | int | None
    """What it was recorded with: a word of ``groups.txt``, across classes; else the gXX of a
    UCF101 name, within its class; None without either."""

    @property
    def name(self) -> str:
        """Class and file name without suffix, ``class/video``."""
        return f'{self.path.parent.name}/{self.path.stem}'


@dataclass(frozen=True, slots=True)
class Split:
    """The training and test videos of one split."""

    labels: tuple[str, ...]
    """Class names: in the order of ``classInd.txt``, sorted without it."""
    train: tuple[LabelledVideo, ...]
    """Training videos."""
    test: tuple[LabelledVideo, ...]
    """Test videos: for the final figures only, never for choosing a model."""


def read_split(data: Path, number: int) -> Split:
    """
    Read one split.

    :param data: a folder with ``videos/Class/*`` and ``splits/``.
    :param number: the split, from 1.
    :return: labels, training and test videos.
    :raises FileNotFoundError: when the folder, a split file or a video is missing.
    :raises ValueError: when a line cannot be read, a class is unknown, an id contradicts
        ``classInd.txt``, a list is empty, there is a single class, a video or a group is listed in
        two places, or ``groups.txt`` has no group for a video.
    """
    files, index = SplitFiles(data / 'splits'), VideoIndex(data / 'videos')
    split, problems = locate_videos(files.read(number), index)
    for problem in (*problems, *index.find_missing(files.groups.videos)):
        raise problem.error()
    return split


def read_background(data: Path, which: Literal['train', 'test']) -> tuple[Path, ...]:
    """
    Read the background videos, which show none of the classes.

    They calibrate and test the decision "no action".

    :param data: a folder with ``videos/`` and ``splits/background_{train,test}.txt``, with lines
        as in the test lists.
    :param which: which of the two lists.
    :return: the files.
    :raises FileNotFoundError: when the list or one of its videos is missing.
    :raises ValueError: when ``which`` is neither of the two, a line cannot be read, the list is
        empty, or it names a video twice.
    """
    if which not in ('train', 'test'):
        raise ValueError(f'which: expected "train" or "test", got {which!r}')
    files = SplitFiles(data / 'splits')
    path = files.background_list(which)
    if not path.is_file():
        raise FileNotFoundError(
            f'{path}: expected a list of videos that show none of the classes, got none; write '
            'one with lines "Folder/video.avi", or leave out what needs background videos')
    located, problems = locate_videos(
        files.read_background([which]), VideoIndex(data / 'videos'))
    if problems:
        raise problems[0].error()
    return tuple(video.path for video in located.train + located.test)


def locate_videos(listed: ListedSplit, index: VideoIndex) -> tuple[Split, tuple[Problem, ...]]:
    """
    Find the files of listed videos, and all problems of the split.

    :param listed: the parsed split files.
    :param index: the videos on disk.
    :return: the videos found on disk, and the problems: of lines, of files, of the whole.
    """
    ids = {name: i for i, name in enumerate(listed.labels)}
    found: dict[str, list[LabelledVideo]] = {'train': [], 'test': []}
    missing = []
    for video in listed.videos:
        if video.subset == 'unused':
            continue
        path = index.locate(video)
        if isinstance(path, Problem):
            missing.append(path)
        else:
            found[video.subset].append(LabelledVideo(path, ids[video.class_name], video.group))
    return (
        Split(listed.labels, tuple(found['train']), tuple(found['test'])),
        (*listed.problems, *missing, *find_repeats(listed.videos),
         *find_leaked_groups(listed.videos)))
