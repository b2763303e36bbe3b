"""The topics the node publishes, per camera and for the node."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from imrs_ros.model_card import ModelCard
from imrs_ros.node.annotated_output import AnnotatedOutput
from imrs_ros.node.camera_health import HealthProblem, Level
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import (
    action_message, classification_message, HAS_VISION_MSGS, label_info_message)
from imrs_ros.records import Decision, Event, NO_ACTION
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

EVERY_WINDOW = QoSProfile(depth=10)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

if HAS_VISION_MSGS:
    from vision_msgs.msg import Classification, LabelInfo


class CameraOutputs:
    """``classification``, ``action``, ``label`` and ``annotated`` of one camera."""

    def __init__(
        self, entities: RosEntities, camera: str, card: ModelCard, top_k: int,
    ) -> None:
        """
        Make the publishers under ``~/camera``.

        :param entities: what they belong to.
        :param camera: the camera's name.
        :param card: the model.
        :param top_k: classes in a classification message.
        """
        def publisher(kind: type, name: str, qos: QoSProfile) -> LifecyclePublisher:
            return entities.lifecycle_publisher(kind, f'~/{camera}/{name}', qos)

        self._labels, self._top_k = card.labels, top_k
        self._last: Decision | None = None
        self._label = publisher(String, 'label', LATCHED)
        if HAS_VISION_MSGS:
            self._classification = publisher(Classification, 'classification', EVERY_WINDOW)
            self._action = publisher(Classification, 'action', LATCHED)
        self.annotated = AnnotatedOutput(entities, camera)

    def publish(self, decision: Decision, latency_sec: float) -> None:
        """
        Publish a window's scores, and the label where it changed.

        Not thread-safe, as ``end``: the owner locks.

        :param decision: what was decided.
        :param latency_sec: from the window's newest stamp to now, s.
        """
        if HAS_VISION_MSGS:
            self._classification.publish(
                classification_message(decision, self._labels, self._top_k))
        self._show(decision)
        self.annotated.publish(decision, latency_sec)

    def end(self) -> bool:
        """
        Publish that no action is decided any more, as of the last window.

        :return: whether one was; nothing is published otherwise.
        """
        last = self._last
        if last is None or last.label == NO_ACTION:
            return False
        self._show(replace(
            last, label=NO_ACTION, event=Event.OFFSET, confidence=1.0,
            onset_ns=last.scores.stamp_ns))
        return True

    def _show(self, decision: Decision) -> None:
        if HAS_VISION_MSGS and decision.event is not Event.NONE:
            self._action.publish(action_message(decision))
        if self._last is None or decision.label != self._last.label:
            self._label.publish(String(data=decision.label))
        self._last = decision


@dataclass(frozen=True, slots=True)
class Status:
    """One entry of ``/diagnostics``."""

    name: str
    """Of the node's part."""
    message: str
    """Its state in words."""
    level: Level
    """How bad it is."""
    values: Mapping[str, str]
    """Details by key."""

    @classmethod
    def of(cls, name: str, state: str, problems: Sequence[HealthProblem],
           values: Mapping[str, str]) -> 'Status':
        """
        Tell of problems.

        :param name: of the node's part.
        :param state: the node's, in a word.
        :param problems: what is wrong with the part.
        :param values: details by key.
        :return: an entry as bad as the worst of them.
        """
        words = ', '.join(problem.text for problem in problems)
        return cls(name, f'{state}: {words}' if words else state,
                   max((problem.level for problem in problems), default=Level.OK), values)


class NodeOutputs:
    """``labels`` and ``/diagnostics``."""

    def __init__(self, entities: RosEntities, card: ModelCard) -> None:
        """
        Make the publishers.

        :param entities: what they belong to.
        :param card: the model.
        """
        self._node, self._card = entities.node, card
        # Not lifecycle publishers: both speak while the node is inactive, too.
        self._diagnostics = entities.publisher(DiagnosticArray, '/diagnostics', 10)
        if HAS_VISION_MSGS:
            self._labels = entities.publisher(LabelInfo, '~/labels', LATCHED)

    def publish_labels(self, threshold: float) -> None:
        """
        Publish the model's labels once for all later subscribers.

        :param threshold: the least probability that is decided.
        """
        if HAS_VISION_MSGS:
            self._labels.publish(label_info_message(
                self._card.labels, threshold, self._node.get_clock().now().to_msg()))

    def publish_diagnostics(self, statuses: Iterable[Status]) -> None:
        """
        Publish the state of the node and its cameras.

        :param statuses: one for each.
        """
        message = DiagnosticArray(status=[
            DiagnosticStatus(
                level=bytes([status.level]),
                name=f'{self._node.get_name()}: {status.name}', hardware_id=status.name,
                message=status.message,
                values=[KeyValue(key=key, value=value) for key, value in status.values.items()])
            for status in statuses])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics.publish(message)
