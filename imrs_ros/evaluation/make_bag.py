"""``make-bag``: write an annotated recording from videos, with background between them."""

import argparse
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from random import Random

from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import NAME, write_annotations
from imrs_ros.evaluation.ground_truth.segment import runs
from imrs_ros.evaluation.recordings.bag_recipe import BagRecipe, record
from imrs_ros.evaluation.recordings.bag_writer import BagWriter, STORAGES
from imrs_ros.video import SUFFIXES, video_length
from tqdm import tqdm

TOPICS = ('/camera/image_raw/compressed',)


def find_videos(folder: Path, listed: Path | None = None) -> list[Path]:
    """
    Find videos below a folder.

    :param folder: with one folder a class.
    :param listed: a list as UCF101's, one ``Class/name.avi`` a line, of which only the stem
        counts; default all videos.
    :return: the files in order.
    :raises ValueError: when there is none, or one of the list is missing.
    """
    found = {path.relative_to(folder).with_suffix(''): path for path in sorted(folder.rglob('*'))
             if path.suffix.lower() in SUFFIXES}
    if listed is None:
        names = list(found)
    else:
        names = [Path(line.split()[0]).with_suffix('')
                 for line in listed.read_text().splitlines() if line.strip()]
    missing = [str(name) for name in names if name not in found]
    if missing or not names:
        raise ValueError(f'{folder}: expected videos{f" of {listed}" if listed else ""}, got '
                         f'none{f" of {missing[0]} and {len(missing)} in all" if missing else ""}')
    return [found[name] for name in names]


def in_turn(videos: Sequence[Path], seed: int) -> list[tuple[str, Path]]:
    """
    Put clips in a random order in which classes take turns.

    :param videos: files in folders named after their classes.
    :param seed: of the order.
    :return: label and file of each.
    """
    rng = Random(seed)
    by_class: dict[str, list[Path]] = {}
    for video in videos:
        by_class.setdefault(video.parent.name, []).append(video)
    for of_class in by_class.values():
        rng.shuffle(of_class)
    rounds = [[(video.parent.name, video) for video in one if video is not None]
              for one in zip_longest(*by_class.values())]
    for one in rounds:
        rng.shuffle(one)
    return list(chain.from_iterable(rounds))


def up_to(clips: Sequence[tuple[str, Path]], recipe: BagRecipe, min_sec: float,
          ) -> Iterator[tuple[str, Path]]:
    """
    Take clips until a recording of them would be long enough.

    :param clips: label and file of each.
    :param recipe: gaps, and the longest part of a clip.
    :param min_sec: length of the recording, s.
    :return: the first clips.
    """
    length_sec = recipe.gap_sec
    for label, path in clips:
        if length_sec >= min_sec:
            return
        num_frames, fps = video_length(path)
        length_sec += min(num_frames / fps, recipe.max_clip_sec) + recipe.gap_sec
        yield label, path


def write_bag(
    path: Path, clips: Sequence[tuple[str, Path]], background: Sequence[Path],
    recipe: BagRecipe, *, topics: Sequence[str] = TOPICS, storage: str = 'mcap',
    compress: bool = False, truth_topic: str = '',
) -> list[Annotation]:
    """
    Write a recording and, in its folder, its annotations.

    :param path: folder of the bag, not there yet; removed again when a video cannot be read.
    :param clips: label and file of each.
    :param background: videos that are played between them.
    :param recipe: rate, gaps, jitter and more.
    :param topics: every one gets all frames; JPEG where it ends in /compressed.
    :param storage: ``mcap`` or ``sqlite3``.
    :param compress: with zstd.
    :param truth_topic: also write every change of what is shown there; empty for not.
    :return: the annotations.
    :raises VideoError: when a video cannot be read.
    """
    times_ns: list[int] = []
    labels: list[str] = []
    with BagWriter(path, storage, compress=compress) as bag:
        for one in tqdm(record(clips, background, recipe), unit='frame', desc='make-bag',
                        disable=None):
            if truth_topic and (not labels or labels[-1] != one.label):
                bag.text(truth_topic, one.label, one.log_ns)
            for topic in topics:
                bag.image(topic, one.frame, one.log_ns)
            times_ns.append(one.log_ns)
            labels.append(one.label)
    since_start_ns = [time_ns - times_ns[0] for time_ns in times_ns]
    found = [Annotation(*s.sec, s.label, path.name)
             for s in runs(since_start_ns, labels, since_start_ns[-1])]
    write_annotations(path / NAME, found)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the command line.

    :param parser: of the sub-command.
    """
    default = BagRecipe()
    parser.add_argument('out', type=Path, help='folder of the bag, not there yet')
    parser.add_argument('--videos', type=Path, required=True,
                        help='folder with one folder a class')
    parser.add_argument('--list', type=Path, help='only these: one Class/name.avi a line')
    parser.add_argument('--background', type=Path, help='folder of videos of none of the classes')
    parser.add_argument('--background-list', type=Path, help='only these of --background')
    parser.add_argument('--minutes', type=float, help='stop after so many; default all clips')
    parser.add_argument('--topics', nargs='+', default=TOPICS,
                        help='each gets all frames; JPEG where it ends in /compressed')
    parser.add_argument('--storage', choices=STORAGES, default='mcap')
    parser.add_argument('--zstd', action='store_true', help='compress messages of sqlite3')
    parser.add_argument('--truth-topic', default='', help='write annotations to a topic, too')
    for name, words in (
            ('fps', 'rate of the camera, Hz'), ('gap_sec', 'background around every clip'),
            ('max_clip_sec', 'longer clips are cut'), ('jitter_sec', 'deviation of the stamps'),
            ('drop_share', 'share of frames that are lost'),
            ('clock_offset_sec', 'header stamps less times of recording'),
            ('start_sec', 'when the recording starts'), ('seed', 'of order, jitter and drops')):
        value = getattr(default, name)
        parser.add_argument(f'--{name.replace("_", "-")}', type=type(value), default=value,
                            help=f'{words}; default {value:g}')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0.
    """
    recipe = BagRecipe(**{name: getattr(options, name) for name in BagRecipe.__slots__})
    clips = in_turn(find_videos(options.videos, options.list), options.seed)
    if options.minutes is not None:
        clips = list(up_to(clips, recipe, 60 * options.minutes))
    background = find_videos(options.background, options.background_list) \
        if options.background else []
    Random(options.seed).shuffle(background)
    annotations = write_bag(
        options.out, clips, background, recipe, topics=options.topics, storage=options.storage,
        compress=options.zstd, truth_topic=options.truth_topic)
    print(f'{options.out}: {len(annotations)} actions, annotated in {options.out / NAME}')
    return 0
