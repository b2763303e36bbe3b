# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What was decided on one person of a recording, beside what is annotated of them.

Layout legend: N windows.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.metrics.people_match import is_shared
from imrs_ros.evaluation.metrics.track import DecidedAction, Track
from imrs_ros.people.detection import Box
from imrs_ros.records import NO_ACTION
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class PersonTrack(Track):
    """
    One person: somebody annotated, or somebody followed who matches nobody annotated.

    All figures of a track hold for it, except those over the length of the recording.
    """

    camera: str
    """Name of the recording and of its camera."""
    name: str
    """As annotated; of others, the id of their detections."""
    is_annotated: bool
    """Whether it is somebody annotated."""
    seen: tuple[int, int]
    """From when to when the person is there, ns from the start of the recording."""
    numbers_N: NDArray[np.int64]
    """As which appearance the person was followed."""
    is_restart_N: NDArray[np.bool_]
    """Whether a gap before the window discarded the older scores of the appearance."""
    boxes: tuple[Box, ...]
    """Where the person was seen, of N windows."""
    departed: frozenset[int] = field(default_factory=frozenset)
    """Appearances that left: whatever they did ended with their last window."""
    annotated_people: tuple[AnnotatedPerson, ...] = ()
    """Everybody annotated in the camera."""

    @cached_property
    def decided(self) -> tuple[DecidedAction, ...]:
        """Decided actions in order; one that another appearance takes over from ends there."""
        cuts = np.flatnonzero(np.diff(self.numbers_N)) + 1
        found: list[DecidedAction] = []
        for rows in np.split(np.arange(len(self.numbers_N)), cuts):
            if not len(rows):
                continue
            first, last = int(rows[0]), int(rows[-1])
            limit_ns = self._limit_ns(last)
            part = slice(first, last + 1)
            alone = Track(
                classes=self.classes, duration_ns=self.duration_ns, hold_ns=self.hold_ns,
                settle_ns=self.settle_ns, times_N=self.times_N[part], known_N=self.known_N[part],
                probabilities_NK=self.probabilities_NK[part],
                decided_labels=self.decided_labels[part], confidences_N=self.confidences_N[part])
            found += [replace(d, end_ns=min(d.end_ns, limit_ns)) for d in alone.decided]
        return tuple(found)

    def _limit_ns(self, last: int) -> int:
        """Return when what was decided in the last window of an appearance ends at the latest."""
        known_ns = int(self.known_N[last])
        limits = [known_ns + self.hold_ns]
        if last + 1 < len(self.known_N):
            limits.append(int(self.known_N[last + 1]))
        # A nanosecond, so that an action of a single window has a length.
        if int(self.numbers_N[last]) in self.departed and not (
                self.numbers_N[last + 1:] == self.numbers_N[last]).any():
            limits.append(known_ns + 1)
        return min(limits)

    @cached_property
    def excused(self) -> frozenset[int]:
        """
        Return the starts of decided actions, ns, that are neither right nor wrong.

        They are of somebody who is not annotated, where somebody annotated does the same.
        """
        if self.is_annotated:
            return frozenset()
        return frozenset(action.start_ns for action in self.decided if is_shared(
            action, self.boxes[int(np.searchsorted(self.known_N, action.start_ns))],
            self.annotated_people, self.settle_ns))

    @cached_property
    def background(self) -> list[tuple[int, int]]:
        """
        Time in which every decided action is a false one: pairs of start and end.

        Of somebody annotated, the time without annotation while they are there. Others have no
        time of their own: a moment at the start of each decided action, so that it counts.
        """
        if not self.is_annotated:
            return [(d.start_ns, d.start_ns + 1) for d in self.decided
                    if d.start_ns not in self.excused]
        start_ns, end_ns = self.seen
        cut = [(max(start, start_ns), min(end, end_ns)) for start, end in super().background]
        return [(start, end) for start, end in cut if start < end]

    @property
    def judged(self) -> 'PersonTrack':
        """Return the same track without the actions that are excused."""
        labels = list(self.decided_labels)
        for action in self.decided:
            if action.start_ns in self.excused:
                first, last = np.searchsorted(
                    self.known_N, [action.start_ns, max(action.end_ns, action.start_ns + 1)])
                labels[first:last] = [NO_ACTION] * (last - first)
        return replace(self, decided_labels=tuple(labels)) if self.excused else self

    @property
    def num_switches(self) -> int:
        """
        Return how often the person was followed as somebody else than before.

        A mismatch of Bernardin & Stiefelhagen 2008, "Evaluating Multiple Object Tracking
        Performance", section 2.1; windows after the person left do not count.
        """
        while_seen_N = (self.times_N >= self.seen[0]) & (self.times_N < self.seen[1])
        return int(np.count_nonzero(np.diff(self.numbers_N[while_seen_N])))
