"""One camera of a configured node: takes its images, counts them, and warns of what is wrong."""

from collections.abc import Callable
from contextlib import ExitStack
import math
import time

from imrs_ros.camera_health import CameraHealth
from imrs_ros.model_card import ModelCard
from imrs_ros.ros_messages import decode_image, ImageError
from imrs_ros.ros_outputs import CameraOutputs, Status
from imrs_ros.worker import Worker
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image

WARNING_PERIOD_SEC = 5.0


class RosCamera:
    """
    A camera topic, its outputs, and how it fares.

    Its outputs are used by the worker's thread and the executor's: the node locks them. The rest
    belongs to the executor's thread.
    """

    def __init__(
        self, node: LifecycleNode, name: str, topic: str, card: ModelCard, top_k: int,
        undo: ExitStack,
    ) -> None:
        """
        Make the publishers.

        :param node: the node that owns them.
        :param name: the camera's name.
        :param topic: its images; one that ends in /compressed is a CompressedImage.
        :param card: the model.
        :param top_k: classes in a classification message.
        :param undo: destroys the publishers when it is closed.
        """
        self._node, self._name, self._topic = node, name, topic
        self.outputs = CameraOutputs(node, name, card, top_k, undo)
        self.health = CameraHealth()
        self._warned_sec: dict[str, float] = {}

    def subscribe(self, worker: Worker, qos: QoSProfile, undo: ExitStack) -> None:
        """
        Hand the camera's images to the recognizer from now on.

        :param worker: whose recognizer takes them.
        :param qos: asked of the camera.
        :param undo: ends the subscription when it is closed.
        """
        kind = CompressedImage if self._topic.endswith('/compressed') else Image
        subscription = self._node.create_subscription(
            kind, self._topic, self._image_callback(worker), qos)
        undo.callback(self._node.destroy_subscription, subscription)
        self._node.get_logger().info(
            f'camera {self._name}: {subscription.topic_name} ({kind.__name__})')

    def _image_callback(self, worker: Worker) -> Callable[[Image | CompressedImage], None]:
        def take(msg: Image | CompressedImage) -> None:
            try:
                pushed = worker.recognizer.push(self._name, decode_image(msg))
            # Whatever an image brings about, it must not end the process.
            except Exception as error:
                self.health.count_dropped()
                kind = '' if isinstance(error, ImageError) else f'{type(error).__name__}: '
                self._warn('image dropped', f'{kind}{error}')
                return
            self.health.count_frame(restarted=pushed.restart is not None)
            if pushed.restart is not None:
                self._warn('window starts anew', pushed.restart)
            if pushed.is_window_due:
                worker.notify()
        return take

    def _warn(self, problem: str, text: str) -> None:
        """Warn of a problem, of each kind at most once in a period."""
        now_sec = time.monotonic()
        if now_sec - self._warned_sec.get(problem, -math.inf) >= WARNING_PERIOD_SEC:
            self._warned_sec[problem] = now_sec
            self._node.get_logger().warning(f'camera {self._name}: {problem}: {text}')

    def status(self, state: str, is_heard: bool, elapsed_sec: float, num_skipped: int) -> Status:
        """
        Give the camera's diagnostics, and start counting anew.

        :param state: the node's, in a word.
        :param is_heard: whether images are expected.
        :param elapsed_sec: time since the last call.
        :param num_skipped: windows that were overtaken by newer ones.
        :return: not OK where images are expected and lack or were dropped.
        """
        report = self.health.report(elapsed_sec)
        problem = report.problem() if is_heard else None
        values = {key: f'{value:.4g}' if isinstance(value, float) else str(value)
                  for key, value in report._asdict().items()}
        return Status(
            name=self._name, message=state if problem is None else f'{state}: {problem}',
            is_ok=problem is None, values={**values, 'num_skipped_windows': str(num_skipped)})
