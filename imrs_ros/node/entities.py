"""What is made on a node together, and undone as one."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription


class RosEntities:
    """Publishers, subscriptions, timers and whatever else has to be undone, last made first."""

    def __init__(self, node: LifecycleNode) -> None:
        """
        Start with nothing.

        :param node: owns what is made.
        """
        self.node = node
        self._undo = ExitStack()
        self._renew_group()

    def _renew_group(self) -> None:
        # A group never forgets what was in it: that of the node would grow with every transition.
        self._group = MutuallyExclusiveCallbackGroup()

    def publisher(self, kind: type, topic: str, qos: QoSProfile | int) -> Publisher:
        """
        Make a publisher that speaks in every state of the node.

        :param kind: its message.
        :param topic: its name.
        :param qos: its quality of service.
        :return: the publisher.
        """
        made = self.node.create_publisher(kind, topic, qos, callback_group=self._group)
        self._undo.callback(self.node.destroy_publisher, made)
        return made

    def lifecycle_publisher(self, kind: type, topic: str, qos: QoSProfile) -> LifecyclePublisher:
        """
        Make a publisher that speaks while the node is active.

        :param kind: its message.
        :param topic: its name.
        :param qos: its quality of service.
        :return: the publisher.
        """
        made = self.node.create_lifecycle_publisher(kind, topic, qos, callback_group=self._group)
        self._undo.callback(self.node.destroy_lifecycle_publisher, made)
        return made

    def subscription(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile,
        **arguments: Any,
    ) -> Subscription:
        """
        Subscribe.

        :param kind: the message.
        :param topic: the topic.
        :param callback: given every message.
        :param qos: quality of service asked for.
        :param arguments: others of ``create_subscription``.
        :return: the subscription.
        """
        made = self.node.create_subscription(
            kind, topic, callback, qos, callback_group=self._group, **arguments)
        self._undo.callback(self.node.destroy_subscription, made)
        return made

    def timer(self, period_sec: float, callback: Callable[[], None], clock: Clock) -> None:
        """
        Call something again and again.

        :param period_sec: time between two calls.
        :param callback: what to call.
        :param clock: whose time it is.
        """
        self._undo.callback(self.node.destroy_timer, self.node.create_timer(
            period_sec, callback, callback_group=self._group, clock=clock))

    def on_close(self, call: Callable[..., object], *arguments: Any) -> None:
        """
        Have something else undone.

        :param call: what undoes it.
        :param arguments: given to it.
        """
        self._undo.callback(call, *arguments)

    def close(self) -> None:
        """Undo all of it; more may be made afterwards."""
        self._undo.close()
        self._renew_group()
