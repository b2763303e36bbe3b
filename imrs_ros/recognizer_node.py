"""
The node: camera topics in, action labels out.

Images are decoded and kept on the executor's thread, which returns at once. The model belongs to
the worker's thread, which also publishes what it decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imrs_ros.backends import load_backend
from imrs_ros.camera_health import CameraHealth
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision
from imrs_ros.ros_messages import decode_image, HAS_VISION_MSGS, ImageError
from imrs_ros.ros_outputs import CameraOutputs, NodeOutputs
from imrs_ros.ros_parameters import camera_name, RosParameters, Settings
from imrs_ros.worker import Worker
import rclpy
from rclpy.exceptions import NameValidationException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from rclpy.validate_topic_name import validate_topic_name
from sensor_msgs.msg import CompressedImage, Image

QUEUE_DEPTH = 10
"""Images a subscription holds while the executor is busy with another camera's."""
DIAGNOSTICS_PERIOD_SEC = 1.0
WARNING_PERIOD_SEC = 5.0
DONE = TransitionCallbackReturn.SUCCESS
REFUSED = TransitionCallbackReturn.FAILURE


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera topic of a configured node."""

    topic: str
    outputs: CameraOutputs
    health: CameraHealth


@dataclass(frozen=True, slots=True)
class Configured:
    """All that a configured node holds."""

    settings: Settings
    worker: Worker
    cameras: dict[str, Camera]
    outputs: NodeOutputs
    timer: Timer


class RecognizerNode(LifecycleNode):
    """A lifecycle node that recognises actions in the images of its cameras."""

    def __init__(self, **node_arguments: Any) -> None:
        """
        Make an unconfigured node; its parameters are declared.

        :param node_arguments: handed on to ``rclpy.node.Node``, as ``context``.
        """
        super().__init__('recognizer', **node_arguments)
        self.parameters = RosParameters(self)
        self._configured: Configured | None = None
        self._image_subscriptions: list[Subscription] = []
        self._backend_name = ''
        self._is_active = False

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Read the parameters and load the model; refused with the reason where that fails.

        :param state: the state left.
        :return: success, or failure: the node stays unconfigured and may be configured again.
        """
        try:
            settings = self.parameters.read()
            for topic in settings.node.cameras:
                validate_topic_name(topic)
            card = ModelCard.load(find_model(settings.node.model))
            self._configured = self._configure(settings, card)
        except (ValueError, OSError, RuntimeError, NameValidationException) as error:
            self.get_logger().error(f'not configured: {error}')
            return REFUSED
        return DONE

    def _configure(self, settings: Settings, card: ModelCard) -> Configured:
        if not HAS_VISION_MSGS:
            self.get_logger().warning(
                'vision_msgs is not installed: only the label topics are published; '
                'install ros-$ROS_DISTRO-vision-msgs for scores and actions')
        topics = {camera_name(topic): topic for topic in settings.node.cameras}
        worker = Worker(
            lambda: self._load(settings, card, tuple(topics)), self._publish, self._on_error)
        outputs = NodeOutputs(self, card)
        outputs.publish_labels(settings.decision.enter_threshold)
        return Configured(
            settings=settings, worker=worker, outputs=outputs,
            cameras={
                name: Camera(topic, CameraOutputs(self, name, card, settings.node.top_k),
                             CameraHealth())
                for name, topic in topics.items()},
            timer=self.create_timer(DIAGNOSTICS_PERIOD_SEC, self._report))

    def _load(self, settings: Settings, card: ModelCard, cameras: tuple[str, ...]) -> Recognizer:
        """Load the model; runs on the worker's thread."""
        loaded = load_backend(card, settings.backend)
        for reason in loaded.fallbacks:
            self.get_logger().warning(reason)
        self._backend_name = str(loaded.backend.description)
        self.get_logger().info(f'model {card.name}: {self._backend_name}')
        return Recognizer(
            card, loaded.backend, cameras, window=settings.window, decision=settings.decision)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Subscribe to the cameras.

        :param state: the state left.
        :return: success, or error where the node was not configured.
        """
        configured = self._configured
        if configured is None:
            return TransitionCallbackReturn.ERROR
        done = super().on_activate(state)
        self._is_active = True
        qos = QoSProfile(depth=QUEUE_DEPTH, reliability=(
            ReliabilityPolicy.RELIABLE if configured.settings.node.reliability == 'reliable'
            else ReliabilityPolicy.BEST_EFFORT))
        for name, camera in configured.cameras.items():
            kind = CompressedImage if camera.topic.endswith('/compressed') else Image
            subscription = self.create_subscription(
                kind, camera.topic, self._image_callback(name, camera, configured.worker), qos)
            self._image_subscriptions.append(subscription)
            self.get_logger().info(
                f'camera {name}: {subscription.topic_name} ({kind.__name__})')
        return done

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Leave the cameras and forget their frames; the model stays loaded.

        :param state: the state left.
        :return: success.
        """
        self._unsubscribe()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free the model and the publishers.

        :param state: the state left.
        :return: success.
        """
        self._release()
        return DONE

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything.

        :param state: the state left.
        :return: success.
        """
        self._release()
        return DONE

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything after a transition failed unexpectedly, so that the node can start anew.

        :param state: the state left.
        :return: success.
        """
        self._release()
        return DONE

    def _unsubscribe(self) -> None:
        self._is_active = False
        while self._image_subscriptions:
            self.destroy_subscription(self._image_subscriptions.pop())
        if self._configured is not None:
            self._configured.worker.recognizer.clear()

    def _release(self) -> None:
        """Undo whatever of configure and activate was done."""
        self._unsubscribe()
        configured, self._configured = self._configured, None
        if configured is None:
            return
        configured.worker.stop()
        self.destroy_timer(configured.timer)
        for publisher in configured.outputs.publishers:
            self.destroy_publisher(publisher)
        for camera in configured.cameras.values():
            for lifecycle_publisher in camera.outputs.publishers:
                self.destroy_lifecycle_publisher(lifecycle_publisher)

    def _image_callback(
        self, name: str, camera: Camera, worker: Worker,
    ) -> Callable[[Image | CompressedImage], None]:
        def take(msg: Image | CompressedImage) -> None:
            try:
                pushed = worker.recognizer.push(name, decode_image(msg))
            except ImageError as error:
                camera.health.count_dropped()
                self._warn(f'camera {name}: image dropped: {error}')
                return
            camera.health.count_frame(restarted=pushed.restart is not None)
            if pushed.restart is not None:
                self._warn(f'camera {name}: window starts anew: {pushed.restart}')
            if pushed.is_window_due:
                worker.notify()
        return take

    def _publish(self, decisions: list[Decision]) -> None:
        """Publish what a step decided; runs on the worker's thread."""
        configured = self._configured
        if not self._is_active or configured is None:
            return
        now_ns = self.get_clock().now().nanoseconds
        for decision in decisions:
            camera = configured.cameras[decision.scores.stream]
            camera.outputs.publish(decision)
            camera.health.count_window((now_ns - decision.scores.stamp_ns) / 1e9)

    def _on_error(self, error: Exception) -> None:
        self.get_logger().error(
            f'window lost: {type(error).__name__}: {error}',
            throttle_duration_sec=WARNING_PERIOD_SEC)

    def _warn(self, text: str) -> None:
        self.get_logger().warning(text, throttle_duration_sec=WARNING_PERIOD_SEC)

    def _report(self) -> None:
        configured = self._configured
        if configured is None:
            return
        statuses = {'recognizer': {'backend': self._backend_name}}
        for name, camera in configured.cameras.items():
            report = camera.health.report(DIAGNOSTICS_PERIOD_SEC)
            statuses[name] = {key: f'{value:.4g}' for key, value in report._asdict().items()}
            statuses[name]['num_skipped_windows'] = str(
                configured.worker.recognizer.num_skipped(name))
        configured.outputs.publish_diagnostics(statuses)

    def destroy_node(self) -> None:
        """Free everything, then the node."""
        self._release()
        super().destroy_node()


def start(node: RecognizerNode) -> None:
    """
    Configure and activate a node, unless its parameter ``autostart`` says otherwise.

    :param node: an unconfigured node; it stays so where configuring is refused.
    """
    if node.get_parameter('autostart').value and node.trigger_configure() == DONE:
        node.trigger_activate()


def main(args: list[str] | None = None) -> None:
    """
    Run the node until it is interrupted.

    :param args: the command line; default that of the process.
    """
    rclpy.init(args=args)
    node = RecognizerNode()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        start(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
