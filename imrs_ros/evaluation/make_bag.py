# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``make-bag``: create an annotated recording from videos, with background between them."""

import argparse
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from random import Random

from imrs_ros.evaluation.grid_bag import deal, write_grid_bag
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import NAME, write_annotations
from imrs_ros.evaluation.ground_truth.clip_boxes import read_clip_boxes
from imrs_ros.evaluation.ground_truth.segment import runs
from imrs_ros.evaluation.recordings.bag_recipe import BagRecipe, recorded_frames
from imrs_ros.evaluation.recordings.bag_writer import BagWriter, STORAGES
from imrs_ros.evaluation.recordings.grid_recipe import grid_frames, IDS
from imrs_ros.evaluation.recordings.picture_grid import PictureGrid
from imrs_ros.records import NO_ACTION
from imrs_ros.video import video_files, video_timeline
from tqdm import tqdm

TOPICS = ('/camera/image_raw/compressed',)


def find_videos(folder: Path, listed: Path | None = None) -> list[Path]:
    """
    Find videos below a folder.

    :param folder: with one folder per class.
    :param listed: a list like those of UCF101, one ``Class/name.avi`` per line; suffixes are
        ignored; default: all videos.
    :return: the files in order.
    :raises ValueError: if there is none, or the list or one of its videos is missing.
    """
    if listed is not None and not listed.is_file():
        raise ValueError(f'{listed}: expected a list of videos, got no such file')
    found = {path.relative_to(folder).with_suffix(''): path for path in video_files(folder)}
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


def shuffle_classes(videos: Sequence[Path], seed: int) -> list[tuple[str, Path]]:
    """
    Shuffle clips so that the classes take turns.

    :param videos: files in folders named after their classes.
    :param seed: of the order.
    :return: label and file of each clip.
    """
    rng = Random(seed)
    by_class: dict[str, list[Path]] = {}
    for video in videos:
        by_class.setdefault(video.parent.name, []).append(video)
    for of_class in by_class.values():
        rng.shuffle(of_class)
    rounds = [[(video.parent.name, video) for video in turn if video is not None]
              for turn in zip_longest(*by_class.values())]
    for turn in rounds:
        rng.shuffle(turn)
    return list(chain.from_iterable(rounds))


def limit_length(
    clips: Sequence[tuple[str, Path]], recipe: BagRecipe, min_sec: float,
) -> Iterator[tuple[str, Path]]:
    """
    Take clips until their recording is long enough.

    :param clips: label and file of each.
    :param recipe: gaps, and where long clips are cut.
    :param min_sec: length of the recording, s.
    :return: the first clips.
    """
    length_sec = recipe.gap_sec
    for label, path in clips:
        if length_sec >= min_sec:
            return
        clip_sec = min(video_timeline(path).duration_ns / 1e9, recipe.max_clip_sec)
        length_sec += clip_sec + recipe.gap_sec
        yield label, path


