# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the node says of one camera, printed as it arrives."""

from collections import Counter
from dataclasses import dataclass
import threading
import time

from imrs_ros.node.messages import stamp_to_ns
from imrs_ros.node.qos import EVERY_WINDOW, LATCHED
from imrs_ros.node.topics import ACTION, CLASSIFICATION, output_topic, RECOGNIZER
from imrs_ros.records import NO_ACTION
from rclpy.node import Node
from vision_msgs.msg import Classification

SCORE_PERIOD_SEC = 1.0
"""Between two printed scores."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipLabels:
    """What was recognised in one clip."""

    longest: str
    """The action decided for the longest time; ``NO_ACTION`` if none was."""
    num_windows: int
    """Windows scored."""
    best: tuple[float, str]
    """The highest score of an action and its label."""


class LabelLog:
    """The scores and actions of one camera during one clip."""

    def __init__(self, node: Node, camera: str) -> None:
        """
        Subscribe to the camera's outputs.

        :param node: the node that owns the subscriptions.
        :param camera: the camera's name.
        """
        self._node, self._camera = node, camera
        self._lock = threading.Lock()
        self.begin(None)
        node.create_subscription(
            Classification, output_topic(camera, CLASSIFICATION, RECOGNIZER), self._on_scores,
            EVERY_WINDOW)
        node.create_subscription(
            Classification, output_topic(camera, ACTION, RECOGNIZER), self._on_action, LATCHED)

    def begin(self, truth: str | None) -> None:
        """
        Forget the last clip; another begins.

        :param truth: its class, if known.
        """
        with self._lock:
            self._truth = truth
            self._changes = [(time.monotonic(), NO_ACTION)]
            self._latency_sec = float('nan')
            self._num_windows, self._best = 0, (0.0, NO_ACTION)
            self._printed_sec = time.monotonic()

    def labels(self) -> ClipLabels:
        """
        Return what was recognised since ``begin``.

        :return: the labels so far.
        """
        with self._lock:
            ends = [when for when, _ in self._changes[1:]] + [time.monotonic()]
            duration_ms: Counter[str] = Counter()
            for (start, label), end in zip(self._changes, ends):
                duration_ms[label] += round((end - start) * 1000)
            del duration_ms[NO_ACTION]
            longest = duration_ms.most_common(1)[0][0] if duration_ms else NO_ACTION
            return ClipLabels(longest=longest, num_windows=self._num_windows, best=self._best)

    def _on_scores(self, msg: Classification) -> None:
        now_ns = self._node.get_clock().now().nanoseconds
        # A still scene has no scores.
        best = max(((result.score, result.class_id) for result in msg.results),
                   default=(0.0, '(still scene)'))
        with self._lock:
            self._latency_sec = (now_ns - stamp_to_ns(msg.header.stamp)) / 1e9
            self._num_windows += 1
            self._best = max(self._best, best)
            if time.monotonic() < self._printed_sec + SCORE_PERIOD_SEC:
                return
        self._print('scores', *best)

    def _on_action(self, msg: Classification) -> None:
        result = msg.results[0]
        with self._lock:
            self._changes.append((time.monotonic(), result.class_id))
        self._print('action', result.score, result.class_id)

    def _print(self, kind: str, score: float, label: str) -> None:
        with self._lock:
            self._printed_sec = time.monotonic()
            truth = f'  (truth: {self._truth})' if self._truth else ''
            latency_ms = self._latency_sec * 1e3
        print(f'  {self._camera:4}  {kind:6} {label:20} score {score:.2f}  '
              f'latency {latency_ms:4.0f} ms{truth}', flush=True)
