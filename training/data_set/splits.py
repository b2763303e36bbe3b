"""
The training and test videos of a data set's splits.

A data set is a folder with ``videos/Class/*`` and ``splits/``, whose format is UCF101's, HMDB51's
or lists over class folders (``split_files.py``). Videos are matched by stem, so that re-encoded
files under another suffix are found.
"""

from collections.abc import Collection
from dataclasses import dataclass
import hashlib
from pathlib import Path
from typing import Literal

from training.data_set.listed_split import SplitLists
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
    group: int | None
    """The gXX of a UCF101 name: clips of a group come from one recording; None without one."""


@dataclass(frozen=True, slots=True)
class Split:
    """The training and test videos of one split."""

    labels: tuple[str, ...]
    """Class names: in the order of ``classInd.txt``, sorted where there is none."""
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
    :raises ValueError: when a line cannot be read, a class is unknown, an id contradicts
        ``classInd.txt``, a list is empty, or a video or a group stands in two places.
    """
    split, problems = locate_videos(
        SplitFiles(data / 'splits').read(number), VideoIndex(data / 'videos'))
    if problems:
        raise problems[0].error()
    return split


def read_background(data: Path, which: Literal['train', 'test']) -> tuple[Path, ...]:
    """
    Read the videos of no class, for calibrating and testing "no action".

    :param data: a folder with ``videos/`` and ``splits/background_{train,test}.txt``, whose
        lines are those of the test lists.
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


def locate_videos(lists: SplitLists, index: VideoIndex) -> tuple[Split, tuple[Problem, ...]]:
    """
    Find the files of listed videos, and everything that is wrong with the lists.

    :param lists: what the split files say.
    :param index: the videos on disk.
    :return: the videos that are there, and the problems: of lines, of files, of the whole.
    """
    ids = {name: i for i, name in enumerate(lists.labels)}
    found: dict[str, list[LabelledVideo]] = {'train': [], 'test': []}
    missing = []
    for video in lists.videos:
        if video.part == 'unused':
            continue
        path = index.locate(video)
        if isinstance(path, Problem):
            missing.append(path)
        else:
            found[video.part].append(LabelledVideo(path, ids[video.class_name], video.group))
    return (
        Split(lists.labels, tuple(found['train']), tuple(found['test'])),
        (*lists.problems, *missing, *find_repeats(lists.videos),
         *find_leaked_groups(lists.videos)))


def hold_out_groups(
    videos: Collection[LabelledVideo], groups: Collection[int],
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Take a validation set of whole groups from training videos.

    :param videos: training videos, each with a group.
    :param groups: group numbers to hold out.
    :return: the remaining training videos and the validation videos.
    :raises ValueError: when a video has no group, or one of the two would be empty.
    """
    loose = [v.path.name for v in videos if v.group is None]
    if loose:
        raise ValueError(
            'validation groups need videos with a group, "..._gXX_cYY" in the UCF101 format; got '
            f'{len(loose)} of {len(videos)} without one, such as {loose[0]!r}; hold out a '
            'fraction of the videos instead (hold_out_fraction)')
    kept = tuple(v for v in videos if v.group not in groups)
    held = tuple(v for v in videos if v.group in groups)
    if not kept or not held:
        present = sorted({v.group for v in videos if v.group is not None})
        raise ValueError(
            f'validation groups must leave both sets non-empty; got {sorted(groups)} of {present}')
    return kept, held


def hold_out_fraction(
    videos: Collection[LabelledVideo], fraction: float, seed: int,
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Take a validation set of about a fraction of each class from training videos.

    The draw depends on seed, label and stems alone, not on the order of the videos or the place
    of the data. Clips of one group stay together. Each class gives at least one video and keeps
    at least one; a class of a single video (or group) keeps it.

    :param videos: training videos.
    :param fraction: share of each class to hold out, in (0, 1).
    :param seed: of the draw.
    :return: the remaining training videos and the validation videos, in the order given.
    :raises ValueError: when the fraction is out of range, or no class has two videos.
    """
    if not 0 < fraction < 1:
        raise ValueError(f'fraction: expected a number in (0, 1), got {fraction}')
    held: set[LabelledVideo] = set()
    for label in {video.label for video in videos}:
        held |= _draw([v for v in videos if v.label == label], fraction, f'{seed}/{label}')
    if not held:
        raise ValueError(
            'expected a class with at least two videos of different groups to hold one out, got '
            f'{len(videos)} videos, each alone in its class; add videos')
    return tuple(v for v in videos if v not in held), tuple(v for v in videos if v in held)


def _draw(videos: list[LabelledVideo], fraction: float, salt: str) -> set[LabelledVideo]:
    """Draw whole groups of one class until the fraction is reached; one group is left."""
    units: dict[str, list[LabelledVideo]] = {}
    for video in videos:
        name = video.path.stem if video.group is None else f'g{video.group}'
        units.setdefault(name, []).append(video)
    order = sorted(units, key=lambda n: hashlib.sha256(f'{salt}/{n}'.encode()).digest())
    held: set[LabelledVideo] = set()
    for name in order[:-1]:
        held |= set(units[name])
        if len(held) >= round(fraction * len(videos)):
            break
    return held
