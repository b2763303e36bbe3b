# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Stop a robot that Nav2 drives while a person does an action, by way of twist_mux.

``python3 stop_on_action.py --ros-args -p camera:=front -p action:=JumpingJack``

While the robot must stop, it publishes zero velocities on ``~/cmd_vel`` and true on ``~/lock``;
else false on ``~/lock``. twist_mux (``twist_mux.yaml``) lets the zeros pass before Nav2's
velocities, and locks Nav2 out when this node falls silent. README.md says what that does not
replace.
"""

from geometry_msgs.msg import Twist, TwistStamped
import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile
from rclpy.time import Time
from std_msgs.msg import Bool
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
PERIOD_SEC = 0.05


class StopOnAction(Node):
    """Stops the robot while an action is decided, and for a while afterwards."""

    def __init__(self, **node_arguments: object) -> None:
        """
        Subscribe to the recognizer.

        :param node_arguments: passed to ``rclpy.node.Node``.
        """
        super().__init__('stop_on_action', **node_arguments)
        recognizer = self.declare_parameter('recognizer', '/recognizer').value
        camera = self.declare_parameter('camera', 'front').value
        # Label to stop for; empty for any action.
        self._action = self.declare_parameter('action', '').value
        # How long the robot stays stopped after the end of the action, s.
        self._hold = Duration(seconds=self.declare_parameter('hold_sec', 1.0).value)
        # Whether the robot stops, too, while there is no recognizer to ask.
        self._needs_recognizer = self.declare_parameter('needs_recognizer', True).value
        # TwistStamped, as Nav2 and twist_mux have it from Kilted on, or Twist.
        is_stamped = self.declare_parameter('stamped', True).value
        self._topic = f'{recognizer}/{camera}/action'
        self._decided, self._is_alive = NO_ACTION, False
        self._last_seen: Time | None = None
        self._reason = ''
        self._lock = self.create_publisher(Bool, '~/lock', 1)
        self._zero = self.create_publisher(
            TwistStamped if is_stamped else Twist, '~/cmd_vel', 1)
        self.create_subscription(
            Classification, self._topic, self._follow, ALIVE,
            event_callbacks=SubscriptionEventCallbacks(liveliness=self._follow_liveliness))
        self.create_timer(PERIOD_SEC, self._publish)

    def _follow(self, msg: Classification) -> None:
        self._decided, self._is_alive = msg.results[0].class_id, True

    def _follow_liveliness(self, info: QoSLivelinessChangedInfo) -> None:
        self._is_alive = info.alive_count > 0

    def reason_to_stop(self) -> str:
        """
        Say why the robot must stop now.

        :return: the reason; empty when it may drive.
        """
        # Also where the middleware knows no liveliness.
        if not self._is_alive or not self.count_publishers(self._topic):
            self._decided, self._is_alive = NO_ACTION, False
            if self._needs_recognizer:
                return f'no living recognizer on {self._topic}'
        now = self.get_clock().now()
        if self._decided != NO_ACTION and self._action in ('', self._decided):
            self._last_seen = now
            return self._decided
        if self._last_seen is not None and now - self._last_seen < self._hold:
            return 'an action has just ended'
        return ''

    def _publish(self) -> None:
        reason = self.reason_to_stop()
        self._lock.publish(Bool(data=bool(reason)))
        if reason:
            zero = self._zero.msg_type()
            if isinstance(zero, TwistStamped):
                zero.header.stamp = self.get_clock().now().to_msg()
            self._zero.publish(zero)
        if reason != self._reason:
            self.get_logger().info(f'stop: {reason}' if reason else 'go')
            self._reason = reason


def main(args: list[str] | None = None) -> None:
    """
    Run until interrupted; twist_mux then keeps the robot stopped.

    :param args: command line; default that of the process.
    """
    rclpy.init(args=args)
    try:
        rclpy.spin(StopOnAction())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
