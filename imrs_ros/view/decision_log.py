# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The decisions of the last minute, with onset and end; no ROS."""

from dataclasses import dataclass
from typing import Any

from imrs_ros.records import NO_ACTION

KEPT_SEC = 60.0
"""How long a decision is shown after its end."""
MAX_KEPT = 200
"""Most decisions of a camera that are kept: what lasts, before the newest of what has ended."""


@dataclass(slots=True)
class ShownDecision:
    """One action, from its onset to its end."""

    who: str
    """Id of the person; empty for the whole picture."""
    label: str
    score: float
    """Confidence when it was decided, in [0, 1]."""
    start_sec: float
    """Onset, by the clock of the view."""
    end_sec: float | None = None
    """End; None while it lasts."""


class DecisionLog:
    """The decisions of one camera, of the whole picture and of people; not thread-safe."""

    def __init__(self) -> None:
        """Start empty."""
        self._decisions: list[ShownDecision] = []

    def add(self, who: str, label: str, score: float, onset_sec: float) -> None:
        """
        Take a decision; it ends the one before.

        :param who: id of the person; empty for the whole picture.
        :param label: the action, or ``NO_ACTION``.
        :param score: its confidence, in [0, 1].
        :param onset_sec: when it began.
        """
        current = self.current(who)
        # Latched topics repeat the last decision to whoever subscribes anew.
        if current is not None and (current.label, current.start_sec) == (label, onset_sec):
            return
        if current is not None:
            current.end_sec = max(current.start_sec, onset_sec)
        if label != NO_ACTION:
            self._decisions.append(ShownDecision(who, label, score, onset_sec))
            if len(self._decisions) > MAX_KEPT:
                self._decisions.remove(min(self._decisions, key=_worth))

    def current(self, who: str) -> ShownDecision | None:
        """
        Return the action that lasts.

        :param who: id of the person; empty for the whole picture.
        :return: the action; None for no action.
        """
        return next((decision for decision in reversed(self._decisions)
                     if decision.who == who and decision.end_sec is None), None)

    def end_all(self, now_sec: float) -> None:
        """
        End every action, as when the recognizer is gone.

        :param now_sec: when.
        """
        for decision in self._decisions:
            if decision.end_sec is None:
                decision.end_sec = max(decision.start_sec, now_sec)

    def rows(self, now_sec: float) -> list[dict[str, Any]]:
        """
        Return what is to be shown, and forget what is too old.

        :param now_sec: by the clock of the view.
        :return: decisions as JSON, the oldest first.
        """
        self._decisions = [
            decision for decision in self._decisions
            if decision.end_sec is None or decision.end_sec > now_sec - KEPT_SEC]
        return [{'who': decision.who, 'label': decision.label, 'score': round(decision.score, 3),
                 'start': round(decision.start_sec, 3),
                 'end': None if decision.end_sec is None else round(decision.end_sec, 3)}
                for decision in self._decisions]


def _worth(decision: ShownDecision) -> int:
    """Rank what lasts above what has ended, and the whole picture above people."""
    return 0 if decision.end_sec is not None else 1 if decision.who else 2
