# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the node says of each person in one camera, printed as it arrives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
import threading
from time import monotonic

from imrs_ros.node.topics import output_topic, PEOPLE, PERSON_ACTION, RECOGNIZER
from imrs_ros.records import NO_ACTION
from rclpy.node import Node
from rclpy.qos import QoSProfile
from vision_msgs.msg import Detection2D, Detection2DArray

GAP_LIMIT_SEC = 1.0
"""News of people that come later than this say nothing of the time between."""
QUIET_SEC = 4.0
"""While nobody starts or ends an action, a line is printed so often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneLabels:
    """What was recognised in one scene."""

    longest: tuple[str, ...]
    """Of everyone in each part of the picture, from left to right, the action decided for the
    longest time; ``NO_ACTION`` if none was."""
    num_windows: int
    """Windows scored, of all people together."""
    num_people: int
    """Different people who were seen."""


class PeopleLog:
    """The people of one camera during one scene."""

    def __init__(self, node: Node, camera: str) -> None:
        """
        Subscribe to the camera's outputs.

        :param node: the node that owns the subscriptions.
        :param camera: the camera's name.
        """
        self._lock = threading.Lock()
        self.begin(1, 1)
        node.create_subscription(
            Detection2DArray, output_topic(camera, PEOPLE, RECOGNIZER), self._on_people,
            QoSProfile(depth=100))
        node.create_subscription(
            Detection2D, output_topic(camera, PERSON_ACTION, RECOGNIZER), self._on_action,
            QoSProfile(depth=100))

    def begin(self, num_parts: int, width_px: int) -> None:
        """
        Forget the last scene; another begins.

        :param num_parts: of equal width, into which the picture is divided.
        :param width_px: of the picture.
        """
        with self._lock:
            self._width_px = width_px
            self._parts: list[Counter[str]] = [Counter() for _ in range(num_parts)]
            self._ids: set[str] = set()
            self._num_windows = 0
            self._last_sec = self._printed_sec = monotonic()

    def labels(self) -> SceneLabels:
        """
        Return what was recognised since ``begin``.

        :return: the labels so far.
        """
        with self._lock:
            return SceneLabels(
                longest=tuple(part.most_common(1)[0][0] if part else NO_ACTION
                              for part in self._parts),
                num_windows=self._num_windows, num_people=len(self._ids))

    def _on_people(self, msg: Detection2DArray) -> None:
        with self._lock:
            now_sec = monotonic()
            elapsed_ms = round(1000 * min(GAP_LIMIT_SEC, now_sec - self._last_sec))
            self._last_sec = now_sec
            self._num_windows += 1
            for person in msg.detections:
                self._ids.add(person.id)
                label = person.results[0].hypothesis.class_id if person.results else NO_ACTION
                if label != NO_ACTION:
                    place = person.bbox.center.position.x / self._width_px * len(self._parts)
                    self._parts[min(len(self._parts) - 1, max(0, int(place)))][label] += elapsed_ms
            if now_sec - self._printed_sec >= QUIET_SEC:
                self._printed_sec = now_sec
                print(f'  {self._described(msg)}', flush=True)

    @staticmethod
    def _described(msg: Detection2DArray) -> str:
        acting = sum(bool(person.results) and person.results[0].hypothesis.class_id != NO_ACTION
                     for person in msg.detections)
        return f'people in view: {len(msg.detections)}, those who act: {acting}'

    def _on_action(self, msg: Detection2D) -> None:
        found = msg.results[0].hypothesis
        with self._lock:
            self._printed_sec = monotonic()
        print(f'  person {msg.id:10} at x = {msg.bbox.center.position.x:4.0f}  '
              f'{found.class_id:20} score {found.score:.2f}', flush=True)


def num_right(labels: SceneLabels, truths: Sequence[str]) -> int:
    """
    Return how many people were named right.

    :param labels: what was recognised.
    :param truths: what the person in each part of the picture does.
    :return: the number of parts whose longest action is the true one.
    """
    return sum(found == truth for found, truth in zip(labels.longest, truths))
