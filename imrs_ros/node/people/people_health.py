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
    num_starved: int
    """People who left since then because the machine is too slow for so many."""
    num_stray: int
    """Detections that belong to no kept image since then."""
    num_unreadable: int
    """Messages of the detector that could not be used since then."""


class PeopleHealth:
    """Counts; thread-safe. Rates are by the camera's clock."""

    def __init__(self, now_sec: Callable[[], float], person_timeout_sec: float) -> None:
        """
        Start at zero.

        :param now_sec: returns the time by the camera's clock, s.
        :param person_timeout_sec: whoever is not detected for so long has left.
        """
        self._now_sec, self._timeout_sec = now_sec, person_timeout_sec
        self._lock = threading.Lock()
        self._num_messages = self._num_windows = self._num_unreadable = 0
        self._last_stray = self._last_starved = 0
        self._last_report_sec = self._last_message_sec = now_sec()
        self._longest_gap_sec, self._is_flowing = 0.0, False
        self.incompatible_policy = ''
        """Quality of service for which a detector's messages are not received; empty if none."""

    def expect_detections(self) -> None:
        """Measure the time without detections from now on."""
        with self._lock:
            self._last_message_sec, self._is_flowing = self._now_sec(), False
            self.incompatible_policy = ''

    def count_message(self) -> None:
        """Count a message of the detector."""
        with self._lock:
            now_sec = self._now_sec()
            gap_sec, self._last_message_sec = now_sec - self._last_message_sec, now_sec
            if self._is_flowing:
                self._longest_gap_sec = max(self._longest_gap_sec, gap_sec)
            self._is_flowing = True
            self._num_messages += 1

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
                num_beyond=people.num_beyond, num_starved=people.num_starved,
                num_stray=people.num_stray,
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
            gap_sec, self._longest_gap_sec = self._longest_gap_sec, 0.0
            newly_stray = report.num_stray - self._last_stray
            newly_starved = report.num_starved - self._last_starved
            self._last_stray, self._last_starved = report.num_stray, report.num_starved
        found = []
        if silent_sec >= SILENT_DETECTOR_SEC:
            policy = self.incompatible_policy
            found.append(HealthProblem(
                Level.WARN, f'no detections of people for {silent_sec:.0f} s on {topic}: start '
                'person_finder, or set the parameter detections to the topic of a detector'
                if not policy else f'no detections of people: {incompatibility(policy)}'))
        if gap_sec > self._timeout_sec:
            found.append(HealthProblem(
                Level.WARN, f'detections on {topic} are {gap_sec:.1f} s apart, and whoever is not '
                f'detected for {self._timeout_sec:g} s has left; raise person_timeout_sec, or the '
                'rate of the detector'))
        if newly_starved:
            found.append(HealthProblem(
                Level.WARN, f'{newly_starved} people lost since the last report, as the machine '
                'is too slow for so many; lower max_people, or raise hop'))
        if newly_stray:
            found.append(HealthProblem(
                Level.WARN, f'{newly_stray} detections since the last report belong to no kept '
                f'image; the header stamps on {topic} must be those of the images'))
        return found


def incompatibility(policy: str) -> str:
    """
    Say why the messages of a detector are not received, and what to do.

    :param policy: of the quality of service, as ROS names it.
    :return: one phrase.
    """
    advice = ('set the parameter reliability to best_effort, or the detector to reliable'
              if policy == 'reliability' else 'change the detector')
    return f'incompatible QoS {policy}; {advice}'
