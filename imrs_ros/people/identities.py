# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Ids for people, where the detector gives none: by a tracker of boxes.

Layout legend: N people, 4 left, top, right and bottom.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
import importlib
import re
from typing import Any, Protocol

from imrs_ros.people.detection import Detection, Detections
import numpy as np

LOST_SEC = 1.0
"""Longest time that someone may be lost and keep the id."""
PREFIX = 'track-'
"""Of the ids that are given here."""
OWN_ID = re.compile(PREFIX + '([0-9]{1,15})')
MAX_TRACKED = 100
"""Most people who are tracked, those of an image by their certainty, then those who are lost: the
tracker's time grows with the cube of their number."""
SIDE_PX = 640.0
"""Side of an image as the tracker sees it, whose noise is meant for pixels."""
LEAST_OVERLAP = 0.2
"""Intersection over union of a box and where someone is expected, to be taken for that person."""
LEAST_SEEN = 2
"""Images in a row in which someone is seen before there is an id."""
TANGLED_SHARE = 0.8
"""Of the smaller of two boxes: two people who cover each other so much may be mistaken."""
LIBRARY = 'trackers 2.6'


class BoxTracker(Protocol):
    """A tracker of the library."""

    tracks: list[Any]
    """All who are tracked, each with ``tracker_id`` and ``get_state_bbox()``."""

    def update(self, detections: Any, frame: None = None, timestamp: float | None = None) -> Any:
        """
        Return the detections with their ``tracker_id``.

        :param detections: of one image.
        :param frame: not used.
        :param timestamp: s, later than the last one.
        :return: the detections in any order; -1 for who has no id yet.
        """


def check_library() -> None:
    """
    Import the library, which takes about a second; whatever is wrong with it shows now.

    :raises RuntimeError: when the library cannot be imported.
    """
    try:
        importlib.import_module('trackers')
    # NumPy of a version that it was not built for raises other errors.
    except Exception as error:
        raise RuntimeError(
            f'expected the library {LIBRARY}, which gives ids to people, got '
            f'{type(error).__name__}: {error}; install it as docs/person_finder.md says (plain '
            '`pip install trackers` replaces the NumPy and OpenCV of a robot), or use a detector '
            'that gives ids') from error


def sort_tracker() -> BoxTracker:
    """
    Return SORT (Bewley et al. 2016), the best one in ``benchmarks/compare_trackers.py``.

    :return: a new one.
    :raises RuntimeError: when the library cannot be imported.
    """
    check_library()
    from trackers import SORTTracker
    return SORTTracker(
        # In images at 30 Hz, whatever the rate.
        lost_track_buffer=round(30 * LOST_SEC), minimum_iou_threshold=LEAST_OVERLAP,
        minimum_consecutive_frames=LEAST_SEEN,
        # What is too uncertain, the detector leaves out.
        track_activation_threshold=0.0)


