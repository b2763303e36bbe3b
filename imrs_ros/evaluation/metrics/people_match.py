# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Who of the people that are annotated is whom of those that are followed.

At every moment one to one, as in the CLEAR MOT metrics (Bernardin & Stiefelhagen 2008): by id,
else whoever was matched before and still fits, else by the best assignment of boxes (Kuhn 1955, as
SciPy solves it).

Layout legend: F followed people, A annotated ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.people.detection import Box, Person
import numpy as np
from scipy.optimize import linear_sum_assignment

MIN_INSIDE = 0.5
"""Share of a followed person's box that must lie in the annotated one. Not a share of both: an
annotated box may be no more than where a person is to be looked for, as a cell of a grid."""
ALIVE_NS = 1_000_000_000
"""How long a followed person without a window keeps the annotated one from others."""


def overlap(one: Box, other: Box) -> float:
    """
    Return the area that two boxes share.

    :param one: a box.
    :param other: another of the same image.
    :return: a share of the image.
    """
    return one.meet(other).area


def iou(one: Box, other: Box) -> float:
    """
    Return the intersection over union of two boxes.

    :param one: a box.
    :param other: another of the same image.
    :return: in [0, 1]; 0 if neither has an area.
    """
    both = overlap(one, other)
    either = one.area + other.area - both
    return both / either if either > 0 else 0.0


def match_people(
    windows: Sequence[tuple[int, Person]], people: Sequence[AnnotatedPerson], settle_ns: int,
) -> list[str | None]:
    """
    Find out whom every window shows.

    :param windows: time from the start of the recording, ns, rising, and who was followed.
    :param people: everybody annotated.
    :param settle_ns: for so long after somebody left, windows still contain them; whoever was
        followed as them is still taken for them.
    :return: the id of somebody annotated for each window; None for nobody.
    """
    matcher, found = _Matcher(people, settle_ns), []
    for time_ns, group in groupby(windows, key=lambda window: window[0]):
        now = [person for _, person in group]
        matcher.update(time_ns, now)
        found += [matcher.of(time_ns, person) for person in now]
    return found


def is_shared(action: Segment, box: Box, people: Sequence[AnnotatedPerson], settle_ns: int,
              ) -> bool:
    """
    Return whether somebody annotated does what somebody not annotated is said to do there.

    A box that is annotated generously may hold several people of whom one is annotated, and one
    person may be followed twice.

    :param action: decided on somebody not annotated.
    :param box: where that is.
    :param people: everybody annotated.
    :param settle_ns: for so long after an action, windows still contain it.
    :return: whether the label is that of an annotated action at its start, in whose place at
        least half of the box lies.
    """
    return any(
        segment.label == action.label
        and segment.start_ns <= action.start_ns < segment.end_ns + settle_ns
        and _fits(box, person.box_at(min(action.start_ns, segment.end_ns - 1)))
        for person in people for segment in person.actions)


@dataclass(slots=True)
class _Alive:
    person: Person
    last_ns: int


class _Matcher:
    """Keeps who was matched with whom."""

    def __init__(self, people: Sequence[AnnotatedPerson], settle_ns: int) -> None:
        self._people = {person.name: person for person in people}
        self._settle_ns = settle_ns
        self._alive: dict[int, _Alive] = {}
        self._now: dict[int, str] = {}
        self._before: dict[int, str] = {}

    def of(self, time_ns: int, person: Person) -> str | None:
        """Return whom somebody followed is taken for."""
        name = self._now.get(person.number)
        if name is not None:
            return name
        before = self._before.get(person.number)
        if before is not None:
            end_ns = self._people[before].seen[1]
            if end_ns <= time_ns < end_ns + self._settle_ns:
                return before
        return None

    def update(self, time_ns: int, now: Sequence[Person]) -> None:
        """Match everybody anew."""
        for person in now:
            self._alive[person.number] = _Alive(person, time_ns)
        self._alive = {number: one for number, one in self._alive.items()
                       if time_ns - one.last_ns <= ALIVE_NS}
        free = {name: person.box_at(time_ns) for name, person in self._people.items()
                if person.is_seen(time_ns)}
        followed = {number: one.person for number, one in self._alive.items()}
        self._now = {}
        for choose in (self._by_id, self._as_before, self._by_box):
            for number, name in choose(followed, free).items():
                self._now[number] = self._before[number] = name
                del free[name], followed[number]

    def _by_id(self, followed: dict[int, Person], free: dict[str, Box | None]) -> dict[int, str]:
        found: dict[str, int] = {}
        for number, person in followed.items():
            if person.id in free:
                # A detector may use the same ids for other people.
                box = free[person.id]
                if box is None or overlap(person.box, box) > 0:
                    # Of two appearances with one id, the later one is there.
                    found[person.id] = max(number, found.get(person.id, number))
        return {number: name for name, number in found.items()}

    def _as_before(self, followed: dict[int, Person], free: dict[str, Box | None],
                   ) -> dict[int, str]:
        found: dict[str, int] = {}
        for number, person in followed.items():
            name = self._before.get(number)
            # Where nothing is known of the place, nothing speaks against it.
            if name in free and (free[name] is None or _fits(person.box, free[name])):
                found.setdefault(name, number)
        return {number: name for name, number in found.items()}

    def _by_box(self, followed: dict[int, Person], free: dict[str, Box | None]) -> dict[int, str]:
        numbers, names = list(followed), list(free)
        worth_FA = np.array([[_worth(person.box, box) for box in free.values()]
                             for person in followed.values()]).reshape(len(numbers), len(names))
        rows, columns = linear_sum_assignment(worth_FA, maximize=True)
        return {numbers[f]: names[a] for f, a in zip(rows, columns) if worth_FA[f, a] > 0}


def _fits(box: Box, annotated: Box | None) -> bool:
    """Return whether somebody followed may be somebody annotated."""
    return (annotated is not None and box.area > 0
            and overlap(box, annotated) >= MIN_INSIDE * box.area)


def _worth(box: Box, annotated: Box | None) -> float:
    """Return how well two boxes match; 0 if they must not."""
    return iou(box, annotated) if annotated is not None and _fits(box, annotated) else 0.0
