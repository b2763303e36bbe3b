# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""How clips become a test recording: rate, gaps, and the faults of a camera and its clock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import TypeVar

from imrs_ros.records import Frame, NO_ACTION
from imrs_ros.settings import require
from imrs_ros.video import read_video, StampedImage
import numpy as np

Tick = TypeVar('Tick')
BLANK_SHAPE, BLANK_GREY, BLANK_NOISE = (120, 160, 3), 110, 6


@dataclass(frozen=True, kw_only=True, slots=True)
class BagRecipe:
    """Parameters of a test recording."""

    fps: float = 25.0
    """Rate of the camera, Hz; frames of the clips are dropped or repeated."""
    gap_sec: float = 4.0
    """Background before every clip and after the last, s."""
    max_clip_sec: float = 20.0
    """Longer clips are cut, s."""
    jitter_sec: float = 0.0
    """Standard deviation of the stamps, s; they still increase."""
    drop_share: float = 0.0
    """Fraction of frames that are lost, in [0, 1)."""
    clock_offset_sec: float = 0.0
    """Header stamps minus recording times, s."""
    start_sec: float = 1_700_000_000.0
    """Recording time of the first frame, s."""
    seed: int = 0
    """Of order, jitter and losses."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the settings, their limits and their values.
        """
        require(
            ('fps', 0 < self.fps <= 1000, f'must be above 0 and at most 1000, got {self.fps}'),
            *((name, getattr(self, name) >= 0, f'must be at least 0 s, got {getattr(self, name)}')
              for name in ('gap_sec', 'max_clip_sec', 'jitter_sec')),
            ('drop_share', 0 <= self.drop_share < 1, f'must be in [0, 1), got {self.drop_share}'),
            ('start_sec', self.start_sec > 0 and self.start_sec + self.clock_offset_sec > 0,
             f'and its sum with clock_offset_sec must be above 0, got {self.start_sec} and '
             f'{self.clock_offset_sec}'))


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One frame and its label."""

    log_ns: int
    """When it was recorded."""
    frame: Frame
    """Stamped by the camera's clock."""
    label: str
    """The action, or ``NO_ACTION``."""


def recorded_frames(
    clips: Sequence[tuple[str, Path]], background: Sequence[Path], recipe: BagRecipe,
) -> Iterator[RecordedFrame]:
    """
    Play clips one after the other, with background around each.

    :param clips: label and file of each.
    :param background: videos that show none of the labels, used in turn; without any, grey noise.
    :param recipe: rate, gaps, jitter and more.
    :return: frames in order.
    :raises VideoError: if a video cannot be read.
    """
    for time_ns, (image, label) in recorded_times(
            _labelled_images(clips, background, recipe), recipe):
        yield RecordedFrame(time_ns, Frame(
            time_ns + round(recipe.clock_offset_sec * 1e9), 'camera', image), label)


def recorded_times(ticks: Iterable[Tick], recipe: BagRecipe) -> Iterator[tuple[int, Tick]]:
    """
    Give each tick of the camera its recording time, and lose some.

    :param ticks: what the camera sees at each.
    :param recipe: rate, jitter, losses and start.
    :return: recording time, ns, rising, and what is seen.
    """
    rng = Random(recipe.seed)
    start_ns, last_ns = round(recipe.start_sec * 1e9), 0
    for index, tick in enumerate(ticks):
        time_ns = start_ns + round(index * 1e9 / recipe.fps)
        if recipe.jitter_sec:
            time_ns = max(last_ns + 1_000_000,
                          time_ns + round(rng.gauss(0, recipe.jitter_sec) * 1e9))
        last_ns = time_ns
        # The first frame is never lost: the recording starts there.
        if index == 0 or rng.random() >= recipe.drop_share:
            yield time_ns, tick


def _labelled_images(
    clips: Sequence[tuple[str, Path]], background: Sequence[Path], recipe: BagRecipe,
) -> Iterator[tuple[np.ndarray, str]]:
    """Yield image and label of every tick of the camera."""
    num_gap = round(recipe.gap_sec * recipe.fps)
    between = _background(background, recipe)
    for label, path in clips:
        yield from ((image, NO_ACTION) for image in islice(between, num_gap))
        frames = at_rate(read_video(path), recipe.fps)
        yield from ((image, label)
                    for image in islice(frames, round(recipe.max_clip_sec * recipe.fps)))
    yield from ((image, NO_ACTION) for image in islice(between, num_gap))


def blank_images(seed: int) -> Iterator[np.ndarray]:
    """
    Return images of nothing: grey noise, without end.

    :param seed: of the noise.
    :return: images_HWC.
    """
    noise = np.random.default_rng(seed)
    while True:
        yield (BLANK_GREY + noise.integers(0, BLANK_NOISE, BLANK_SHAPE)).astype(np.uint8)


def _background(videos: Sequence[Path], recipe: BagRecipe) -> Iterator[np.ndarray]:
    """Yield background without end; after a clip, a video resumes where it stopped."""
    if videos:
        for path in cycle(videos):
            yield from at_rate(read_video(path), recipe.fps)
    yield from blank_images(recipe.seed)


def at_rate(images: Iterable[StampedImage], fps: float) -> Iterator[np.ndarray]:
    """
    Resample a video: repeat the newest frame at every tick of another rate.

    :param images: in order, the first at 0.
    :param fps: the other rate, Hz.
    :return: images_HWC.
    """
    newest, tick = None, 0
    for image in images:
        while newest is not None and tick * 1e9 / fps < image.stamp_ns:
            yield newest
            tick += 1
        newest = image.image_HWC
    if newest is not None:
        yield newest
