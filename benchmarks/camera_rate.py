# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Accuracy with slow cameras: ``.venv/bin/python -m benchmarks.camera_rate``; needs the real clips.

Plays the test videos of a split as a camera of each rate would see them: of the video's frames,
those nearest to the ticks of that rate. The resampler fills the model's time grid from these.
"""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from imrs_ros.backends import load_backend
from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.records import Frame
from imrs_ros.resampler import Resampler
from imrs_ros.settings import BackendSettings
from imrs_ros.video import read_video
import numpy as np
from numpy.typing import NDArray
from training.clips.windows import window_starts
from training.data_set.splits import LabelledVideo, read_split
from training.learning.accuracy import count_right, score_videos
from training.scoring.scored_model import backend_scorer

MAX_GAP_SEC = 10.0


def slow_frames(path: Path, rate_hz: float, size_px: int) -> Iterator[Frame]:
    """
    Read the frames that a slow camera would have sent.

    :param path: the video.
    :param rate_hz: rate of the camera; 0 for that of the video.
    :param size_px: side of the network's frames.
    :return: frames with their own stamps, in order.
    """
    due_ns = 0.0
    for image in read_video(path):
        # Half a frame of 30 Hz early is still the nearest frame.
        if rate_hz and image.stamp_ns < due_ns - 1e9 / 60:
            continue
        due_ns += 1e9 / rate_hz if rate_hz else 0.0
        yield Frame(image.stamp_ns, path.stem, shrink(image.image_HWC, size_px))


def windows(video: LabelledVideo, card: ModelCard, rate_hz: float) -> NDArray[np.uint8]:
    """
    Cut a video into consecutive windows.

    :param video: the video.
    :param card: length, rate and size of the windows.
    :param rate_hz: rate of the camera; 0 for that of the video.
    :return: clips_MTHWC, uint8; a shorter video loops to fill one.
    """
    spec = card.spec
    resampler = Resampler(spec.fps, MAX_GAP_SEC)
    images = [sampled.image_HWC for frame in slow_frames(video.path, rate_hz, spec.size_px)
              for sampled in resampler.push(frame).frames]
    return np.stack([
        [images[(first + t) % len(images)] for t in range(spec.num_frames)]
        for first in window_starts(len(images), spec.num_frames)])


def measure(card: ModelCard, videos: Sequence[LabelledVideo], rates_hz: Sequence[float]) -> None:
    """
    Print the accuracy at every rate.

    :param card: the model.
    :param videos: what is scored.
    :param rates_hz: rates of the camera; 0 for that of the videos.
    """
    score = backend_scorer(
        load_backend(card, BackendSettings()).backend, len(card.labels))
    print(f'{card.name}, {len(videos)} videos, top-1\n{"camera":>14} {"clip":>8} {"video":>8}')
    for rate_hz in rates_hz:
        found = count_right(
            score_videos(score, videos, partial(windows, card=card, rate_hz=rate_hz)),
            [video.label for video in videos])
        name = f'{rate_hz:g} Hz' if rate_hz else 'as recorded'
        print(f'{name:>14} {found.clip_top1:8.1%} {found.video_top1:8.1%}', flush=True)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.camera_rate',
        description='Measure the accuracy with slow cameras.')
    parser.add_argument('--model', default='ucf10', help='name or folder of a model')
    parser.add_argument('--data', type=Path, default=data_folder() / SUBSET)
    parser.add_argument('--split', type=int, default=1)
    parser.add_argument('--rates', type=float, nargs='+', default=[0, 15, 10, 7.5],
                        help='of the camera, Hz; 0 for that of the videos')
    options = parser.parse_args()
    measure(ModelCard.load(find_model(options.model)),
            read_split(options.data, options.split).test, options.rates)


if __name__ == '__main__':
    main()
