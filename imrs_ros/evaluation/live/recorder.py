# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Recorder of a live node's outputs while a recording plays."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
import time
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray
from imrs_ros.evaluation.live.live_people import LivePeople
from imrs_ros.evaluation.live.live_track import LiveWindow
from imrs_ros.evaluation.live.replay import START_LIMIT_SEC
from imrs_ros.node.messages import HAS_VISION_MSGS, stamp_to_ns
from imrs_ros.node.topics import (
    ACTION, camera_of_status, CLASSIFICATION, DIAGNOSTICS, output_topic, RECOGNIZER)
from imrs_ros.records import NO_ACTION
import numpy as np
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.subscription import Subscription

if TYPE_CHECKING:
    from imrs_ros.evaluation.live.people_recorder import PeopleRecorder
if HAS_VISION_MSGS:
    from vision_msgs.msg import Classification

DEPTH = 1000
SAME_WINDOW_NS = 50_000_000
"""A change of action that arrives later belongs to no window: its camera timed out."""
OTHERS_LIMIT_SEC = 5.0
"""After the first camera was found: how long to wait for the others."""
END_SEC = 3.0
"""The recording is over when its clock has stopped for this long."""


class LiveRecorder:
    """Stores the scores, actions, people and diagnostics of a node as they arrive."""

    def __init__(self, node: Node, cameras: Sequence[str], labels: Sequence[str],
                 recognizer: str = RECOGNIZER, *, has_people: bool = False) -> None:
        """
        Subscribe to the outputs.

        :param node: owner of the subscriptions; its clock stamps arrivals.
        :param cameras: camera names.
        :param labels: of the model.
        :param recognizer: full name of the recognizer node.
        :param has_people: record what it says of people, too.
        :raises RuntimeError: if vision_msgs, and with it scores, is not installed.
        """
        if not HAS_VISION_MSGS:
            raise RuntimeError('expected vision_msgs to be installed, it is not; install '
                               'ros-<distro>-vision-msgs')
        self._node, self._recognizer = node, recognizer
        self._index = {label: k for k, label in enumerate(labels)}
        self._label = dict.fromkeys(cameras, (NO_ACTION, 1.0))
        self.windows: dict[str, list[LiveWindow]] = {camera: [] for camera in cameras}
        self.problems = Counter[str]()
        """Number of messages that were not used, by reason."""
        self.counts: dict[str, dict[str, str]] = {}
        self._scores: list[Subscription] = []
        self._people = self._record_people(cameras, labels) if has_people else None
        latched = QoSProfile(depth=DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        for camera in cameras:
            # Scores first: the executor serves subscriptions in this order.
            self._scores.append(node.create_subscription(
                Classification, output_topic(camera, CLASSIFICATION, recognizer),
                self._scores_of(camera), DEPTH))
            node.create_subscription(
                Classification, output_topic(camera, ACTION, recognizer), self._action_of(camera),
                latched)
        node.create_subscription(DiagnosticArray, DIAGNOSTICS, self._on_diagnostics, DEPTH)

    def _record_people(self, cameras: Sequence[str], labels: Sequence[str]) -> 'PeopleRecorder':
        # Here: without people, vision_msgs need not have the type.
        from imrs_ros.evaluation.live.people_recorder import PeopleRecorder
        return PeopleRecorder(self._node, cameras, labels, self._recognizer)

    @property
    def people(self) -> dict[str, LivePeople]:
        """Return what the node said of people, by camera; nothing if that is not recorded."""
        return {} if self._people is None else self._people.heard

    def wait_for_node(self, is_over: Callable[[], bool]) -> None:
        """
        Wait until the scores of all cameras of the node, and its people, are connected.

        What it publishes earlier would be missed.

        :param is_over: polled; True ends the wait at once.
        :raises RuntimeError: if no camera is found.
        """
        limit_sec, num_connected = time.monotonic() + START_LIMIT_SEC, 0
        awaited = [*self._scores,
                   *(self._people.subscriptions if self._people is not None else ())]
        while not is_over() and num_connected < len(awaited):
            before = num_connected
            num_connected = sum(topic.get_publisher_count() > 0 for topic in awaited)
            if num_connected and not before:
                limit_sec = time.monotonic() + OTHERS_LIMIT_SEC
            elif time.monotonic() > limit_sec:
                if num_connected:
                    break
                raise RuntimeError(
                    f'expected a publisher of {self._scores[0].topic_name} within '
                    f'{START_LIMIT_SEC:.0f} s, got none; start the recognizer with these cameras')
            time.sleep(0.01)

    def notes(self) -> list[str]:
        """
        Return what was received and not used.

        :return: one sentence per reason.
        """
        of_people = Counter[str]() if self._people is None else self._people.problems
        return [f'{number} messages not used: {reason}'
                for reason, number in sorted((self.problems + of_people).items())]

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def _scores_of(self, camera: str) -> 'Callable[[Classification], None]':
        def on_message(msg: 'Classification') -> None:
            scores = {result.class_id: result.score for result in msg.results}
            if problem := self._problem_of(scores):
                self.problems[f'{camera}: {problem}'] += 1
                return
            probabilities_K = np.zeros(len(self._index), np.float32)
            for label, score in scores.items():
                probabilities_K[self._index[label]] = score
            self.windows[camera].append(LiveWindow(
                stamp_to_ns(msg.header.stamp), self._now_ns(), probabilities_K,
                *self._label[camera]))
        return on_message

    def _problem_of(self, scores: Mapping[str, float]) -> str:
        """Return why a message is not used; empty if it is."""
        if unknown := sorted(set(scores) - set(self._index)):
            return (f'scores of {", ".join(unknown)}, which the model of --params does not know; '
                    'start the node with the same model')
        return '' if all(map(isfinite, scores.values())) else 'scores that are no numbers'

    def _action_of(self, camera: str) -> 'Callable[[Classification], None]':
        def on_message(msg: 'Classification') -> None:
            best = msg.results[0] if msg.results else None
            if best is None or not isfinite(best.score):
                self.problems[f'{camera}: an action without a label and its score'] += 1
                return
            self._label[camera] = best.class_id, best.score
            last = self.windows[camera][-1] if self.windows[camera] else None
            if last is not None and self._now_ns() - last.arrival_ns <= SAME_WINDOW_NS:
                last.label, last.confidence = self._label[camera]
        return on_message

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            camera = camera_of_status(status.name, self._recognizer)
            if camera is not None:
                self.counts[camera] = {value.key: value.value for value in status.values}


def wait_for_end(node: Node, is_over: Callable[[], bool],
                 on_time: Callable[[int], object] = lambda now_ns: None) -> None:
    """
    Wait until the clock of the recording has run and stopped.

    :param node: with ``use_sim_time``, spun on another thread.
    :param is_over: polled; True ends the wait at once.
    :param on_time: called with the time of the recording, ns, as it runs.
    :raises RuntimeError: if the clock never starts.
    """
    limit_sec = time.monotonic() + START_LIMIT_SEC
    last_ns, since_sec, has_run = 0, time.monotonic(), False
    while not is_over():
        now_ns = node.get_clock().now().nanoseconds
        if now_ns != last_ns:
            # While it waits for subscribers, the player publishes its start time only.
            has_run = last_ns > 0
            last_ns, since_sec = now_ns, time.monotonic()
            on_time(now_ns)
        elif has_run and time.monotonic() - since_sec > END_SEC:
            return
        elif not has_run and time.monotonic() > limit_sec:
            raise RuntimeError(f'expected /clock to run within {START_LIMIT_SEC:.0f} s, it did '
                               'not; play the recording with --clock')
        time.sleep(0.05)