def write_bag(
    path: Path, clips: Sequence[tuple[str, Path]], background: Sequence[Path],
    recipe: BagRecipe, *, topics: Sequence[str] = TOPICS, storage: str = 'mcap',
    compress: bool = False, truth_topic: str = '',
) -> list[Annotation]:
    """
    Write a recording and, in its folder, its annotations.

    :param path: new folder of the bag; removed again if a video cannot be read.
    :param clips: label and file of each.
    :param background: videos that are played between them.
    :param recipe: rate, gaps, jitter and more.
    :param topics: each gets all frames, as JPEG if it ends in /compressed.
    :param storage: ``mcap`` or ``sqlite3``.
    :param compress: with zstd.
    :param truth_topic: topic for every change of the annotated label; empty for none.
    :return: the annotations.
    :raises VideoError: if a video cannot be read.
    """
    times_ns: list[int] = []
    labels: list[str] = []
    with BagWriter(path, storage, compress=compress) as bag:
        for recorded in tqdm(recorded_frames(clips, background, recipe), unit='frame',
                             desc='make-bag', disable=None):
            if truth_topic and (not labels or labels[-1] != recorded.label):
                bag.text(truth_topic, recorded.label, recorded.log_ns)
            for topic in topics:
                bag.image(topic, recorded.frame, recorded.log_ns)
            times_ns.append(recorded.log_ns)
            labels.append(recorded.label)
    since_start_ns = [time_ns - times_ns[0] for time_ns in times_ns]
    found = [Annotation(*s.sec, s.label, path.name)
             for s in runs(since_start_ns, labels, since_start_ns[-1])]
    write_annotations(path / NAME, found)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    default = BagRecipe()
    parser.add_argument('out', type=Path, help='new folder of the bag')
    parser.add_argument('--videos', type=Path, required=True,
                        help='folder with one folder per class')
    parser.add_argument('--list', type=Path,
                        help='list of videos to use, one Class/name.avi per line')
    parser.add_argument('--background', type=Path,
                        help='folder of videos that show none of the classes')
    parser.add_argument('--background-list', type=Path, help='list of --background videos to use')
    parser.add_argument('--minutes', type=float,
                        help='least length of the recording: clips are added until it is reached; '
                             'default: all clips')
    parser.add_argument('--topics', nargs='+', default=TOPICS,
                        help='each gets all frames, as JPEG if it ends in /compressed')
    parser.add_argument('--storage', choices=STORAGES, default='mcap',
                        help='format of the bag; default mcap')
    parser.add_argument('--zstd', action='store_true', help='compress messages; sqlite3 only')
    parser.add_argument('--truth-topic', default='', help='also write annotations to this topic')
    _add_grid_arguments(parser)
    for name, description in (
            ('fps', 'rate of the camera, Hz'), ('gap_sec', 'background before every clip, s'),
            ('max_clip_sec', 'longer clips are cut, s'),
            ('jitter_sec', 'standard deviation of the stamps, s'),
            ('drop_share', 'fraction of frames that are lost'),
            ('clock_offset_sec', 'header stamps minus recording times, s'),
            ('start_sec', 'recording time of the first frame, s'),
            ('seed', 'of order, jitter and losses')):
        value = getattr(default, name)
        parser.add_argument(f'--{name.replace("_", "-")}', type=type(value), default=value,
                            help=f'{description}; default {value:g}')


def _add_grid_arguments(parser: argparse.ArgumentParser) -> None:
    grid = PictureGrid(1, 1)
    parser.add_argument('--grid', metavar='COLUMNSxROWS',
                        help='several people: one clip in each cell of a grid, such as 2x1')
    parser.add_argument('--cell-px', type=int, default=grid.cell_px,
                        help=f'side of a cell, with --grid; default {grid.cell_px}')
    parser.add_argument('--box-share', type=float, default=grid.box_share,
                        help='side of the box of a person over that of the cell, with --grid; '
                             f'default {grid.box_share:.3f}')
    parser.add_argument('--boxes', type=Path, metavar='FILE',
                        help='CSV with video,start,left,top,right,bottom: where people are in the '
                             'videos, with --grid')
    parser.add_argument('--ids', choices=IDS, default=IDS[0],
                        help='who is one person, with --grid: all who are seen in a cell without '
                             f'a break, or those of one clip; default {IDS[0]}')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0.
    """
    recipe = BagRecipe(**{name: getattr(options, name) for name in BagRecipe.__slots__})
    clips = shuffle_classes(find_videos(options.videos, options.list), options.seed)
    background = find_videos(options.background, options.background_list) \
        if options.background else []
    Random(options.seed).shuffle(background)
    if options.grid:
        return _run_grid(options, clips, background, recipe)
    if options.minutes is not None:
        clips = list(limit_length(clips, recipe, 60 * options.minutes))
    annotations = write_bag(
        options.out, clips, background, recipe, topics=options.topics, storage=options.storage,
        compress=options.zstd, truth_topic=options.truth_topic)
    print(f'{options.out}: {len(annotations)} actions, annotated in {options.out / NAME}')
    return 0


def _run_grid(options: argparse.Namespace, clips: Sequence[tuple[str, Path]],
              background: Sequence[Path], recipe: BagRecipe) -> int:
    if options.truth_topic:
        raise ValueError('expected --truth-topic without --grid: several people act at a time')
    grid = PictureGrid.parse(options.grid, options.cell_px, options.box_share)
    boxes = read_clip_boxes(options.boxes) if options.boxes else {}
    cells = deal(clips, grid.num_cells, recipe,
                 None if options.minutes is None else 60 * options.minutes)
    frames = grid_frames(cells, background, recipe, grid, ids=options.ids, boxes=boxes)
    annotations = write_grid_bag(options.out, frames, topics=options.topics,
                                 storage=options.storage, compress=options.zstd)
    num_actions = sum(a.label != NO_ACTION for a in annotations)
    print(f'{options.out}: {num_actions} actions of {len({a.person for a in annotations})} people '
          f'in {grid.num_cells} cells, annotated in {options.out / NAME}')
    return 0
