"""
UCF101's official split files, and any folder of class folders that comes with such files.

Train lines are ``Class/v_Class_gXX_cYY.avi id``, test lines have no id, ``classInd.txt`` has
lines ``id Class`` with ids from 1 (Soomro, Zamir and Shah 2012). Videos are matched by stem, so
that re-encoded files under another suffix are found.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
import re

from imrs_ros.video import SUFFIXES

GROUP_PATTERN = re.compile(r'_g(\d+)_c\d+$')


@dataclass(frozen=True, slots=True)
class LabelledVideo:
    """One video of a split."""

    path: Path
    """The file."""
    label: int
    """Index into the labels, from 0."""
    group: int | None
    """The gXX of the name: clips of a group come from one recording; None without one."""


@dataclass(frozen=True, slots=True)
class Split:
    """The training and test videos of one official split."""

    labels: tuple[str, ...]
    """Class names in the order of ``classInd.txt``."""
    train: tuple[LabelledVideo, ...]
    """Training videos."""
    test: tuple[LabelledVideo, ...]
    """Test videos: for the final figure only, never for a choice."""


def read_split(data: Path, number: int) -> Split:
    """
    Read one split.

    :param data: a folder with ``videos/Class/*`` and ``splits/``.
    :param number: the split, from 1.
    :return: labels, training and test videos.
    :raises FileNotFoundError: when the folder, a split file or a video is missing.
    :raises ValueError: when a line cannot be read, a class is unknown, or a group stands in
        both training and test.
    """
    labels = read_labels(data / 'splits' / 'classInd.txt')
    train = _read_list(data, f'trainlist{number:02d}.txt', labels)
    test = _read_list(data, f'testlist{number:02d}.txt', labels)
    groups = {(v.label, v.group) for v in train if v.group is not None}
    leaked = [v.path.name for v in test if (v.label, v.group) in groups]
    if leaked:
        raise ValueError(
            f'{data}, split {number}: clips of one group must not stand in both train and test, '
            f'got {leaked[:3]}')
    return Split(labels, train, test)


def hold_out_groups(
    videos: Collection[LabelledVideo], groups: Collection[int],
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Take a validation set of whole groups from training videos.

    :param videos: training videos.
    :param groups: group numbers to hold out.
    :return: the remaining training videos and the validation videos.
    :raises ValueError: when one of the two would be empty.
    """
    kept = tuple(v for v in videos if v.group not in groups)
    held = tuple(v for v in videos if v.group in groups)
    if not kept or not held:
        present = sorted({v.group for v in videos if v.group is not None})
        raise ValueError(
            f'validation groups must leave both sets non-empty; got {sorted(groups)} of {present}')
    return kept, held


def read_labels(path: Path) -> tuple[str, ...]:
    """
    Read ``classInd.txt``.

    :param path: the file.
    :return: class names, in order of their ids.
    :raises ValueError: when ids are not 1, 2, 3, ...
    """
    pairs = [line.split() for line in path.read_text().splitlines() if line.strip()]
    ids = [pair[0] for pair in pairs]
    if ids != [str(i + 1) for i in range(len(pairs))] or any(len(p) != 2 for p in pairs):
        raise ValueError(f'{path}: expected lines "id Class" with ids from 1, got {pairs[:3]}...')
    return tuple(name for _, name in pairs)


def _read_list(data: Path, name: str, labels: tuple[str, ...]) -> tuple[LabelledVideo, ...]:
    path = data / 'splits' / name
    videos = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        class_name, _, file_name = line.split()[0].partition('/')
        if class_name not in labels or not file_name:
            raise ValueError(
                f'{path}, line {number}: expected "Class/file", Class one of {list(labels)}, '
                f'got {line!r}')
        stem = Path(file_name).stem
        group = GROUP_PATTERN.search(stem)
        videos.append(LabelledVideo(
            find_video(data / 'videos' / class_name, stem), labels.index(class_name),
            int(group.group(1)) if group else None))
    if not videos:
        raise ValueError(f'{path}: expected at least one video, got none')
    return tuple(videos)


def find_video(folder: Path, stem: str) -> Path:
    """
    Find a video by its name without suffix.

    :param folder: where it lies.
    :param stem: its name without suffix.
    :return: the file.
    :raises FileNotFoundError: when no file with a video suffix has that name.
    """
    for suffix in SUFFIXES:
        path = folder / f'{stem}{suffix}'
        if path.is_file():
            return path
    raise FileNotFoundError(f'{folder}/{stem}: expected a video with one of {SUFFIXES}, got none')
