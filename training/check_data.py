"""
Look for everything wrong with a data set: ``python -m training.check_data --data DIR``.

Exit status: 0 when clean (notes do not count), 1 with problems, 2 when there is no data set.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
import sys

from imrs_ros.video import read_video, VideoError
from tqdm import tqdm
from training.data_set.listed_split import LISTED_PARTS, SplitLists
from training.data_set.problem import Kind, Problem
from training.data_set.report import DataReport
from training.data_set.split_files import SplitFiles
from training.data_set.splits import locate_videos
from training.data_set.video_index import VideoIndex


def check_data(data: Path, numbers: Sequence[int] = ()) -> DataReport:
    """
    Check split files and videos, the background lists too; every used video is opened.

    :param data: a folder with ``videos/Class/*`` and ``splits/``.
    :param numbers: splits, from 1; none for all that are there.
    :return: what was found.
    :raises FileNotFoundError: when there are no split files or no folder of videos.
    :raises ValueError: when split files of two formats are there.
    """
    files = SplitFiles(data / 'splits')
    index = VideoIndex(data / 'videos')
    lists = {f'split {n}': files.read(n) for n in numbers or files.numbers}
    problems = [p for name, one in lists.items() for p in find_empty_classes(name, one)]
    background = files.read_background()
    if background.videos or background.problems:
        lists['background'] = background
    sizes, used = {}, set()
    for name, one in lists.items():
        split, found = locate_videos(one, index)
        problems += found
        sizes[name] = (len(split.train), len(split.test))
        used |= {video.path for video in (*split.train, *split.test)}
    problems += find_bad_videos(sorted(used))
    problems += find_unlisted(lists.values(), index)
    return DataReport(data, files.format.value, sizes, tuple(problems))


def find_empty_classes(name: str, lists: SplitLists) -> Iterator[Problem]:
    """
    Find classes that one of a split's two lists does not have.

    :param name: what to call the split.
    :param lists: what its files say; a list without any video is passed over.
    :return: a problem for each class and list.
    """
    for part in LISTED_PARTS:
        given = {video.class_name for video in lists.videos if video.part == part}
        for label in lists.labels if given else ():
            if label not in given:
                yield Problem(
                    Kind.EMPTY_CLASS, name, f'{label}: expected at least one {part} video, got '
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
                Kind.SINGLE_FRAME, '', f'{path}: expected a video of several frames, got one '
                'that ends after the first; replace it')


def find_unlisted(lists: Iterable[SplitLists], index: VideoIndex) -> Iterator[Problem]:
    """
    Find videos on disk that no list names, not even as unused.

    :param lists: what all lists say.
    :param index: the videos on disk.
    :return: a note for each.
    """
    named = {index.locate(video) for one in lists for video in one.videos}
    for class_name in index.class_names():
        for path in index.paths(class_name):
            if path not in named:
                yield Problem(Kind.UNLISTED, '', str(path))


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    :param arguments: of the command; default those of the process.
    :return: the exit status.
    """
    parser = argparse.ArgumentParser(
        prog='python -m training.check_data',
        description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--split', type=int, nargs='+', default=[], metavar='N',
                        help='splits to check, from 1 (default: all that are there)')
    options = parser.parse_args(arguments)
    try:
        report = check_data(options.data, options.split)
    except FileNotFoundError as error:
        print(f'no data set: {error}', file=sys.stderr)
        return 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print('\n'.join(report.lines()))
    return 0 if report.is_clean else 1


if __name__ == '__main__':
    sys.exit(main())
