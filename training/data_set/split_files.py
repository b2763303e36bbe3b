# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The text files of ``splits/``, in the format that their names imply.

=============  ================================================================
UCF101         ``classInd.txt``, ``trainlistNN.txt``, ``testlistNN.txt``
HMDB51         ``<class>_test_split<N>.txt``
class folders  ``trainlistNN.txt``, ``testlistNN.txt`` without ``classInd.txt``
=============  ================================================================

Each may have ``background_train.txt`` and ``background_test.txt``: videos that show no class, and
``groups.txt``. ``listed_video.py`` and ``group_file.py`` describe the lines.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
import re

from training.data_set.class_index import read_class_index
from training.data_set.group_file import GroupFile
from training.data_set.listed_split import LISTED_SUBSETS, ListedSplit
from training.data_set.listed_video import (
    ListedVideo, parse_class_folder, parse_hmdb51, parse_ucf101, Subset)
from training.data_set.numbered_lines import read_lines
from training.data_set.problem import Kind, Problem

ParseLine = Callable[[str, str], ListedVideo | Problem]

_LIST = re.compile(r'(?:train|test)list(\d+)\.txt')
_HMDB51_LIST = re.compile(r'(.+)_test_split(\d+)\.txt')


class Format(Enum):
    """Layout of the files; the value is its name in reports."""

    UCF101 = 'UCF101'
    HMDB51 = 'HMDB51'
    CLASS_FOLDERS = 'class folders'


class SplitFiles:
    """The files of one data set."""

    def __init__(self, folder: Path) -> None:
        """
        List the files and find their format.

        :param folder: ``splits/`` of the data set.
        :raises FileNotFoundError: when there are no split files.
        :raises ValueError: when there are files of two formats.
        """
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        lists = [match for name in names if (match := _LIST.fullmatch(name))]
        hmdb51 = [match for name in names if (match := _HMDB51_LIST.fullmatch(name))]
        if not lists and not hmdb51:
            raise FileNotFoundError(
                f'{folder}: expected trainlist01.txt and testlist01.txt, or the HMDB51 files '
                f'<class>_test_split1.txt, got {names[:3] or "nothing"}; pass the folder that '
                'holds videos/ and splits/')
        if lists and hmdb51:
            raise ValueError(
                f'{folder}: expected split files of one format, got {lists[0][0]} and '
                f'{hmdb51[0][0]}; keep one of them')
        self.folder = folder
        self.format = (
            Format.HMDB51 if hmdb51 else
            Format.UCF101 if 'classInd.txt' in names else Format.CLASS_FOLDERS)
        """The format."""
        self.groups = GroupFile(folder)
        """The groups of videos, across all splits."""
        self.numbers = tuple(sorted(
            {int(m[1]) for m in lists} | {int(m[2]) for m in hmdb51}))
        """The splits that have any file."""
        self._hmdb51_labels = tuple(sorted({m[1] for m in hmdb51}))

    def read(self, number: int) -> ListedSplit:
        """
        Read one split; problems are returned, not raised.

        :param number: the split, from 1.
        :return: labels, videos and problems.
        """
        if number not in self.numbers:
            return ListedSplit((), (), (Problem(
                Kind.MISSING_LIST, str(self.folder), f'expected files of split {number}, got '
                f'those of {list(self.numbers)}; choose one of these'),))
        split = (self._read_hmdb51(number) if self.format is Format.HMDB51
                 else self._read_numbered(number))
        return self.groups.apply(split, is_complete=True).check_subsets(
            {subset: self._list(subset, number) for subset in LISTED_SUBSETS}
        ).check_classes(self.folder)

    def read_background(self, subsets: Sequence[Subset] = LISTED_SUBSETS) -> ListedSplit:
        """
        Read the background videos, which show none of the classes.

        :param subsets: which lists; one that does not exist is empty.
        :return: videos and problems; the labels are the folders of the videos.
        """
        paths = {subset: self.background_list(subset) for subset in subsets}
        paths = {subset: path for subset, path in paths.items() if path.is_file()}
        return self.groups.apply(ListedSplit.from_lines(None, [
            line for subset, path in paths.items()
            for line in _parse(path, self._line_parser(subset, None))]),
            is_complete=False).check_subsets(paths)

    def background_list(self, subset: Subset) -> Path:
        """
        Return the path of a background list.

        :param subset: 'train' or 'test'.
        :return: the file, which need not exist.
        """
        return self.folder / f'background_{subset}.txt'

    def _line_parser(self, subset: Subset, ids: Mapping[str, int] | None) -> ParseLine:
        if self.format is Format.UCF101:
            return partial(parse_ucf101, subset=subset, ids=ids)
        return partial(parse_class_folder, subset=subset)

    def _list(self, subset: Subset, number: int) -> Path:
        return self.folder / (
            f'*_test_split{number}.txt' if self.format is Format.HMDB51
            else f'{subset}list{number:02d}.txt')

    def _read_numbered(self, number: int) -> ListedSplit:
        labels, problems = (
            read_class_index(self.folder / 'classInd.txt') if self.format is Format.UCF101
            else (None, ()))
        ids = {name: i for i, name in enumerate(labels or (), start=1)}
        return ListedSplit.from_lines(labels, [*problems, *(
            line for subset in LISTED_SUBSETS for line in _parse(
                self._list(subset, number), self._line_parser(subset, ids)))])

    def _read_hmdb51(self, number: int) -> ListedSplit:
        return ListedSplit.from_lines(self._hmdb51_labels, [
            line for name in self._hmdb51_labels for line in _parse(
                self.folder / f'{name}_test_split{number}.txt',
                partial(parse_hmdb51, class_name=name))])


def _parse(path: Path, parse_line: ParseLine) -> Iterator[ListedVideo | Problem]:
    """Parse the lines of a file; a file that cannot be read is one problem."""
    lines = read_lines(path)
    if isinstance(lines, Problem):
        yield lines
        return
    for place, line in lines:
        yield parse_line(line, place)
