"""
A behaviour that starts when a person starts an action and stops when they stop.

``ros2 run imrs_ros react --ros-args -p camera:=front -p action:=JumpingJack``

Here it says so on ``~/running`` (std_msgs/Bool): put what your robot does into ``start`` and
``stop``.
"""

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time
from std_msgs.msg import Bool
from vision_msgs.msg import Classification

# The recognizer keeps its last word for whoever asks later: ask for it, or miss an action that
# began before this node.
LAST_WORD = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
WATCH_PERIOD_SEC = 0.5


class React(Node):
    """Starts and stops with one action, seen by one camera."""

    def __init__(self, **node_arguments: object) -> None:
        """
        Subscribe to the recognizer.

        :param node_arguments: handed on to ``rclpy.node.Node``.
        """
        super().__init__('react', **node_arguments)
        recognizer = self.declare_parameter('recognizer', '/recognizer').value
        camera = self.declare_parameter('camera', 'front').value
        self._action = self.declare_parameter('action', 'JumpingJack').value
        self._topic = f'{recognizer}/{camera}/action'
        self._is_running = False
        self._running = self.create_publisher(Bool, '~/running', LAST_WORD)
        self.create_subscription(Classification, self._topic, self._follow, LAST_WORD)
        self.create_timer(WATCH_PERIOD_SEC, self._watch)

    def _follow(self, msg: Classification) -> None:
        """Take the decided action; its stamp says since when it holds."""
        decided, since = msg.results[0], Time.from_msg(msg.header.stamp)
        if decided.class_id == self._action and not self._is_running:
            self.start(since, decided.score)
        elif decided.class_id != self._action and self._is_running:
            self.stop(f'{decided.class_id} now')

    def _watch(self) -> None:
        """Stop when the recognizer is gone: nobody would say that the action ended."""
        if self._is_running and not self.count_publishers(self._topic):
            self.stop('the recognizer is gone')

    def start(self, since: Time, confidence: float) -> None:
        """
        Do what the robot shall do.

        :param since: stamp of the camera image in which the action began.
        :param confidence: in [0, 1].
        """
        self._is_running = True
        self.get_logger().info(
            f'{self._action} since {since.nanoseconds / 1e9:.2f} s, {confidence:.0%} sure')
        self._running.publish(Bool(data=True))

    def stop(self, reason: str) -> None:
        """
        Leave off.

        :param reason: for the log.
        """
        self._is_running = False
        self.get_logger().info(f'no more {self._action}: {reason}')
        self._running.publish(Bool(data=False))


def main(args: list[str] | None = None) -> None:
    """
    Run the behaviour until it is interrupted.

    :param args: the command line; default that of the process.
    """
    rclpy.init(args=args)
    try:
        rclpy.spin(React())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
