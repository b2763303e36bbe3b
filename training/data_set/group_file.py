# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``groups.txt``: which clips come from one recording, person or place.

Lines ``Class/video group``: the last word is the group, the rest names a video as in the lists of
class folders. A group may have clips of several classes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from imrs_ros.video import SUFFIXES
from training.data_set.listed_split import ListedSplit
from training.data_set.listed_video import ListedVideo, parse_class_folder
from training.data_set.numbered_lines import read_lines
from training.data_set.problem import Kind, Problem

GROUP_FILE = 'groups.txt'


class GroupFile:
    """The groups of the videos of a data set; without a file, every video is its own group."""

    def __init__(self, folder: Path) -> None:
        """
        Read the file, if there is one.

        :param folder: ``splits/`` of the data set.
        """
        self._path = folder / GROUP_FILE
        parsed = list(_parse(self._path)) if self._path.is_file() else []
        self.videos = tuple(line for line in parsed if isinstance(line, ListedVideo))
        """A video for each good line, to be looked for on disk."""
        self.problems = tuple(line for line in parsed if isinstance(line, Problem))
        """A problem for each bad line."""
        self._groups: Mapping[tuple[str, str], str | int | None] = {
            (video.class_name, video.stem): video.group for video in self.videos}

    def apply(self, split: ListedSplit, *, is_complete: bool) -> ListedSplit:
        """
        Set the groups of listed videos.

        :param split: as listed.
        :param is_complete: whether the file, if there is one, must name all videos without a group
            of their own.
        :return: the split with groups, and with the problems of the file.
        """
        if not self.videos and not self.problems:
            return split
        videos = tuple(replace(v, group=self._groups.get((v.class_name, v.stem), v.group))
                       for v in split.videos)
        missing = [Problem(
            Kind.NO_GROUP, v.place, f'{v.class_name}/{v.stem}: expected its group in '
            f'{self._path}, got none; add a line with its name and its group')
            for v in videos if is_complete and v.group is None and v.subset != 'unused']
        # A line that cannot be read explains why its video has no group.
        problems = self.problems or missing
        return replace(split, videos=videos, problems=(*split.problems, *problems))


def _parse(path: Path) -> Iterator[ListedVideo | Problem]:
    lines = read_lines(path)
    if isinstance(lines, Problem):
        yield lines
        return
    first: dict[tuple[str, str], ListedVideo] = {}
    for place, line in lines:
        name, *group = line.strip().rsplit(maxsplit=1)
        video = parse_class_folder(name, place, 'unused')
        if isinstance(video, Problem) or not group or Path(group[0]).suffix.lower() in SUFFIXES:
            yield Problem(Kind.BAD_LINE, place, 'expected "Class/video group" with a single slash '
                          f'and a group of one word, got {line!r}')
            continue
        earlier = first.setdefault((video.class_name, video.stem), video)
        if earlier is not video:
            yield Problem(
                Kind.DUPLICATE, place, f'{video.class_name}/{video.stem}: expected each video '
                f'once, got it in {earlier.place} too; remove one of the lines')
            continue
        yield replace(video, group=group[0])
