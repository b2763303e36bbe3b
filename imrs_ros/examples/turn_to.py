# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A behaviour that turns to whoever starts an action, and follows them until they stop or leave.

``ros2 run imrs_ros turn_to --ros-args -p camera:=front -p camera_info:=/front/camera_info``

It publishes the bearing on ``~/bearing`` (std_msgs/Float64, rad, positive to the left of where the
camera looks, as REP 103 has it) as often as the person is scored: put what your robot does into
``turn`` and ``stop``. Only the newest start counts: who waves last is looked at. It stops, too,
when the recognizer hangs or is gone, killed or not.
"""

import math
import signal

import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import LivelinessPolicy, qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Float64
from vision_msgs.msg import Detection2D, Detection2DArray

try:
    from rclpy.event_handler import QoSLivelinessChangedInfo, SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import QoSLivelinessChangedInfo, SubscriptionEventCallbacks

NO_ACTION = 'no_action'
# The recognizer asserts that it is alive, and counts as dead after 2 s without: request no
# shorter lease.
ALIVE = QoSProfile(depth=100, liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
                   liveliness_lease_duration=Duration(seconds=2))
WATCH_PERIOD_SEC = 0.5


class TurnTo(Node):
    """Turns to the person in the images of one camera who started an action last."""

    def __init__(self, **node_arguments: object) -> None:
        """
        Subscribe to the recognizer and to the camera's calibration.

        :param node_arguments: passed to ``rclpy.node.Node``.
        """
        super().__init__('turn_to', **node_arguments)
        recognizer = self.declare_parameter('recognizer', '/recognizer').value
        camera = self.declare_parameter('camera', 'front').value
        self._info = self.declare_parameter('camera_info', f'/{camera}/camera_info').value
        self._action = self.declare_parameter('action', '').value
        self._topic = f'{recognizer}/{camera}/person_action'
        self._person: str | None = None
        self._calibration: CameraInfo | None = None
        self._bearing = self.create_publisher(Float64, '~/bearing', 10)
        self.create_subscription(
            CameraInfo, self._info, self._calibrate, qos_profile_sensor_data)
        self.create_subscription(
            Detection2D, self._topic, self._follow, ALIVE,
            event_callbacks=SubscriptionEventCallbacks(liveliness=self._follow_liveliness))
        self.create_subscription(
            Detection2DArray, f'{recognizer}/{camera}/people', self._look, QoSProfile(depth=10))
        self.create_timer(WATCH_PERIOD_SEC, self._watch)

    def _calibrate(self, msg: CameraInfo) -> None:
        self._calibration = msg

    def _follow(self, msg: Detection2D) -> None:
        """Follow starts and ends of actions; any action, or the one that was asked for."""
        label = msg.results[0].hypothesis.class_id
        if label != NO_ACTION and self._action in ('', label):
            self._person = msg.id
            self._turn_to(msg)
        elif msg.id == self._person:
            self._leave(f'{msg.id}: {label}')

    def _look(self, msg: Detection2DArray) -> None:
        """Follow where the person goes."""
        for found in msg.detections:
            if found.id == self._person:
                self._turn_to(found)

    def _turn_to(self, found: Detection2D) -> None:
        calibration = self._calibration
        if calibration is None or not calibration.k[0]:
            self.get_logger().warning(
                f'no calibration on {self._info} yet: the bearing is unknown',
                throttle_duration_sec=5.0)
            return
        focal_px, centre_px = calibration.k[0], calibration.k[2]
        self.turn(math.atan((centre_px - found.bbox.center.position.x) / focal_px))

    def _follow_liveliness(self, info: QoSLivelinessChangedInfo) -> None:
        """Stop when the recognizer hangs or was killed."""
        if not info.alive_count:
            self._leave('the recognizer is gone, or hangs')

    def _watch(self) -> None:
        """Stop when the recognizer is gone, also where the middleware knows no liveliness."""
        if not self.count_publishers(self._topic):
            self._leave('the recognizer is gone')

    def _leave(self, reason: str) -> None:
        """Follow nobody any more."""
        if self._person is not None:
            self._person = None
            self.stop(reason)

    def turn(self, bearing_rad: float) -> None:
        """
        Turn the robot.

        :param bearing_rad: of the person, positive to the left of where the camera looks.
        """
        self._bearing.publish(Float64(data=bearing_rad))

    def stop(self, reason: str) -> None:
        """
        Stop turning.

        :param reason: for the log.
        """
        self.get_logger().info(f'stopped: {reason}')
        self._bearing.publish(Float64(data=0.0))


def main(args: list[str] | None = None) -> None:
    """
    Run the behaviour until it is interrupted.

    :param args: command line; default that of the process.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rclpy.init(args=args)
    try:
        rclpy.spin(TurnTo())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
