# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A video as one line of a split file names it, in each of the three formats.

UCF101 (Soomro, Zamir and Shah 2012): ``Class/v_Class_gXX_cYY.avi id``, the id optional, no
spaces in names. HMDB51 (Kuehne et al. 2011): ``name.avi 1``, 1 for train, 2 for test, 0 for
unused. Class folders: ``Class/video`` with one slash; both names may hold spaces, and there is no
id.

Videos are matched by stem: the suffix may differ from that on disk, or be left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Literal

from imrs_ros.video import SUFFIXES
from training.data_set.problem import Kind, Problem

Subset = Literal['train', 'test', 'unused']

_GROUP = re.compile(r'_g(\d+)_c\d+$')
_HMDB51_SUBSETS: Mapping[str, Subset] = {'1': 'train', '2': 'test', '0': 'unused'}


@dataclass(frozen=True, slots=True)
class ListedVideo:
    """A video named in a split file; it may be missing on disk."""

    class_name: str
    """Name of its class and of its folder."""
    stem: str
    """File name without suffix."""
    subset: Subset
    """Where the list puts it."""
    group: str | int | None
    """A word of ``groups.txt``, across classes; else the gXX of a UCF101 name, within its class;
    None without either."""
    place: str
    """File and line that name it."""


def parse_ucf101(
    line: str, place: str, subset: Subset, ids: Mapping[str, int] | None,
) -> ListedVideo | Problem:
    """
    Parse a line of a UCF101 list.

    :param line: one line, not blank.
    :param place: file and line.
    :param subset: which subset the file lists.
    :param ids: class name to id, as in ``classInd.txt``; None accepts every class.
    :return: the video, or the problem of the line.
    """
    path, *rest = line.split()
    names = _split_path(path)
    if names is None or len(rest) > 1 or not all(word.isdecimal() for word in rest):
        return Problem(
            Kind.BAD_LINE, place, f'expected "Class/video.avi" or "Class/video.avi id", got '
            f'{line!r}; names with spaces need lists without ids and without classInd.txt')
    class_name, stem = names
    if ids is not None and class_name not in ids:
        return Problem(
            Kind.UNKNOWN_CLASS, place, f'expected a class of classInd.txt, got {class_name!r}; '
            'add it there, or remove its lines')
    if ids is not None and rest and int(rest[0]) != ids[class_name]:
        return Problem(
            Kind.WRONG_ID, place, f'expected id {ids[class_name]} of {class_name} in '
            f'classInd.txt, got {rest[0]}; correct one of the two')
    group = _GROUP.search(stem)
    return ListedVideo(class_name, stem, subset, int(group.group(1)) if group else None, place)


def parse_hmdb51(line: str, place: str, class_name: str) -> ListedVideo | Problem:
    """
    Parse a line of an HMDB51 list.

    :param line: one line, not blank.
    :param place: file and line.
    :param class_name: the class whose list it is.
    :return: the video, or the problem of the line.
    """
    name, *rest = line.strip().rsplit(maxsplit=1)
    if not rest or rest[0] not in _HMDB51_SUBSETS or '/' in name:
        return Problem(
            Kind.BAD_LINE, place, 'expected "name.avi" and 1 for train, 2 for test or 0 for '
            f'unused, got {line!r}')
    return ListedVideo(class_name, _stem(name), _HMDB51_SUBSETS[rest[0]], None, place)


def parse_class_folder(line: str, place: str, subset: Subset) -> ListedVideo | Problem:
    """
    Parse a line of a class-folder list.

    :param line: one line, not blank.
    :param place: file and line.
    :param subset: which subset the file lists.
    :return: the video, or the problem of the line.
    """
    names = _split_path(line.strip())
    if names is None:
        return Problem(
            Kind.BAD_LINE, place, f'expected "Class/video" with a single slash, got {line!r}')
    name, _, last = names[1].rpartition(' ')
    if last.isdecimal() and _stem(name) != name:
        return Problem(
            Kind.BAD_LINE, place, f'expected "Class/video" without an id, got {line!r}; remove '
            'the id, or add the classInd.txt of the UCF101 format')
    return ListedVideo(*names, subset, None, place)


def _split_path(text: str) -> tuple[str, str] | None:
    """Return class and stem, or None if the text is not exactly these two."""
    class_name, _, name = text.partition('/')
    if not name or '/' in name or class_name in ('', '.', '..'):
        return None
    return class_name, _stem(name)


def _stem(name: str) -> str:
    """Remove a video suffix, and nothing else: "take 2.5" keeps its ".5"."""
    path = Path(name)
    return path.stem if path.suffix.lower() in SUFFIXES else name
