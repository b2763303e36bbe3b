# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The topics that the node publishes, per camera and for the node."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from imrs_ros.model_card import ModelCard
from imrs_ros.node.annotated_output import AnnotatedOutput
from imrs_ros.node.camera_health import HealthProblem, Level
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import (
    action_message, classification_message, HAS_VISION_MSGS, label_info_message)
from imrs_ros.node.qos import ALIVE, EVERY_WINDOW, LATCHED
from imrs_ros.node.topics import (
    ACTION, CLASSIFICATION, DIAGNOSTICS, LABEL, LABELS, output_topic, status_name)
from imrs_ros.people.detection import Person
from imrs_ros.records import Decision, Event, NO_ACTION
from rclpy.duration import Duration
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import String

if TYPE_CHECKING:
    from imrs_ros.node.clips.clip_keeper import ClipKeeper
if HAS_VISION_MSGS:
    from vision_msgs.msg import Classification, LabelInfo


class CameraOutputs:
    """``classification``, ``action``, ``label`` and ``annotated`` of one camera."""

    def __init__(
        self, entities: RosEntities, camera: str, card: ModelCard, top_k: int,
        clips: 'ClipKeeper | None' = None,
    ) -> None:
        """
        Create the publishers under ``~/camera``.

        :param entities: owns the publishers.
        :param camera: the camera's name.
        :param card: the model.
        :param top_k: number of classes in a classification message.
        :param clips: keeps videos of the decided actions; None for none.
        """
        def publisher(kind: type, output: str, qos: QoSProfile) -> LifecyclePublisher:
            return entities.lifecycle_publisher(kind, output_topic(camera, output), qos)

        self._labels, self._top_k = card.labels, top_k
        self._clips = clips
        self._last: Decision | None = None
        self._label = publisher(String, LABEL, ALIVE)
        if HAS_VISION_MSGS:
            self._classification = publisher(Classification, CLASSIFICATION, EVERY_WINDOW)
            self._action = publisher(Classification, ACTION, ALIVE)
        self._alive = (self._label, self._action) if HAS_VISION_MSGS else (self._label,)
        self.annotated = AnnotatedOutput(entities, camera)

    def publish(self, decision: Decision, latency_sec: float,
                people: Iterable[tuple[Person, Decision | None]] = ()) -> None:
        """
        Publish a window's scores, and the action where it changed.

        Like ``end``, not thread-safe: the caller locks.

        :param decision: the decision after the window.
        :param latency_sec: time from the window's newest stamp to now, s.
        :param people: everybody in the picture, each with the last decision, to be drawn.
        """
        if HAS_VISION_MSGS:
            self._classification.publish(
                classification_message(decision, self._labels, self._top_k))
        self._publish_change(decision)
        self.annotated.publish(decision, latency_sec, people)

    def end(self) -> bool:
        """
        End the decided action as of the last window.

        :return: whether there was one; nothing is published otherwise.
        """
        last = self._last
        if last is None or last.label == NO_ACTION:
            return False
        self._publish_change(replace(
            last, label=NO_ACTION, event=Event.OFFSET, confidence=1.0,
            onset_ns=last.scores.stamp_ns))
        return True

    def assert_liveliness(self) -> None:
        """Tell subscribers that the decided action still holds."""
        for publisher in self._alive:
            publisher.assert_liveliness()

    def wait_until_received(self, timeout_sec: float) -> None:
        """
        Wait until subscribers have the decided action.

        :param timeout_sec: longest time to wait for each topic.
        """
        for publisher in self._alive:
            publisher.wait_for_all_acked(Duration(seconds=timeout_sec))

    def _publish_change(self, decision: Decision) -> None:
        if HAS_VISION_MSGS and decision.event is not Event.NONE:
            self._action.publish(action_message(decision))
        if self._last is None or decision.label != self._last.label:
            self._label.publish(String(data=decision.label))
        if self._clips is not None:
            self._clips.keep(decision)
        self._last = decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """One entry of ``/diagnostics``."""

    camera: str | None
    """The camera's name; None for the node itself."""
    hardware_id: str
    """Image topic of the camera, or name of the machine."""
    state: str
    """State of the node, in one word."""
    problems: Sequence[HealthProblem]
    values: Mapping[str, str]
    """Details by key."""

    def to_message(self, node: str) -> DiagnosticStatus:
        """
        Return the entry as a message.

        :param node: full name of the node.
        :return: the message, with the level of the worst problem.
        """
        texts = ', '.join(problem.text for problem in self.problems)
        level = max((problem.level for problem in self.problems), default=Level.OK)
        return DiagnosticStatus(
            level=bytes([level]), name=status_name(node, self.camera),
            hardware_id=self.hardware_id,
            message=f'{self.state}: {texts}' if texts else self.state,
            values=[KeyValue(key=key, value=value) for key, value in self.values.items()])


def diagnostics_message(node: Node, statuses: Iterable[Status]) -> DiagnosticArray:
    """
    Return the health of a node and its cameras.

    :param node: the node.
    :param statuses: one for each.
    :return: the message.
    """
    name = node.get_fully_qualified_name()
    message = DiagnosticArray(status=[status.to_message(name) for status in statuses])
    message.header.stamp = node.get_clock().now().to_msg()
    return message


class NodeOutputs:
    """``labels`` and ``/diagnostics``."""

    def __init__(self, entities: RosEntities, card: ModelCard) -> None:
        """
        Create the publishers.

        :param entities: owns the publishers.
        :param card: the model.
        """
        self._node, self._card = entities.node, card
        # Not lifecycle publishers: both publish while the node is inactive, too.
        self._diagnostics = entities.publisher(DiagnosticArray, DIAGNOSTICS, EVERY_WINDOW)
        if HAS_VISION_MSGS:
            self._labels = entities.publisher(LabelInfo, LABELS, LATCHED)

    def publish_labels(self, threshold: float) -> None:
        """
        Publish the labels, latched for later subscribers.

        :param threshold: smoothed probability from which a class may be decided.
        """
        if HAS_VISION_MSGS:
            self._labels.publish(label_info_message(
                self._card.labels, threshold, self._node.get_clock().now().to_msg()))

    def publish_diagnostics(self, statuses: Iterable[Status]) -> None:
        """
        Publish the health of the node and its cameras.

        :param statuses: one for each.
        """
        self._diagnostics.publish(diagnostics_message(self._node, statuses))
