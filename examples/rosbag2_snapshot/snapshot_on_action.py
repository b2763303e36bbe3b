# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Keep what the robot recorded around an action, by the snapshot mode of rosbag2.

``python3 snapshot_on_action.py --ros-args -p camera:=front -p action:=JumpingJack``

``ros2 bag record --snapshot-mode`` holds the newest messages in memory; this node has them written
to disk shortly after an action started.
"""

from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from vision_msgs.msg import Classification

NO_ACTION = 'no_action'
# The recognizer latches the last action.
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RECORD = 'ros2 bag record --snapshot-mode --max-cache-size 500000000 -o events <topics>'


def snapshot_service() -> Any:
    """
    Return the type of rosbag2's service.

    :return: rosbag2_interfaces/srv/Snapshot.
    :raises RuntimeError: where it is not installed.
    """
    try:
        from rosbag2_interfaces.srv import Snapshot
    except ImportError as error:
        raise RuntimeError(
            'expected the package rosbag2_interfaces, got none; install rosbag2 (on Ubuntu: apt '
            'install ros-$ROS_DISTRO-rosbag2) and source the setup file of ROS') from error
    return Snapshot


class SnapshotOnAction(Node):
    """Calls the recorder some seconds after an action started."""

    def __init__(
        self, service_type: Callable[[], Any] = snapshot_service, **node_arguments: object,
    ) -> None:
        """
        Subscribe to the recognizer.

        :param service_type: returns the type of the service: its request is empty, its response
            has ``success``.
        :param node_arguments: passed to ``rclpy.node.Node``.
        :raises RuntimeError: where rosbag2 is not installed.
        """
        service = service_type()
        super().__init__('snapshot_on_action', **node_arguments)
        recognizer = self.declare_parameter('recognizer', '/recognizer').value
        camera = self.declare_parameter('camera', 'front').value
        # Label to record; empty for any action.
        self._action = self.declare_parameter('action', '').value
        # How long the recording goes on after the decision, s; actions that start meanwhile share
        # the snapshot.
        self._after_sec = self.declare_parameter('after_sec', 3.0).value
        recorder = self.declare_parameter('recorder', '/rosbag2_recorder').value
        self._request = service.Request
        self._recorder = self.create_client(service, f'{recorder}/snapshot')
        self._timer: Any = None
        self._last: tuple[str, int, int] | None = None
        self.create_subscription(
            Classification, f'{recognizer}/{camera}/action', self._follow, LATCHED)

    def _follow(self, msg: Classification) -> None:
        label, onset = msg.results[0].class_id, msg.header.stamp
        # A latched action may arrive again.
        action = (label, onset.sec, onset.nanosec)
        is_new, self._last = action != self._last, action
        if is_new and label != NO_ACTION and self._action in ('', label) and self._timer is None:
            self.get_logger().info(f'{label}: snapshot in {self._after_sec:g} s')
            self._timer = self.create_timer(self._after_sec, self._snapshot)

    def _snapshot(self) -> None:
        self.destroy_timer(self._timer)
        self._timer = None
        if not self._recorder.service_is_ready():
            self.get_logger().warning(
                f'no snapshot: nobody answers on {self._recorder.srv_name}; start {RECORD}')
            return
        self._recorder.call_async(self._request()).add_done_callback(self._report)

    def _report(self, answer: Any) -> None:
        if answer.result().success:
            self.get_logger().info('snapshot written')
        else:
            self.get_logger().warning('the recorder could not write the snapshot; see its log')


def main(args: list[str] | None = None) -> None:
    """
    Run until interrupted.

    :param args: command line; default that of the process.
    """
    rclpy.init(args=args)
    try:
        rclpy.spin(SnapshotOnAction())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError as error:
        raise SystemExit(f'snapshot_on_action: {error}') from None
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
