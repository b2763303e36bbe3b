"""One camera of a configured node: receives its images, counts them, and warns of problems."""

from collections.abc import Callable
import math
import time

from imrs_ros.model_card import ModelCard
from imrs_ros.node.camera_health import CameraHealth, HealthProblem, Level
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import decode_image, decode_square, ImageError, read_message
from imrs_ros.node.outputs import CameraOutputs, Status
from imrs_ros.node.transport import choose_topic, image_topics, ImageTopic
from imrs_ros.node.worker import Worker
from imrs_ros.node_settings import NodeSettings
from rclpy.qos import qos_policy_name_from_kind, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

try:
    from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks

WARNING_PERIOD_SEC = 5.0
"""A problem that lasts is logged this often."""
NO_IMAGES = 'no images'


class RosCamera:
    """
    A camera, its outputs and its health.

    The worker's thread and the executor's both use the outputs, under the lock of the node. All
    else belongs to the executor's thread.
    """

    def __init__(
        self, entities: RosEntities, name: str, topic: str, card: ModelCard,
        settings: NodeSettings,
    ) -> None:
        """
        Create the publishers.

        :param entities: owns the publishers.
        :param name: the camera's name.
        :param topic: its image topic.
        :param card: the model.
        :param settings: transport, reliability and more.
        """
        self._node, self._name, self._card = entities.node, name, card
        self._hardware_id = self._node.resolve_topic_name(topic)
        self._topics = image_topics(topic, settings.transport)
        self._qos = QoSProfile(depth=settings.queue_size, reliability=(
            ReliabilityPolicy.RELIABLE if settings.reliability == 'reliable'
            else ReliabilityPolicy.BEST_EFFORT))
        self.outputs = CameraOutputs(entities, name, card, settings.top_k)
        self.health = CameraHealth(self._now_sec)
        self._topic: ImageTopic | None = None
        self._subscription = RosEntities(entities.node)
        self._incompatible_policy: str | None = None
        self._warned_sec: dict[str, float] = {}

    def _now_sec(self) -> float:
        """Return simulated time where the node uses it, else a time that never goes back."""
        clock = self._node.get_clock()
        return clock.now().nanoseconds / 1e9 if clock.ros_time_is_active else time.monotonic()

    def subscribe(self, worker: Worker, entities: RosEntities) -> None:
        """
        Pass the camera's images to the recognizer from now on.

        :param worker: owns the recognizer.
        :param entities: ends the subscription when it is closed.
        """
        entities.on_close(self._unsubscribe)
        self.health.expect_frames()
        self._subscribe_to_best(worker)

    def follow_graph(self, worker: Worker) -> None:
        """
        Switch to another topic where the current one has no publisher, and another has.

        :param worker: owns the recognizer.
        """
        try:
            self._subscribe_to_best(worker)
        # A topic that cannot be subscribed to must not end the process; it is tried again.
        except Exception as error:
            self._warn(NO_IMAGES, f'{type(error).__name__}: {error}')

    def _subscribe_to_best(self, worker: Worker) -> None:
        topic = choose_topic(self._node, self._topics, self._topic)
        if topic == self._topic:
            return
        self._unsubscribe()
        subscription = self._subscription.subscription(
            topic.kind, topic.name, self._image_callback(topic.kind, worker), self._qos,
            raw=True, event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=self._record_incompatible_qos))
        self._topic = topic
        self._node.get_logger().info(
            f'camera {self._name}: {subscription.topic_name} ({topic.kind.__name__})')

    def _unsubscribe(self) -> None:
        self._subscription.close()
        self._topic = self._incompatible_policy = None

    def _record_incompatible_qos(self, info: QoSRequestedIncompatibleQoSInfo) -> None:
        self._incompatible_policy = qos_policy_name_from_kind(info.last_policy_kind).lower()
        self._warn(NO_IMAGES, self._incompatibility())

    def _incompatibility(self) -> str:
        policy = self._incompatible_policy
        advice = (
            'set the parameter reliability to best_effort, or the publisher to reliable'
            if policy == 'reliability' else
            f'change the publisher, or the parameter qos_overrides of {self._hardware_id}')
        return f'incompatible QoS {policy}; {advice}'

    def _image_callback(
        self, kind: type[Image] | type[CompressedImage], worker: Worker,
    ) -> Callable[[bytes], None]:
        def receive(data: bytes) -> None:
            try:
                msg = read_message(kind, data)
                frame = decode_square(msg, self._card.spec.size_px)
                # Before the window is due: the worker may be faster than this thread. The network
                # sees the same pixels with and without subscribers.
                self.outputs.annotated.keep(lambda: decode_image(msg))
                pushed = worker.recognizer.push(self._name, frame)
            # Whatever an image causes, it must not end the process.
            except Exception as error:
                self.health.count_dropped()
                name = '' if isinstance(error, ImageError) else f'{type(error).__name__}: '
                self._warn('image dropped', f'{name}{error}')
                return
            age_ns = self._node.get_clock().now().nanoseconds - frame.stamp_ns
            self.health.count_frame(age_ns / 1e9, num_sampled=pushed.num_sampled,
                                    restarted=pushed.restart is not None)
            if pushed.restart is not None:
                self._warn('window restarted', pushed.restart)
            if pushed.is_window_due:
                worker.notify()
        return receive

    def _warn(self, problem: str, text: str) -> None:
        """Log a problem, each kind at most once per period."""
        now_sec = time.monotonic()
        if now_sec - self._warned_sec.get(problem, -math.inf) >= WARNING_PERIOD_SEC:
            self._warned_sec[problem] = now_sec
            self._node.get_logger().warning(f'camera {self._name}: {problem}: {text}')

    def status(
        self, state: str, num_skipped: int, window_limit_sec: float, *, expects_images: bool,
    ) -> Status:
        """
        Return the camera's entry in the diagnostics, and reset its counters.

        :param state: state of the node, in one word.
        :param num_skipped: number of windows overtaken by newer ones.
        :param window_limit_sec: longest time without a window while frames arrive.
        :param expects_images: whether missing and slow images are problems.
        :return: the entry.
        """
        report, spec = self.health.report(), self._card.spec
        problems = (
            report.problems(spec.fps, spec.num_frames / spec.fps, window_limit_sec)
            if expects_images else [])
        if self._incompatible_policy is not None:
            problems.append(HealthProblem(
                Level.ERROR, f'{NO_IMAGES}: {self._incompatibility()}'))
        values = {key: f'{value:.4g}' if isinstance(value, float) else str(value)
                  for key, value in report._asdict().items()}
        return Status(
            camera=self._name, hardware_id=self._hardware_id, state=state, problems=problems,
            values={'topic': '' if self._topic is None else self._topic.name, **values,
                    'model_hz': f'{spec.fps:g}', 'num_skipped_windows': str(num_skipped)})
