# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""How clips become a recording of several people: what each cell of the picture shows when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import Random

from imrs_ros.evaluation.recordings.bag_recipe import (
    at_rate, BagRecipe, blank_images, recorded_times)
from imrs_ros.evaluation.recordings.picture_grid import PictureGrid
from imrs_ros.people.detection import Box
from imrs_ros.records import Frame, NO_ACTION
from imrs_ros.video import read_video
import numpy as np
from numpy.typing import NDArray

GAP_SPREAD = 0.5
"""Gaps last ``gap_sec``, and up to this share more or less, so that cells start at other times."""
IDS = ('cell', 'clip')
"""Who counts as one person: everybody seen in a cell without a break, or in one clip."""
AWAY_SEC = 1.2
"""Time for which nobody is in a cell between two people of different clips: longer than a window,
which would show both of them, and than the time for which whoever is lost keeps the id."""
ClipBoxes = Mapping[str, Sequence[tuple[float, Box]]]
"""By the stem of a video: from when on, s, and where its person is, in shares of its image."""
_Shown = tuple[str, NDArray[np.uint8], str, Box | None]
"""What a cell shows at one tick: the clip, its image, the label, and where the person is."""


@dataclass(frozen=True, slots=True)
class PlacedPerson:
    """A person at one moment."""

    name: str
    """Id of the person."""
    label: str
    """The action, or ``NO_ACTION``."""
    box: Box
    """In shares of the picture."""


@dataclass(frozen=True, slots=True)
class GridFrame:
    """One picture, and all people in it."""

    log_ns: int
    """When it was recorded."""
    frame: Frame
    """Stamped by the camera's clock."""
    people: tuple[PlacedPerson, ...]


def grid_frames(
    cells: Sequence[Sequence[tuple[str, Path]]], background: Sequence[Path], recipe: BagRecipe,
    grid: PictureGrid, *, ids: str = IDS[0], boxes: ClipBoxes | None = None,
) -> Iterator[GridFrame]:
    """
    Play clips in all cells at once, with background around each.

    :param cells: for each cell, label and file of its clips.
    :param background: videos of people who do nothing of interest, dealt to the cells; without
        any, grey noise, in which nobody is.
    :param recipe: rate, gaps, jitter and more.
    :param grid: of the picture.
    :param ids: one of ``IDS``.
    :param boxes: where people are in the clips, as far as that is known.
    :return: frames in order, until every clip was shown, and a gap after it.
    :raises VideoError: if a video cannot be read.
    """
    shown = [_Cell(i, clips, background[i::len(cells)] or background, recipe, ids, boxes or {})
             for i, clips in enumerate(cells)]
    for time_ns, views in recorded_times(_ticks(shown), recipe):
        images, people = [], []
        for cell, (person, image, label, box) in enumerate(views):
            images.append(image)
            if person:
                people.append(PlacedPerson(
                    person, label, grid.person_box(cell, box, image.shape)))
        yield GridFrame(time_ns, Frame(
            time_ns + round(recipe.clock_offset_sec * 1e9), 'camera', grid.compose(images)),
            tuple(people))


def _ticks(cells: Sequence['_Cell']) -> Iterator[list[_Shown]]:
    """Yield what all cells show, until the last of them has shown all."""
    played = [cell.played() for cell in cells]
    while True:
        views = [next(one, None) for one in played]
        if all(view is None for view in views):
            return
        yield [next(cell.rest) if view is None else view for cell, view in zip(cells, views)]


class _Cell:
    """One cell: its clips with gaps before, between and after, then background without end."""

    def __init__(
        self, index: int, clips: Sequence[tuple[str, Path]], background: Sequence[Path],
        recipe: BagRecipe, ids: str, boxes: ClipBoxes,
    ) -> None:
        self._name = f'cell{index + 1}'
        self._clips, self._recipe, self._ids, self._boxes = clips, recipe, ids, boxes
        self._rng = Random(f'{recipe.seed} {index}')
        self._num_people, self._last = 0, ''
        self._nobody = _nobody(recipe.seed + index)
        self.rest = self._named(self._background(background))

    def played(self) -> Iterator[_Shown]:
        for number, (label, path) in enumerate(self._clips):
            yield from islice(self.rest, self._gap())
            frames = islice(self._clip(path, label, f'{number} {path}'),
                            round(self._recipe.max_clip_sec * self._recipe.fps))
            yield from self._away()
            yield from self._named(frames)
            yield from self._away()
        yield from islice(self.rest, self._gap())

    def _gap(self) -> int:
        """Draw the length of a gap, in ticks."""
        share = self._rng.uniform(1 - GAP_SPREAD, 1 + GAP_SPREAD)
        return round(share * self._recipe.gap_sec * self._recipe.fps)

    def _away(self) -> Iterator[_Shown]:
        """Show nobody for a while, if the next one is another person."""
        if self._last and self._ids == 'clip':
            self._last = ''
            yield from islice(self._nobody, round(AWAY_SEC * self._recipe.fps))

    def _named(self, frames: Iterator[_Shown]) -> Iterator[_Shown]:
        """Replace the clip by the id of its person; nobody is in a clip without a name."""
        for clip, image, label, box in frames:
            if clip != self._last:
                yield from self._away()
            self._num_people += bool(clip and not self._last)
            self._last = clip
            yield (f'{self._name}-{self._num_people}' if clip else '', image, label, box)

    def _clip(self, path: Path, label: str, name: str) -> Iterator[_Shown]:
        known = self._boxes.get(path.stem, ())
        for tick, image in enumerate(at_rate(read_video(path), self._recipe.fps)):
            time_sec = tick / self._recipe.fps
            box = next((box for start, box in reversed(known) if start <= time_sec), None)
            yield name, image, label, box

    def _background(self, videos: Sequence[Path]) -> Iterator[_Shown]:
        """Yield background without end; after a clip, a video resumes where it stopped."""
        for number, path in enumerate(cycle(videos)):
            yield from self._clip(path, NO_ACTION, f'background {number} {path}')
        yield from self._nobody


def _nobody(seed: int) -> Iterator[_Shown]:
    for image in blank_images(seed):
        yield '', image, NO_ACTION, None
