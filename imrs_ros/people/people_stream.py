# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The people of one camera: frames and detections in, windows of single people out.

    push:   shrink -> resample -> kept frames              the thread that receives
    detect: ids to boxes, each person's newest ones        the thread that receives
    take_window: whose turn it is, cut from kept frames    the thread that owns the model

Layout legend: T frames, H height, W width, C channels.
"""

from collections import deque
from dataclasses import dataclass, field
from functools import reduce
import threading

from imrs_ros.camera_stream import TakenWindow
from imrs_ros.images.motion import changed_fraction
from imrs_ros.images.preprocessing import resize_square
from imrs_ros.model_card import InputSpec
from imrs_ros.people.detection import Box, Detections, Person
from imrs_ros.people.kept_frames import keepable, KeptFrames
from imrs_ros.people.standing_square import Square, StandingSquare
from imrs_ros.records import Clip, Frame
from imrs_ros.settings import PeopleSettings, WindowSettings
import numpy as np
from numpy.typing import NDArray

MAX_BOXES = 64
"""Boxes kept of a person: those of a window, at any rate that makes sense."""
MAX_FOLLOWED = 100
"""Most people who are followed at a time; for one more, whoever was not detected for longest
leaves."""
MAX_EARLY_NS = 1_000_000_000
"""How far the stamp of a detection may be after that of the newest image."""


@dataclass(slots=True, eq=False)
class _Followed:
    """Someone who is followed."""

    id: str  # noqa: A003
    number: int
    square: StandingSquare
    boxes: deque[tuple[int, Box]] = field(default_factory=lambda: deque(maxlen=MAX_BOXES))
    """Stamp and box of the newest detections, oldest first."""
    last_window: int | None = None
    """Number of frames kept when its last window was taken."""
    window_ns: int | None = None
    """Stamp of its last window, or of the restart after it."""
    last_round: int = -1
    restarted: bool = False
    """Whether its older scores must be discarded."""
    crops: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    """Of frames by number, all cut by ``cut_by``; used by the thread that owns the model alone."""
    cut_by: Square | None = None

    @property
    def box(self) -> Box:
        """Return where it was last seen."""
        return self.boxes[-1][1]

    @property
    def last_ns(self) -> int:
        """Return the stamp of the last detection."""
        return self.boxes[-1][0]

    def now(self) -> Person:
        """Return who and where it is."""
        return Person(self.id, self.number, self.box)

    def box_since(self, stamp_ns: int) -> Box:
        """Return the box that holds it from a moment on; the last one where it was not seen."""
        return reduce(Box.join, (box for ns, box in self.boxes if ns >= stamp_ns), self.box)


class PeopleStream:
    """People of one camera, and the frames that their windows are cut from, kept once."""

    def __init__(
        self, name: str, spec: InputSpec, window: WindowSettings, people: PeopleSettings,
    ) -> None:
        """
        Start with nobody.

        :param name: name of the camera.
        :param spec: input of the model.
        :param window: hop, largest gap and least motion.
        :param people: who is scored.
        """
        self.name = name
        self._spec, self._window, self._settings = spec, window, people
        self._kept = KeptFrames(spec.num_frames, spec.fps, window.max_gap_sec)
        self._size_px = (0, 0)
        self._lock = threading.Lock()
        self._people: dict[str, _Followed] = {}
        self._departed: list[Person] = []
        self._num_people = self._num_ended = 0
        self._round, self._num_left = -1, 0
        self.num_skipped = 0
        """Windows of people that newer ones replaced before they were taken."""
        self.num_small = 0
        """People too small to be scored, in all detections."""
        self.num_beyond = 0
        """People beyond the most that are scored, in all detections."""
        self.num_starved = 0
        """People who left because windows of theirs were due and did not come in time."""
        self.num_stray = 0
        """Detections that belong to no kept image: their stamps are of another clock, or late."""

    def change(self, window: WindowSettings) -> None:
        """
        Apply a new hop and least motion.

        :param window: the new settings.
        """
        with self._lock:
            self._window = window

    def push(self, frame: Frame) -> bool:
        """
        Add the camera's next frame.

        :param frame: RGB of any size; not kept.
        :return: whether somebody's window is due.
        :raises ValueError: if the image is not a uint8 RGB image.
        """
        kept = keepable(frame)
        with self._lock:
            self._size_px = frame.image_HWC.shape[:2]
            before_ns = self._kept.newest_ns
            if self._kept.push(kept):
                self._restart(frame.stamp_ns, frame.stamp_ns < (before_ns or 0))
            self._forget_old()
            return any(self._is_due(person) for person in self._scored())

    def _restart(self, stamp_ns: int, is_set_back: bool) -> None:
        """Discard the scores of everybody; where the clock was set back, all boxes are void."""
        for person in list(self._people.values()):
            if is_set_back:
                self._depart(person)
            # Once: a camera that restarts again and again gives no windows.
            elif not person.restarted:
                person.last_window, person.restarted = None, True
                if person.window_ns is not None:
                    person.window_ns = stamp_ns

    def detect(self, detections: Detections) -> bool:
        """
        Add what a detector says of one image; it may come late, early or never.

        :param detections: everybody has an id; of two with the same one, the first counts.
        :return: whether somebody's window is due.
        """
        settings = self._settings
        with self._lock:
            newest_ns, stamp_ns = self._kept.newest_ns, detections.stamp_ns
            # Before the first image, nobody could be cut out of anything.
            if newest_ns is None:
                return False
            if not (newest_ns - self._timeout_ns <= stamp_ns
                    <= newest_ns + min(self._timeout_ns, MAX_EARLY_NS)):
                self.num_stray += 1
                return False
            seen: set[str] = set()
            for found in detections.usable(settings.min_person_score).people:
                if found.id and found.id not in seen:
                    seen.add(found.id)
                    self._follow(found.id, found.box, stamp_ns)
            self._forget_old()
            are_small = [self._is_small(person) for person in self._people.values()
                         if person.last_ns == stamp_ns]
            self.num_small += sum(are_small)
            self.num_beyond += max(0, are_small.count(False) - settings.max_people)
            return any(self._is_due(person) for person in self._scored())

    @property
    def _timeout_ns(self) -> int:
        return round(self._settings.person_timeout_sec * 1e9)

    def _follow(self, id_: str, box: Box, stamp_ns: int) -> None:
        person = self._people.get(id_)
        if person is None:
            if len(self._people) >= MAX_FOLLOWED:
                longest = min(self._people.values(), key=lambda other: other.last_ns)
                if longest.last_ns >= stamp_ns:
                    self.num_beyond += 1
                    return
                self._depart(longest)
            person = self._people[id_] = _Followed(
                id_, self._num_people, StandingSquare(self._settings.person_margin))
            self._num_people += 1
        elif stamp_ns <= person.last_ns:
            self.num_stray += 1
            return
        person.boxes.append((stamp_ns, box))

    def _forget_old(self) -> None:
        """
        Forget who was not detected for long, or not scored any more.

        Whatever keeps windows of a person away, the last decision would be too old.
        """
        newest_ns = self._kept.newest_ns
        if newest_ns is None:
            return
        spec = self._spec
        window_limit_ns = 1e9 * self._window.window_limit_sec(spec.num_frames, spec.fps)
        late = [person for person in self._people.values()
                if person.window_ns is not None and newest_ns - person.window_ns > window_limit_ns]
        if late and self._kept.is_full:
            self.num_starved += len({p.id for p in late} & {p.id for p in self._scored()})
        for person in list(self._people.values()):
            if person in late or newest_ns - person.last_ns > self._timeout_ns:
                self._depart(person)

    def _depart(self, person: _Followed) -> None:
        del self._people[person.id]
        self._departed.append(person.now())

    def departed(self) -> tuple[Person, ...]:
        """
        Return who left since the last call.

        :return: the people, where they were last seen.
        """
        with self._lock:
            gone, self._departed = tuple(self._departed), []
            return gone

    def present(self) -> tuple[Person, ...]:
        """
        Return who is there.

        :return: everybody who is followed, the nearest (largest) first.
        """
        with self._lock:
            return tuple(person.now() for person in self._by_size())

    def clip_name(self, number: int) -> str:
        """
        Return the name of somebody's clips.

        :param number: of a ``Person``.
        :return: a name that no camera has, nor anybody else.
        """
        return f'{self.name}/{number}'

    def is_present(self, number: int) -> bool:
        """
        Return whether somebody has not left.

        :param number: of a ``Person``.
        :return: whether that appearance still lasts.
        """
        with self._lock:
            return any(person.number == number for person in self._people.values())

    def end(self) -> None:
        """Let everybody leave: the camera was silent. The next window needs a newer frame."""
        with self._lock:
            self._num_ended = self._kept.num_appended
            for person in list(self._people.values()):
                self._depart(person)

    def clear(self) -> None:
        """Let everybody leave, and discard all frames."""
        self.end()
        with self._lock:
            self._kept.clear()

    def _by_size(self) -> list[_Followed]:
        return sorted(self._people.values(), key=lambda p: (-p.box.inside().area, p.number))

    def _is_small(self, person: _Followed) -> bool:
        box = person.box.inside()
        height_px, width_px = self._size_px
        # Whoever lies is as large as whoever stands.
        longer_px = max((box.bottom - box.top) * height_px, (box.right - box.left) * width_px)
        return longer_px < self._settings.min_person_px

    def _scored(self) -> list[_Followed]:
        """Return who gets windows: large enough, detected last, and the nearest."""
        newest_ns = max((person.last_ns for person in self._people.values()), default=0)
        large = [person for person in self._by_size() if not self._is_small(person)]
        # Whoever may have left takes no place from those who are there.
        large.sort(key=lambda person: person.last_ns < newest_ns)
        return large[:self._settings.max_people]

    def _is_due(self, person: _Followed) -> bool:
        last, num_appended = person.last_window, self._kept.num_appended
        return self._kept.is_full and num_appended > self._num_ended and (
            last is None or num_appended - last >= self._window.hop)

    def take_window(self, round_number: int) -> TakenWindow | None:
        """
        Return the newest window of the person who has waited longest.

        :param round_number: nobody gets two windows in a round, and in all there are no more than
            ``max_people``, for newcomers would never let it end.
        :return: the window; None if none is due.
        """
        with self._lock:
            if round_number != self._round:
                self._round, self._num_left = round_number, self._settings.max_people
            frames, num_appended = self._kept.window(), self._kept.num_appended
            due = [person for person in self._scored()
                   if person.last_round != round_number and self._is_due(person)]
            if frames is None or not due or not self._num_left:
                return None
            self._num_left -= 1
            # Among equals, the nearest: the sort is stable.
            person = min(due, key=lambda p: -1 if p.last_window is None else p.last_window)
            self._count_skipped(person, num_appended)
            person.last_window, person.last_round = num_appended, round_number
            person.window_ns = frames[-1].stamp_ns
            restarted, person.restarted = person.restarted, False
            seen, min_motion = person.now(), self._window.min_motion
            height, width = frames[-1].image_HWC.shape[:2]
            square = person.square.around(
                person.box_since(frames[0].stamp_ns), height, width)
        first = num_appended - len(frames)
        clip = Clip(
            camera=self.clip_name(person.number),
            frames_THWC=self._cut(person, square, frames, first), first_sequence=first,
            stamp_ns=frames[-1].stamp_ns, frame_id=frames[-1].frame_id)
        is_still = min_motion > 0 and changed_fraction(clip.frames_THWC) < min_motion
        return TakenWindow(clip, self.name, restarted, 0, is_still, seen)

    def _count_skipped(self, person: _Followed, num_appended: int) -> None:
        if person.last_window is not None:
            self.num_skipped += (num_appended - person.last_window) // self._window.hop - 1

    def _cut(self, person: _Followed, square: Square, frames: tuple[Frame, ...], first: int,
             ) -> NDArray[np.uint8]:
        """Return crops_THWC; those of frames that the last window had are not cut again."""
        kept = person.crops if square == person.cut_by else {}
        rows = slice(square.top, square.top + square.side)
        columns = slice(square.left, square.left + square.side)
        person.crops = {
            first + i: kept[first + i] if first + i in kept else resize_square(
                frame.image_HWC[rows, columns], self._spec.size_px)
            for i, frame in enumerate(frames)}
        person.cut_by = square
        return np.stack(list(person.crops.values()))
