# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Counters of the people of one camera between two reports; no ROS."""

from collections.abc import Callable
import math
import threading
from typing import NamedTuple

from imrs_ros.node.camera_health import HealthProblem, Level
from imrs_ros.people.people_stream import PeopleStream

SILENT_DETECTOR_SEC = 5.0
"""A detector without a message for so long is a problem."""


class PeopleReport(NamedTuple):
    """The people of one camera since the last report."""

    num_people: int
    """People who are followed."""
    detections_hz: float
    """Messages of the detector per second."""
    people_windows_hz: float
    """Windows of people published per second, of all together."""
    windows_per_person_hz: float
    """The same for each of the people who are followed; nan without people."""
    num_skipped_people_windows: int
    """Windows overtaken by newer ones since the node was configured."""
    num_small: int
    """Detections of people too small to be scored since then."""
    num_beyond: int
    """Detections of people beyond ``max_people`` since then."""
    num_stray: int
    """Detections that belong to no kept image since then."""
    num_unreadable: int
    """Messages of the detector that could not be used since then."""


class PeopleHealth:
    """Counts; thread-safe. Rates are by the camera's clock."""

    def __init__(self, now_sec: Callable[[], float]) -> None:
        """
        Start at zero.

        :param now_sec: returns the time by the camera's clock, s.
        """
        self._now_sec, self._lock = now_sec, threading.Lock()
        self._num_messages = self._num_windows = self._num_unreadable = self._last_stray = 0
        self._last_report_sec = self._last_message_sec = now_sec()

    def expect_detections(self) -> None:
        """Measure the time without detections from now on."""
        with self._lock:
            self._last_message_sec = self._now_sec()

    def count_message(self) -> None:
        """Count a message of the detector."""
        with self._lock:
            self._num_messages += 1
            self._last_message_sec = self._now_sec()

    def count_unreadable(self) -> None:
        """Count a message that could not be used."""
        with self._lock:
            self._num_unreadable += 1

    def count_window(self) -> None:
        """Count a published window of a person."""
        with self._lock:
            self._num_windows += 1

    def report(self, people: PeopleStream) -> PeopleReport:
        """
        Return the rates since the last report, and reset them.

        :param people: of the camera.
        :return: the report; rates are nan if the camera's clock stood still or was set back.
        """
        with self._lock:
            now_sec = self._now_sec()
            elapsed_sec, self._last_report_sec = now_sec - self._last_report_sec, now_sec
            per_sec = 1 / elapsed_sec if elapsed_sec > 0 else math.nan
            num_people, windows_hz = len(people.present()), self._num_windows * per_sec
            found = PeopleReport(
                num_people=num_people, detections_hz=self._num_messages * per_sec,
                people_windows_hz=windows_hz,
                windows_per_person_hz=windows_hz / num_people if num_people else math.nan,
                num_skipped_people_windows=people.num_skipped, num_small=people.num_small,
                num_beyond=people.num_beyond, num_stray=people.num_stray,
                num_unreadable=self._num_unreadable)
            self._num_messages = self._num_windows = 0
            return found

    def problems(self, report: PeopleReport, topic: str) -> list[HealthProblem]:
        """
        List the problems of a detector from which messages are expected.

        :param report: the newest one.
        :param topic: its topic.
        :return: the problems; empty where all is well.
        """
        with self._lock:
            silent_sec = self._now_sec() - self._last_message_sec
            newly_stray = report.num_stray - self._last_stray
            self._last_stray = report.num_stray
        found = []
        if silent_sec >= SILENT_DETECTOR_SEC:
            found.append(HealthProblem(
                Level.WARN, f'no detections of people for {silent_sec:.0f} s on {topic}: start '
                'person_finder, or set the parameter detections to the topic of a detector'))
        if newly_stray:
            found.append(HealthProblem(
                Level.WARN, f'{newly_stray} detections since the last report belong to no kept '
                f'image; the header stamps on {topic} must be those of the images'))
        return found
