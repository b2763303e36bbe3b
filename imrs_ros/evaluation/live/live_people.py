# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a live node said of people, as its messages say it."""

from dataclasses import dataclass, field

from imrs_ros.people.detection import Box
from imrs_ros.records import NO_ACTION

SAME_DECISION_NS = 50_000_000
"""A ``no_action`` of a window arrives within so long of the window."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LivePerson:
    """Somebody in a message, with the last decision on them."""

    id: str  # noqa: A003
    stamp_ns: int
    """Of the newest frame of the window that was decided on."""
    box_px: Box
    """Where they were last detected, pixels."""
    label: str
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LivePeopleMessage:
    """A message on ``people``."""

    arrival_ns: int
    """By the clock of the recording."""
    people: tuple[LivePerson, ...]
    """Everybody there who was decided on since they came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LivePersonAction:
    """A message on ``person_action``."""

    id: str  # noqa: A003
    stamp_ns: int
    """Of its onset; of somebody who left, of their last window."""
    arrival_ns: int
    """By the clock of the recording."""
    label: str
    confidence: float


@dataclass(slots=True)
class LivePeople:
    """All that a node said of the people of one camera, in order of arrival."""

    messages: list[LivePeopleMessage] = field(default_factory=list)
    actions: list[LivePersonAction] = field(default_factory=list)

    def departures(self, until_ns: int) -> set[tuple[str, int]]:
        """
        Return whose action ended because they left.

        :param until_ns: by the clock of the recording; from then on, actions end because the
            frames do.
        :return: id, and stamp of the last window. Every other ``no_action`` is that of a window,
            which carries the same confidence and arrives with it.
        """
        decided: dict[tuple[str, float], list[int]] = {}
        for message in self.messages:
            for person in message.people:
                if person.label == NO_ACTION:
                    decided.setdefault((person.id, person.confidence), []).append(
                        message.arrival_ns)
        return {(action.id, action.stamp_ns) for action in self.actions
                if action.label == NO_ACTION and action.arrival_ns < until_ns and not any(
                    abs(arrival_ns - action.arrival_ns) <= SAME_DECISION_NS
                    for arrival_ns in decided.get((action.id, action.confidence), ()))}
