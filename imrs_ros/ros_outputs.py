"""The topics the node publishes, per camera and for the node."""

from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Decision, Event
from imrs_ros.ros_messages import (
    action_message, classification_message, HAS_VISION_MSGS, label_info_message)
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

EVERY_WINDOW = QoSProfile(depth=10)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

if HAS_VISION_MSGS:
    from vision_msgs.msg import Classification, LabelInfo


class CameraOutputs:
    """``classification``, ``action`` and ``label`` of one camera."""

    def __init__(self, node: LifecycleNode, camera: str, card: ModelCard, top_k: int) -> None:
        """
        Make the publishers under ``~/camera``.

        :param node: the node that owns them.
        :param camera: the camera's name.
        :param card: the model.
        :param top_k: classes in a classification message.
        """
        self._labels, self._top_k = card.labels, top_k
        self._label_shown: str | None = None
        self._label = node.create_lifecycle_publisher(String, f'~/{camera}/label', LATCHED)
        self.publishers: list[LifecyclePublisher] = [self._label]
        if HAS_VISION_MSGS:
            self._classification = node.create_lifecycle_publisher(
                Classification, f'~/{camera}/classification', EVERY_WINDOW)
            self._action = node.create_lifecycle_publisher(
                Classification, f'~/{camera}/action', LATCHED)
            self.publishers += [self._classification, self._action]

    def publish(self, decision: Decision) -> None:
        """
        Publish a window's scores, and the label where it changed; from any thread.

        :param decision: what was decided.
        """
        if HAS_VISION_MSGS:
            self._classification.publish(
                classification_message(decision, self._labels, self._top_k))
            if decision.event is not Event.NONE:
                self._action.publish(action_message(decision))
        if decision.label != self._label_shown:
            self._label_shown = decision.label
            self._label.publish(String(data=decision.label))


class NodeOutputs:
    """``labels`` and ``/diagnostics``."""

    def __init__(self, node: LifecycleNode, card: ModelCard) -> None:
        """
        Make the publishers.

        :param node: the node that owns them.
        :param card: the model.
        """
        self._node, self._card = node, card
        # Not lifecycle publishers: both speak while the node is inactive, too.
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self.publishers = [self._diagnostics]
        if HAS_VISION_MSGS:
            self._labels = node.create_publisher(LabelInfo, '~/labels', LATCHED)
            self.publishers.append(self._labels)

    def publish_labels(self, threshold: float) -> None:
        """
        Publish the model's labels once for all later subscribers.

        :param threshold: the least probability that is decided.
        """
        if HAS_VISION_MSGS:
            self._labels.publish(label_info_message(
                self._card.labels, threshold, self._node.get_clock().now().to_msg()))

    def publish_diagnostics(self, statuses: Mapping[str, Mapping[str, str]]) -> None:
        """
        Publish one status a name, at level OK.

        :param statuses: values by key, by name of the status.
        """
        message = DiagnosticArray(status=[
            DiagnosticStatus(
                level=DiagnosticStatus.OK, name=f'{self._node.get_name()}: {name}',
                hardware_id=name, message='running',
                values=[KeyValue(key=key, value=value) for key, value in values.items()])
            for name, values in statuses.items()])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics.publish(message)
