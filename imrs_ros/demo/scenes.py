# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Several people in one picture, for the demo: clips side by side, and people who walk by.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import cv2
from imrs_ros.demo.sources import DemoSource
from imrs_ros.video import read_video, StampedImage
import numpy as np
from numpy.typing import NDArray

HEIGHT_PX = 320
WALKERS = 'sample-videos/one-by-one-person-detection.mp4'
SHOWN_SEC = 6.0
"""Longest time for which clips are shown side by side."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture with several people in it."""

    name: str
    """Its name in the terminal."""
    sources: tuple[Path, ...]
    """Videos, shown side by side; each repeats until the longest has ended."""
    truths: tuple[str, ...] = ()
    """What the person in each of them does, if known."""

    def images(self) -> Iterator[StampedImage]:
        """
        Return the frames.

        :return: frames in order, at the rate of the first video.
        :raises VideoError: when a video cannot be read.
        """
        if len(self.sources) == 1:
            yield from read_video(self.sources[0])
            return
        cells = [[_scaled(image) for image in read_video(path)] for path in self.sources]
        period_ns = max(1, cells[0][1].stamp_ns - cells[0][0].stamp_ns) if cells[0][1:] else 1
        number = min(max(map(len, cells)), int(SHOWN_SEC * 1e9 / period_ns))
        for index, row in zip(range(number), zip(*map(cycle, cells))):
            yield StampedImage(index * period_ns, np.hstack([image.image_HWC for image in row]))


def _scaled(image: StampedImage) -> StampedImage:
    height, width = image.image_HWC.shape[:2]
    small: NDArray[np.uint8] = cv2.resize(
        image.image_HWC, (max(1, round(width * HEIGHT_PX / height)), HEIGHT_PX)).astype(
            np.uint8, copy=False)
    return StampedImage(image.stamp_ns, small)


def people_scenes(source: DemoSource, data: Path) -> tuple[Scene, ...]:
    """
    Return what the demo plays to show an action of everyone.

    :param source: clips of single people, or whatever else the user named.
    :param data: folder of data sets.
    :return: clips whose class is known, two and two; then people who walk by, where that video
        is there. Other clips as they are.
    """
    files = [(clip, clip.source) for clip in source.clips if isinstance(clip.source, Path)]
    known = [(clip.truth, path) for clip, path in files if clip.truth is not None]
    scenes = [_pair(first, second) for first, second in zip(known[::2], known[1::2])]
    scenes += [Scene(clip.name, (path,)) for clip, path in files if clip.truth is None]
    walkers = data / WALKERS
    if known and walkers.is_file():
        scenes.append(Scene(walkers.name, (walkers,)))
    if not scenes:
        raise ValueError('expected video files for PEOPLE, got none; cameras and streams need '
                         '`ros2 launch imrs_ros recognizer.launch.py people:=true`')
    return tuple(scenes)


def _pair(*clips: tuple[str, Path]) -> Scene:
    truths: Sequence[str] = [truth for truth, _ in clips]
    return Scene(' beside '.join(path.stem for _, path in clips),
                 tuple(path for _, path in clips), tuple(truths))
