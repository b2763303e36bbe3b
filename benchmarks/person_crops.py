# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What a square around the person costs or gains: ``python -m benchmarks.person_crops``.

Scores windows of videos as whole pictures, and as squares around the most certain person that the
finder sees in four of their frames, with several margins, as ``people.standing_square`` cuts them.
Windows in which nobody is found are left out of both sides, and counted. A margin is chosen with
``--validation``, on videos that the model has not learnt from; the test list says what it reaches.
"""

import argparse
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

from imrs_ros.backends import load_backend
from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.images.preprocessing import resize_square, shrink
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model, FINDER_NAME
from imrs_ros.people.detection import Box
from imrs_ros.people.standing_square import square_around
from imrs_ros.person_finder.finder import Finder
from imrs_ros.settings import BackendSettings, PeopleSettings
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from training.clips.clip_reader import VideoReader
from training.clips.run_data import hold_out
from training.clips.windows import window_starts
from training.config import RunConfig
from training.data_set.splits import LabelledVideo, read_split
from training.learning.accuracy import count_right
from training.scoring.scored_model import ScoredModel

WHOLE = 0.0
"""Stands for the whole picture among the margins."""
LOOKS = (0, 5, 10, 15)
"""Frames of a window in which people are found."""


def person_box(
    finder: Finder, images: Sequence[NDArray[np.uint8]], min_score: float,
) -> Box | None:
    """
    Return the box around the most certain person of a window.

    :param finder: finds people.
    :param images: the window.
    :param min_score: least certainty.
    :return: holds the person in all of the frames that are looked at; None without anybody.
    """
    best = [max(found, key=lambda person: person.score).box for index in LOOKS
            if (found := finder.find(images[index], min_score))]
    return reduce(Box.join, best) if best else None


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Compare whole pictures with squares of people.')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--data', type=Path, default=data_folder() / SUBSET)
    parser.add_argument('--margins', type=float, nargs='+', default=[1.0, 1.2, 1.5, 2.0])
    parser.add_argument('--windows', type=int, default=3, help='of a video at most')
    parser.add_argument('--validation', action='store_true', help='not the test list')
    parser.add_argument('--split', type=int, default=1)
    options = parser.parse_args()
    card = ModelCard.load(find_model(options.model))
    split = read_split(options.data, options.split)
    videos = split.test
    if options.validation:
        _, videos = hold_out(split.train, RunConfig.from_mapping(
            card.provenance['config'], str(card.folder)))
    scored = ScoredModel.from_card(card, load_backend(card, BackendSettings()).backend)
    reader = VideoReader(card.spec.fps)
    finder = Finder(find_model(FINDER_NAME), 0)
    margins = (WHOLE, *options.margins)
    logits: dict[float, list[NDArray[np.float32]]] = {margin: [] for margin in margins}
    labels, num_empty = [], 0
    for video in tqdm(videos, unit='video', disable=None, leave=False):
        windows = _score(scored, reader, finder, video, margins, options.windows)
        found = [rows for rows in windows if rows is not None]
        num_empty += len(windows) - len(found)
        if found:
            labels.append(video.label)
            for row, margin in enumerate(margins):
                logits[margin].append(np.stack([rows[row] for rows in found]))
    print(f'nobody found in {num_empty} windows')
    for margin in margins:
        accuracy = count_right(logits[margin], labels)
        name = 'whole picture' if margin == WHOLE else f'square, margin {margin:g}'
        print(f'{name:20} {accuracy.num_clips} clips {accuracy.clip_top1:.1%}, '
              f'{accuracy.num_videos} videos {accuracy.video_top1:.1%} '
              f'({accuracy.video_top1_low:.1%} to {accuracy.video_top1_high:.1%})', flush=True)


def _score(
    scored: ScoredModel, reader: VideoReader, finder: Finder, video: LabelledVideo,
    margins: Sequence[float], most: int,
) -> list[NDArray[np.float32] | None]:
    """Return logits by margin, of each window; None for one in which nobody is found."""
    found: list[NDArray[np.float32] | None] = []
    for first in window_starts(reader.num_ticks(video), scored.num_frames, most):
        images = reader.read(video, first, scored.num_frames)
        box = person_box(finder, images, PeopleSettings().min_person_score)
        if box is None:
            found.append(None)
            continue
        height, width = images[0].shape[:2]
        clips = [np.stack([shrink(image, scored.size_px) for image in images])]
        for margin in margins[1:]:
            square = square_around(box, margin, height, width)
            clips.append(np.stack([resize_square(np.ascontiguousarray(
                image[square.top:square.top + square.side,
                      square.left:square.left + square.side]), scored.size_px)
                for image in images]))
        found.append(scored.of_classes([scored.score(np.stack(clips))])[0])
    return found


if __name__ == '__main__':
    main()
