# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A behaviour that starts when a person starts an action and stops when they stop.

``ros2 run imrs_ros react --ros-args -p camera:=front -p action:=JumpingJack``

It publishes that on ``~/running`` (std_msgs/Bool): put what your robot does into ``start`` and
``stop``. It stops, too, when the recognizer hangs or is gone, killed or not.
"""

import signal

import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from rclpy.time import Time
from std_msgs.msg import Bool
from vision_msgs.msg import Classification

try:
    from rclpy.event_handler import QoSLivelinessChangedInfo, SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import QoSLivelinessChangedInfo, SubscriptionEventCallbacks

# The recognizer latches the last action: subscribe alike, or miss one that began before this node.
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# It also asserts that it is alive, and counts as dead after 2 s without: request no shorter lease.
ALIVE = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL,
    liveliness=LivelinessPolicy.MANUAL_BY_TOPIC, liveliness_lease_duration=Duration(seconds=2))
WATCH_PERIOD_SEC = 0.5


class React(Node):
    """Starts and stops with one action in the images of one camera."""

    def __init__(self, **node_arguments: object) -> None:
        """
        Subscribe to the recognizer.

        :param node_arguments: passed to ``rclpy.node.Node``.
        """
        super().__init__('react', **node_arguments)
        recognizer = self.declare_parameter('recognizer', '/recognizer').value
        camera = self.declare_parameter('camera', 'front').value
        self._action = self.declare_parameter('action', 'JumpingJack').value
        self._topic = f'{recognizer}/{camera}/action'
        self._decided: Classification | None = None
        self._is_running, self._is_alive = False, False
        self._running = self.create_publisher(Bool, '~/running', LATCHED)
        self.create_subscription(
            Classification, self._topic, self._follow, ALIVE,
            event_callbacks=SubscriptionEventCallbacks(liveliness=self._follow_liveliness))
        self.create_timer(WATCH_PERIOD_SEC, self._watch)

    def _follow(self, msg: Classification) -> None:
        """Follow the decided action; its stamp is its onset."""
        self._decided, self._is_alive = msg, True
        self._update()

    def _follow_liveliness(self, info: QoSLivelinessChangedInfo) -> None:
        """Stop when the recognizer hangs or was killed; go on when it is back."""
        self._is_alive = info.alive_count > 0
        self._update()

    def _watch(self) -> None:
        """Forget a recognizer that is gone, also where the middleware knows no liveliness."""
        if not self.count_publishers(self._topic):
            self._decided, self._is_alive = None, False
            self._update()

    def _update(self) -> None:
        if self._decided is None or not self._is_alive:
            if self._is_running:
                self.stop('the recognizer is gone, or hangs')
            return
        decided, onset = self._decided.results[0], Time.from_msg(self._decided.header.stamp)
        if decided.class_id == self._action and not self._is_running:
            self.start(onset, decided.score)
        elif decided.class_id != self._action and self._is_running:
            self.stop(f'now {decided.class_id}')

    def start(self, onset: Time, confidence: float) -> None:
        """
        Start what the robot does.

        :param onset: stamp of the camera image at which the action became a candidate.
        :param confidence: in [0, 1].
        """
        self._is_running = True
        self.get_logger().info(
            f'{self._action} since {onset.nanoseconds / 1e9:.2f} s, confidence {confidence:.0%}')
        self._running.publish(Bool(data=True))

    def stop(self, reason: str) -> None:
        """
        Stop what the robot does.

        :param reason: for the log.
        """
        self._is_running = False
        self.get_logger().info(f'{self._action} ended: {reason}')
        self._running.publish(Bool(data=False))

    def end(self) -> None:
        """Stop when the behaviour itself ends."""
        if self._is_running:
            self.stop('the behaviour ends')
            # What is still on its way when the process ends is lost.
            self._running.wait_for_all_acked(Duration(seconds=1))


def main(args: list[str] | None = None) -> None:
    """
    Run the behaviour until it is interrupted.

    :param args: command line; default that of the process.
    """
    # rclpy's own handlers would end the context before the last message.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    behaviour = React()
    try:
        rclpy.spin(behaviour)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        behaviour.end()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
