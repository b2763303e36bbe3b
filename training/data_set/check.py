# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Everything wrong with a data set: its split files, its lists and its videos."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from imrs_ros.video import read_video, VideoError
from tqdm import tqdm
from training.data_set.listed_split import LISTED_SUBSETS, ListedSplit
from training.data_set.problem import Kind, Problem
from training.data_set.report import DataSetReport
from training.data_set.same_content import find_in_background, find_same_content
from training.data_set.split_files import SplitFiles
from training.data_set.splits import locate_videos
from training.data_set.video_index import VideoIndex

BACKGROUND = 'background'
"""Name of the background lists in a report."""


def check_data(data: Path, numbers: Sequence[int] = ()) -> DataSetReport:
    """
    Check split files, background lists and videos; every training and test video is opened.

    :param data: a folder with ``videos/Class/*`` and ``splits/``.
    :param numbers: splits, from 1; empty for all.
    :return: the report.
    :raises FileNotFoundError: when there are no split files or no folder of videos.
    :raises ValueError: when there are split files of two formats.
    """
    files = SplitFiles(data / 'splits')
    index = VideoIndex(data / 'videos')
    listed = {f'split {n}': files.read(n) for n in numbers or files.numbers}
    problems = [p for name, split in listed.items() for p in find_empty_classes(name, split)]
    background = files.read_background()
    if background.videos or background.problems:
        listed[BACKGROUND] = background
    sizes: dict[str, tuple[int, int]] = {}
    used: dict[str, dict[Path, str]] = {}
    for name, listed_split in listed.items():
        split, found = locate_videos(listed_split, index)
        problems += found
        sizes[name] = (len(split.train), len(split.test))
        used[name] = {video.path: subset for subset, videos in (
            ('train', split.train), ('test', split.test)) for video in videos}
    outside = used.pop(BACKGROUND, {})
    problems += index.find_missing(files.groups.videos)
    problems += find_in_background(used, outside)
    problems += find_same_content(used, outside)
    paths = sorted(set(outside).union(*used.values()))
    problems += find_bad_videos(paths)
    problems += find_unlisted(listed.values(), index)
    return DataSetReport(data, files.format.value, sizes, tuple(problems))


def find_empty_classes(name: str, split: ListedSplit) -> Iterator[Problem]:
    """
    Find classes without training or without test videos.

    :param name: of the split, as problems name it.
    :param split: its lists; one without any video is ignored, it is a problem of its own.
    :return: a problem for each class and list.
    """
    for subset in LISTED_SUBSETS:
        found = {video.class_name for video in split.videos if video.subset == subset}
        for label in split.labels if found else ():
            if label not in found:
                yield Problem(
                    Kind.EMPTY_CLASS, name, f'{label}: expected at least one {subset} video, got '
                    'none; add one, or remove the class')


def find_bad_videos(paths: Sequence[Path]) -> Iterator[Problem]:
    """
    Open videos and read two frames of each, behind a progress bar.

    :param paths: the files.
    :return: a problem for each that has fewer.
    """
    for path in tqdm(paths, desc='open videos', unit='video', leave=False, disable=None):
        try:
            num_frames = sum(1 for _ in read_video(path, count=2))
        except VideoError as error:
            yield Problem(
                Kind.BROKEN_VIDEO, '', f'{error} ({path.stat().st_size} bytes); replace it')
            continue
        if num_frames < 2:
            yield Problem(
                Kind.SINGLE_FRAME, '', f'{path}: expected a video of several frames, got a '
                'single frame; replace it')


def find_unlisted(splits: Iterable[ListedSplit], index: VideoIndex) -> Iterator[Problem]:
    """
    Find videos on disk that no list names, not even as unused.

    :param splits: all lists.
    :param index: the videos on disk.
    :return: a note for each.
    """
    listed = {index.locate(video) for split in splits for video in split.videos}
    for class_name in index.class_names():
        for path in index.paths(class_name):
            if path not in listed:
                yield Problem(Kind.UNLISTED, '', str(path))
