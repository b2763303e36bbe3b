# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A leaf of a behaviour tree that succeeds while a person does an action.

``python3 person_does.py --ros-args -p camera:=front -p action:=JumpingJack`` ticks a small tree
with it, to try. In a tree of py_trees_ros it is a leaf like any other.
"""

from typing import Any

import py_trees
from py_trees.behaviour import Behaviour
from py_trees.common import Status
import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile
from vision_msgs.msg import Classification

try:
    from rclpy.event_handler import QoSLivelinessChangedInfo, SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import QoSLivelinessChangedInfo, SubscriptionEventCallbacks

NO_ACTION = 'no_action'
# The recognizer latches the last action, asserts that it is alive, and counts as dead after 2 s
# without: request no shorter lease.
ALIVE = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL,
    liveliness=LivelinessPolicy.MANUAL_BY_TOPIC, liveliness_lease_duration=Duration(seconds=2))
TICK_SEC = 0.1


class PersonDoes(Behaviour):
    """SUCCESS while an action is decided and the recognizer is alive."""

    def __init__(
        self, name: str, action: str = '', camera: str = 'front', recognizer: str = '/recognizer',
        otherwise: Status = Status.FAILURE,
    ) -> None:
        """
        Describe the leaf; ``setup`` subscribes.

        :param name: of the leaf in the tree.
        :param action: label to look for; empty for any action.
        :param camera: the camera's name at the recognizer.
        :param recognizer: full name of the recognizer's node.
        :param otherwise: FAILURE for a condition, RUNNING to wait for the action.
        :raises ValueError: when ``otherwise`` is neither.
        """
        super().__init__(name)
        if otherwise not in (Status.FAILURE, Status.RUNNING):
            raise ValueError(f'otherwise: expected FAILURE or RUNNING, got {otherwise}')
        self._action, self._otherwise = action, otherwise
        self._topic = f'{recognizer}/{camera}/action'
        self._decided, self._is_alive = NO_ACTION, False
        self._node: Node | None = None
        self._subscription: Any = None

    def setup(self, **kwargs: Any) -> None:
        """
        Subscribe to the recognizer.

        :param kwargs: ``node``, as ``py_trees_ros.trees.BehaviourTree`` passes it.
        :raises KeyError: without it.
        """
        if 'node' not in kwargs:
            raise KeyError(f'{self.qualified_name}: expected the ROS node, got none; call '
                           'tree.setup(node=...)')
        self._node = kwargs['node']
        self._subscription = self._node.create_subscription(
            Classification, self._topic, self._follow, ALIVE,
            event_callbacks=SubscriptionEventCallbacks(liveliness=self._follow_liveliness))

    def _follow(self, msg: Classification) -> None:
        """Follow the decided action; no_action is one, too."""
        self._decided, self._is_alive = msg.results[0].class_id, True

    def _follow_liveliness(self, info: QoSLivelinessChangedInfo) -> None:
        """Believe nothing that was decided before the recognizer hung or was killed."""
        self._is_alive = info.alive_count > 0

    def update(self) -> Status:
        """
        Look at what was decided last.

        :return: SUCCESS, or ``otherwise``; ``feedback_message`` says why.
        :raises RuntimeError: before ``setup``.
        """
        if self._node is None:
            raise RuntimeError(f'{self.qualified_name}: call setup before tick')
        # Also where the middleware knows no liveliness.
        if not self._is_alive or not self._node.count_publishers(self._topic):
            self._decided = NO_ACTION
            self.feedback_message = f'no living recognizer on {self._topic}'
            return self._otherwise
        self.feedback_message = self._decided
        does = self._decided != NO_ACTION and self._action in ('', self._decided)
        return Status.SUCCESS if does else self._otherwise

    def shutdown(self) -> None:
        """Unsubscribe, when the tree ends."""
        if self._node is not None and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None


def make_tree(action: str, camera: str) -> Behaviour:
    """
    Return a tree that greets whoever does something, and else patrols.

    :param action: label to look for; empty for any action.
    :param camera: the camera's name at the recognizer.
    :return: the root. Both leaves that act are stand-ins for those of your robot.
    """
    greet = py_trees.composites.Sequence('greet', memory=False, children=[
        PersonDoes('person does', action, camera),
        py_trees.behaviours.Running('greeting')])
    return py_trees.composites.Selector('robot', memory=False, children=[
        greet, py_trees.behaviours.Running('patrolling')])


def main(args: list[str] | None = None) -> None:
    """
    Tick the tree until it is interrupted, and log every change.

    :param args: command line; default that of the process.
    """
    rclpy.init(args=args)
    node = Node('person_does')
    action = node.declare_parameter('action', '').value
    camera = node.declare_parameter('camera', 'front').value
    tree = py_trees.trees.BehaviourTree(make_tree(action, camera))
    tree.setup(node=node)
    shown = ''

    def tick() -> None:
        nonlocal shown
        tree.tick()
        now = py_trees.display.unicode_tree(tree.root, show_status=True)
        if now != shown:
            shown = now
            node.get_logger().info(f'\n{now}')
    node.create_timer(TICK_SEC, tick)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        tree.shutdown()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
