# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What is annotated of one person: when they are there, what they do, and where they are."""

from collections.abc import Iterable
from dataclasses import dataclass

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.people.detection import Box
from imrs_ros.records import NO_ACTION


@dataclass(frozen=True, slots=True)
class AnnotatedPerson:
    """One person of one camera of a recording."""

    name: str
    """As in the annotations; the id of detections, if they have the same."""
    actions: tuple[Segment, ...]
    """In order, without overlaps."""
    places: tuple[tuple[Segment, Box], ...]
    """Where they are, by time; boxes of actions before those that only say that they are there."""
    seen: tuple[int, int]
    """From when to when they are there, ns; without an action, they do nothing of interest then.
    From the start of their first line to the end of their last, if one of them says ``NO_ACTION``;
    else during the whole recording."""

    def is_seen(self, time_ns: int) -> bool:
        """
        Return whether the person is there.

        :param time_ns: from the start of the recording.
        :return: whether they are.
        """
        return self.seen[0] <= time_ns < self.seen[1]

    def box_at(self, time_ns: int) -> Box | None:
        """
        Return where the person is.

        :param time_ns: from the start of the recording.
        :return: the box; None if it is not known.
        """
        return next((box for segment, box in self.places
                     if segment.start_ns <= time_ns < segment.end_ns), None)


def join_people(lines: Iterable[tuple[str, Segment, Box | None]], duration_ns: int,
                ) -> tuple[AnnotatedPerson, ...]:
    """
    Put the lines of each person together.

    :param lines: id, segment and box of each, in any order.
    :param duration_ns: of the recording.
    :return: everybody, by their first line.
    """
    by_id: dict[str, list[tuple[Segment, Box | None]]] = {}
    for name, segment, box in lines:
        by_id.setdefault(name, []).append((segment, box))
    first = {name: min(segment for segment, _ in of_person) for name, of_person in by_id.items()}
    found = [_join(name, sorted(of_person, key=lambda line: (line[0].label == NO_ACTION, line[0])),
                   duration_ns) for name, of_person in by_id.items()]
    return tuple(sorted(found, key=lambda person: (first[person.name].start_ns, person.name)))


def _join(name: str, lines: list[tuple[Segment, Box | None]], duration_ns: int) -> AnnotatedPerson:
    segments = [segment for segment, _ in lines]
    seen = 0, duration_ns
    if any(s.label == NO_ACTION for s in segments):
        seen = min(s.start_ns for s in segments), max(s.end_ns for s in segments)
    return AnnotatedPerson(
        name, tuple(s for s in segments if s.label != NO_ACTION),
        tuple((segment, box) for segment, box in lines if box is not None), seen)
