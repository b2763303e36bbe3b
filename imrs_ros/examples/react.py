"""
A behaviour that starts when a person starts an action and stops when they stop.

``ros2 run imrs_ros react --ros-args -p camera:=front -p action:=JumpingJack``

It publishes that on ``~/running`` (std_msgs/Bool): put what your robot does into ``start`` and
``stop``.
"""

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time
from std_msgs.msg import Bool
from vision_msgs.msg import Classification

# The recognizer latches the last action: subscribe alike, or miss one that began before this node.
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
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
        self._is_running = False
        self._running = self.create_publisher(Bool, '~/running', LATCHED)
        self.create_subscription(Classification, self._topic, self._follow, LATCHED)
        self.create_timer(WATCH_PERIOD_SEC, self._watch)

    def _follow(self, msg: Classification) -> None:
        """Follow the decided action; its stamp is its onset."""
        decided, onset = msg.results[0], Time.from_msg(msg.header.stamp)
        if decided.class_id == self._action and not self._is_running:
            self.start(onset, decided.score)
        elif decided.class_id != self._action and self._is_running:
            self.stop(f'now {decided.class_id}')

    def _watch(self) -> None:
        """Stop when the recognizer is gone: it would not publish the end of the action."""
        if self._is_running and not self.count_publishers(self._topic):
            self.stop('the recognizer is gone')

    def start(self, onset: Time, confidence: float) -> None:
        """
        Start what the robot does.

        :param onset: stamp of the camera image in which the action began.
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


def main(args: list[str] | None = None) -> None:
    """
    Run the behaviour until it is interrupted.

    :param args: command line; default that of the process.
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
