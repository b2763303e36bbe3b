"""
The text files of ``splits/``, in the format that their names tell.

=============  ================================================================
UCF101         ``classInd.txt``, ``trainlistNN.txt``, ``testlistNN.txt``
HMDB51         ``<class>_test_split<N>.txt``
class folders  ``trainlistNN.txt``, ``testlistNN.txt`` without ``classInd.txt``
=============  ================================================================

Any of them may have ``background_train.txt`` and ``background_test.txt``: videos of no class.
``training/data_set/listed_video.py`` tells what their lines look like.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
import re

from training.data_set.class_index import read_class_index
from training.data_set.listed_split import LISTED_PARTS, SplitLists
from training.data_set.listed_video import (
    ListedVideo, ListName, parse_class_folder, parse_hmdb51, parse_ucf101)
from training.data_set.numbered_lines import read_lines
from training.data_set.problem import Kind, Problem

ParseLine = Callable[[str, str], ListedVideo | Problem]

_LIST = re.compile(r'(?:train|test)list(\d+)\.txt')
_HMDB51_LIST = re.compile(r'(.+)_test_split(\d+)\.txt')


class Format(Enum):
    """How the files are laid out; the value is its name in words."""

    UCF101 = 'UCF101'
    HMDB51 = 'HMDB51'
    CLASS_FOLDERS = 'class folders'


class SplitFiles:
    """The files of one data set."""

    def __init__(self, folder: Path) -> None:
        """
        Find out what files there are.

        :param folder: ``splits/`` of the data set.
        :raises FileNotFoundError: when no file of any format is there.
        :raises ValueError: when files of two formats are there.
        """
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        lists = [match for name in names if (match := _LIST.fullmatch(name))]
        hmdb51 = [match for name in names if (match := _HMDB51_LIST.fullmatch(name))]
        if not lists and not hmdb51:
            raise FileNotFoundError(
                f'{folder}: expected trainlist01.txt and testlist01.txt, or the HMDB51 files '
                f'<class>_test_split1.txt, got {names[:3] or "nothing"}; give the folder that '
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
        self.numbers = tuple(sorted(
            {int(m[1]) for m in lists} | {int(m[2]) for m in hmdb51}))
        """The splits for which there is any file."""
        self._hmdb51_labels = tuple(sorted({m[1] for m in hmdb51}))

    def read(self, number: int) -> SplitLists:
        """
        Read one split; whatever is wrong is noted, not raised.

        :param number: the split, from 1.
        :return: labels, videos and problems.
        """
        if number not in self.numbers:
            return SplitLists((), (), (Problem(
                Kind.MISSING_LIST, str(self.folder), f'expected files of split {number}, got '
                f'those of {list(self.numbers)}; choose one of these'),))
        lists = (self._read_hmdb51(number) if self.format is Format.HMDB51
                 else self._read_numbered(number))
        return lists.with_empty({part: self._list(part, number) for part in LISTED_PARTS})

    def read_background(self, parts: Sequence[ListName] = LISTED_PARTS) -> SplitLists:
        """
        Read the videos that belong to no class.

        :param parts: which lists.
        :return: names of their folders as labels, videos and problems; none of a missing list.
        """
        paths = {part: self.background_list(part) for part in parts}
        paths = {part: path for part, path in paths.items() if path.is_file()}
        return SplitLists.of(None, [
            item for part, path in paths.items()
            for item in _parse(path, self._line_parser(part, None))]).with_empty(paths)

    def background_list(self, part: ListName) -> Path:
        """
        Give the place of a background list.

        :param part: 'train' or 'test'.
        :return: the file, which need not exist.
        """
        return self.folder / f'background_{part}.txt'

    def _line_parser(self, part: ListName, ids: Mapping[str, int] | None) -> ParseLine:
        if self.format is Format.UCF101:
            return partial(parse_ucf101, part=part, ids=ids)
        return partial(parse_class_folder, part=part)

    def _list(self, part: ListName, number: int) -> Path:
        return self.folder / (
            f'*_test_split{number}.txt' if self.format is Format.HMDB51
            else f'{part}list{number:02d}.txt')

    def _read_numbered(self, number: int) -> SplitLists:
        labels, problems = (
            read_class_index(self.folder / 'classInd.txt') if self.format is Format.UCF101
            else (None, ()))
        ids = {name: i for i, name in enumerate(labels or (), start=1)}
        return SplitLists.of(labels, [*problems, *(
            item for part in LISTED_PARTS for item in _parse(
                self._list(part, number), self._line_parser(part, ids)))])

    def _read_hmdb51(self, number: int) -> SplitLists:
        return SplitLists.of(self._hmdb51_labels, [
            item for name in self._hmdb51_labels for item in _parse(
                self.folder / f'{name}_test_split{number}.txt',
                partial(parse_hmdb51, class_name=name))])


def _parse(path: Path, parse_line: ParseLine) -> Iterator[ListedVideo | Problem]:
    """Give what the lines of a file say, or what is wrong with the file."""
    lines = read_lines(path)
    if isinstance(lines, Problem):
        yield lines
        return
    for place, line in lines:
        yield parse_line(line, place)
