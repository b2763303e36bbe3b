"""
One line of a split file to one video, in each of the three formats.

UCF101 (Soomro, Zamir and Shah 2012): ``Class/v_Class_gXX_cYY.avi id``, the id optional, no
spaces in names. HMDB51 (Kuehne et al. 2011): ``name.avi 1``, 1 for train, 2 for test, 0 for
unused. Class folders: the whole line is ``Class/video``: the class goes up to the only slash,
the rest is the name; spaces belong to them, and there is no id.

The suffix of a video may be another on disk or left out: videos are matched by stem.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Literal

from imrs_ros.video import SUFFIXES
from training.data_set.problem import Kind, Problem

ListName = Literal['train', 'test', 'unused']

_GROUP = re.compile(r'_g(\d+)_c\d+$')
_HMDB51_PARTS: Mapping[str, ListName] = {'1': 'train', '2': 'test', '0': 'unused'}


@dataclass(frozen=True, slots=True)
class ListedVideo:
    """A video as a list names it, whether or not it lies on disk."""

    class_name: str
    """Its class, which is also its folder."""
    stem: str
    """Its name without suffix."""
    part: ListName
    """What the list puts it to."""
    group: int | None
    """The gXX of a UCF101 name; None without one and in the other formats."""
    place: str
    """File and line that name it."""


def parse_ucf101(
    line: str, place: str, part: ListName, ids: Mapping[str, int] | None,
) -> ListedVideo | Problem:
    """
    Read a line of a UCF101 list.

    :param line: one line, not blank.
    :param place: file and line.
    :param part: what the list is for.
    :param ids: class name to id, as ``classInd.txt`` has them; None takes every class.
    :return: the video, or what is wrong with the line.
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
            Kind.UNKNOWN_CLASS, place, f'expected a class that classInd.txt names, got '
            f'{class_name!r}; add it there, or remove its lines')
    if ids is not None and rest and int(rest[0]) != ids[class_name]:
        return Problem(
            Kind.WRONG_ID, place, f'expected id {ids[class_name]}, which classInd.txt gives to '
            f'{class_name}, got {rest[0]}; correct one of the two')
    group = _GROUP.search(stem)
    return ListedVideo(class_name, stem, part, int(group.group(1)) if group else None, place)


def parse_hmdb51(line: str, place: str, class_name: str) -> ListedVideo | Problem:
    """
    Read a line of an HMDB51 list.

    :param line: one line, not blank.
    :param place: file and line.
    :param class_name: the class whose list it is.
    :return: the video, or what is wrong with the line.
    """
    name, *rest = line.strip().rsplit(maxsplit=1)
    if not rest or rest[0] not in _HMDB51_PARTS or '/' in name:
        return Problem(
            Kind.BAD_LINE, place, 'expected "name.avi" and 1 for train, 2 for test or 0 for '
            f'unused, got {line!r}')
    return ListedVideo(class_name, _stem(name), _HMDB51_PARTS[rest[0]], None, place)


def parse_class_folder(line: str, place: str, part: ListName) -> ListedVideo | Problem:
    """
    Read a line of a list over class folders.

    :param line: one line, not blank.
    :param place: file and line.
    :param part: what the list is for.
    :return: the video, or what is wrong with the line.
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
    return ListedVideo(*names, part, None, place)


def _split_path(text: str) -> tuple[str, str] | None:
    """Take class and stem apart, None where there are not exactly these two."""
    class_name, _, name = text.partition('/')
    if not name or '/' in name or class_name in ('', '.', '..'):
        return None
    return class_name, _stem(name)


def _stem(name: str) -> str:
    """Drop the suffix of a video, and nothing else: "take 2.5" keeps its ".5"."""
    path = Path(name)
    return path.stem if path.suffix.lower() in SUFFIXES else name