class Identities:
    """
    Gives the people of one camera ids that stay the same from image to image.

    Two people who covered each other get new ids when they are apart again, for nobody knows
    which is which: better a new id than the wrong one. Not thread-safe.
    """

    def __init__(
        self, new_tracker: Callable[[], BoxTracker] = sort_tracker, *,
        renames_tangled: bool = True,
    ) -> None:
        """
        Start with nobody; the library is imported when it is first needed.

        :param new_tracker: returns a tracker.
        :param renames_tangled: whether people who covered each other get new ids.
        """
        self._new_tracker, self._renames_tangled = new_tracker, renames_tangled
        self._tracker: BoxTracker | None = None
        self._start_ns = self._last_ns = 0
        self._next_number = 1
        self._names: dict[int, str] = {}
        """By the tracker's number."""
        self._tangled: set[tuple[int, int]] = set()

    def assign(self, detections: Detections) -> Detections:
        """
        Give an id to everyone who has none.

        An image that is not later than the last shows nobody new: who has no id is left out. A
        stamp that jumps by more than ``LOST_SEC``, back or forth, loses everyone.

        :param detections: of the camera's next image.
        :return: everyone with an id of the detector, the first of each id; then those with an id
            from here. Without those who were not seen often enough to have one, whose box is not
            visible, and those beyond ``MAX_TRACKED``.
        :raises RuntimeError: when the library is needed and cannot be imported.
        """
        given = _first_of_each(person for person in detections.people if person.id)
        nameless = [person for person in detections.people
                    if not person.id and person.box.is_visible]
        taken = {person.id for person in given}
        for name in taken:
            if (own := OWN_ID.fullmatch(name)) is not None:
                self._next_number = max(self._next_number, int(own[1]) + 1)
        # A detector that gives ids needs no tracker.
        tracked = (self._track(detections.stamp_ns, nameless)
                   if nameless or self._tracker is not None else [])
        return replace(detections, people=(*given, *(
            replace(person, id=self._name(number, taken)) for number, person in tracked)))

    def _name(self, number: int, taken: set[str]) -> str:
        """Return the id of one of the tracker's numbers, other than those of the detector."""
        if self._names.get(number) in {None, *taken}:
            self._names[number] = f'{PREFIX}{self._next_number}'
            self._next_number += 1
        return self._names[number]

    def _track(
        self, stamp_ns: int, people: Sequence[Detection],
    ) -> list[tuple[int, Detection]]:
        """Return everyone who is tracked, by the tracker's number."""
        elapsed_ns = stamp_ns - self._last_ns
        tracker = self._tracker
        # Nobody is lost for longer. The tracker would expect people far away, or nowhere.
        if tracker is None or abs(elapsed_ns) > LOST_SEC * 1e9:
            tracker = self._restart(stamp_ns)
        elif elapsed_ns <= 0:
            return []
        self._last_ns = stamp_ns
        certain = sorted(people, key=lambda person: -person.score)[:MAX_TRACKED]
        found = tracker.update(
            _as_library(certain), timestamp=(stamp_ns - self._start_ns) / 1e9)
        pairs = [(int(number), certain[at]) for number, at in zip(
            found.tracker_id, found.data.get('at', ())) if number >= 0]
        seen = {number for number, _ in pairs}
        # Boxes that flicker would be lost by hundreds, and each is looked for in every image.
        if len(tracker.tracks) > MAX_TRACKED:
            tracker.tracks = sorted(tracker.tracks, key=lambda track: (
                track.tracker_id >= 0 and track.tracker_id not in seen))[:MAX_TRACKED]
        if self._renames_tangled:
            self._untangle(tracker, seen)
        return pairs

    def _restart(self, stamp_ns: int) -> BoxTracker:
        self._tracker, self._start_ns = self._new_tracker(), stamp_ns
        self._names.clear()
        self._tangled.clear()
        return self._tracker

    def _untangle(self, tracker: BoxTracker, seen: set[int]) -> None:
        """Forget the ids of pairs that are apart again, or of which one is gone."""
        expected = {int(track.tracker_id): track.get_state_bbox() for track in tracker.tracks
                    if track.tracker_id >= 0}
        near = _covered_pairs(expected)
        self._tangled |= near
        for pair in self._tangled - near:
            is_gone = not {*pair} <= expected.keys()
            if is_gone or {*pair} <= seen:
                self._tangled.remove(pair)
                for number in pair:
                    self._names.pop(number, None)
        self._names = {number: name for number, name in self._names.items() if number in expected}


def _as_library(people: Sequence[Detection]) -> Any:
    """Return people as the library takes them, with their places in the sequence."""
    from supervision import Detections as LibraryDetections
    places_N4 = np.array([
        (person.box.left, person.box.top, person.box.right, person.box.bottom)
        for person in people]).reshape(-1, 4)
    return LibraryDetections(
        xyxy=SIDE_PX * places_N4, confidence=np.array([person.score for person in people]),
        data={'at': np.arange(len(people))})


def _covered_pairs(boxes: dict[int, Sequence[float]]) -> set[tuple[int, int]]:
    """Return the numbers, rising, of all pairs who cover each other too much."""
    numbers = sorted(boxes)
    sides_N4 = np.array([boxes[number] for number in numbers], float).reshape(-1, 4)
    starts_N2, ends_N2 = sides_N4[:, :2], sides_N4[:, 2:]
    shared_NN = (np.minimum(ends_N2[:, None], ends_N2)
                 - np.maximum(starts_N2[:, None], starts_N2)).clip(0).prod(-1)
    areas_N = (ends_N2 - starts_N2).clip(0).prod(-1)
    smaller_NN = np.minimum.outer(areas_N, areas_N)
    covered_NN = (smaller_NN > 0) & (shared_NN >= TANGLED_SHARE * smaller_NN)
    return {(numbers[one], numbers[other]) for one, other in np.argwhere(np.triu(covered_NN, 1))}


def _first_of_each(people: Iterable[Detection]) -> list[Detection]:
    first: dict[str, Detection] = {}
    for person in people:
        first.setdefault(person.id, person)
    return list(first.values())
