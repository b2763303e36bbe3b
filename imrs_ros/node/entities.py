# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What is created on a node together, and destroyed together."""

from collections.abc import Callable
from contextlib import ExitStack
from copy import copy
from typing import Any

from imrs_ros.node.qos import declare_overrides, OVERRIDING
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription


class RosEntities:
    """
    Publishers, subscriptions, timers and other things to undo, the last created first.

    The quality of service of every topic can be overridden by parameters ``qos_overrides...``.
    """

    def __init__(self, node: LifecycleNode) -> None:
        """
        Start empty.

        :param node: owns what is created.
        """
        self.node = node
        self._undo = ExitStack()
        self._renew_group()

    def _renew_group(self) -> None:
        # A group never forgets its members: the node's own would grow with every transition.
        self._group = MutuallyExclusiveCallbackGroup()

    def publisher(self, kind: type, topic: str, qos: QoSProfile) -> Publisher:
        """
        Create a publisher that is active in every state of the node.

        :param kind: its message.
        :param topic: its name.
        :param qos: its default quality of service.
        :return: the publisher.
        :raises ValueError: when the quality of service is overridden wrongly.
        """
        created = self.node.create_publisher(
            kind, topic, **self._common_arguments(topic, 'publisher', qos))
        self._undo.callback(self.node.destroy_publisher, created)
        return created

    def lifecycle_publisher(self, kind: type, topic: str, qos: QoSProfile) -> LifecyclePublisher:
        """
        Create a publisher that is active while the node is.

        :param kind: its message.
        :param topic: its name.
        :param qos: its default quality of service.
        :return: the publisher.
        :raises ValueError: when the quality of service is overridden wrongly.
        """
        created = self.node.create_lifecycle_publisher(
            kind, topic, **self._common_arguments(topic, 'publisher', qos))
        self._undo.callback(self.node.destroy_lifecycle_publisher, created)
        return created

    def subscription(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile,
        **arguments: Any,
    ) -> Subscription:
        """
        Subscribe.

        :param kind: the message.
        :param topic: the topic.
        :param callback: called with every message.
        :param qos: default of the requested quality of service.
        :param arguments: more of ``create_subscription``.
        :return: the subscription.
        :raises ValueError: when the quality of service is overridden wrongly.
        """
        created = self.node.create_subscription(
            kind, topic, callback, **self._common_arguments(topic, 'subscription', qos),
            **arguments)
        self._undo.callback(self.node.destroy_subscription, created)
        return created

    def _common_arguments(self, topic: str, entity: str, qos: QoSProfile) -> dict[str, Any]:
        for name in declare_overrides(self.node, topic, entity, qos):
            self._undo.callback(self.node.undeclare_parameter, name)
        # A copy, because rclpy writes the overrides into it.
        return {'qos_profile': copy(qos), 'qos_overriding_options': OVERRIDING,
                'callback_group': self._group}

    def timer(self, period_sec: float, callback: Callable[[], None], clock: Clock) -> None:
        """
        Call a function periodically.

        :param period_sec: time between two calls.
        :param callback: the function.
        :param clock: measures the period.
        """
        self._undo.callback(self.node.destroy_timer, self.node.create_timer(
            period_sec, callback, callback_group=self._group, clock=clock))

    def on_close(self, call: Callable[..., object], *arguments: Any) -> None:
        """
        Register something else to do in ``close``.

        :param call: the function to call.
        :param arguments: its arguments.
        """
        self._undo.callback(call, *arguments)

    def close(self) -> None:
        """Destroy everything; more may be created afterwards."""
        self._undo.close()
        self._renew_group()
