# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The files of one split, parsed but not yet matched with the videos on disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from training.data_set.listed_video import ListedVideo, Subset
from training.data_set.problem import Kind, Problem

LISTED_SUBSETS: tuple[Subset, ...] = ('train', 'test')
"""The subsets that a split must have."""


@dataclass(frozen=True, slots=True)
class ListedSplit:
    """Videos that the files of a split name, and the problems of those files."""

    labels: tuple[str, ...]
    """Class names: in the order of ``classInd.txt``, sorted without it."""
    videos: tuple[ListedVideo, ...]
    """The video of every line that could be read, in the order of files and lines."""
    problems: tuple[Problem, ...]
    """What could not be read, in the same order."""

    @classmethod
    def from_lines(
        cls, labels: tuple[str, ...] | None, lines: Iterable[ListedVideo | Problem],
    ) -> 'ListedSplit':
        """
        Separate videos and problems.

        :param labels: class names; None for the sorted classes of the videos.
        :param lines: every parsed line.
        :return: the split.
        """
        lines = tuple(lines)
        videos = tuple(line for line in lines if isinstance(line, ListedVideo))
        if labels is None:
            labels = tuple(sorted({video.class_name for video in videos}))
        return cls(labels, videos, tuple(line for line in lines if isinstance(line, Problem)))

    def check_subsets(self, paths: Mapping[Subset, Path]) -> 'ListedSplit':
        """
        Add a problem for each empty subset, unless other problems explain it.

        :param paths: the subsets that must not be empty, and the files that list them.
        :return: the split with these problems.
        """
        if self.problems:
            return self
        found = {video.subset for video in self.videos}
        return replace(self, problems=tuple(
            Problem(Kind.EMPTY_LIST, str(path),
                    f'expected at least one {subset} video, got none; add one')
            for subset, path in paths.items() if subset not in found))

    def check_classes(self, folder: Path) -> 'ListedSplit':
        """
        Add a problem if there is a single class, which leaves nothing to tell apart.

        :param folder: ``splits/`` of the data set.
        :return: the split with this problem.
        """
        if len(self.labels) != 1:
            return self
        return replace(self, problems=(*self.problems, Problem(
            Kind.SINGLE_CLASS, str(folder), f'expected at least two classes, got {self.labels[0]} '
            'alone; add a second class, for instance of people doing something else')))
