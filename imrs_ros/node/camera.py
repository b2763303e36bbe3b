"""One camera of a configured node: takes its images, counts them, and warns of what is wrong."""

from collections.abc import Callable
import math
import time

from imrs_ros.model_card import ModelCard
from imrs_ros.node.camera_health import CameraHealth, HealthProblem, Level
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import decode_image, decode_square, ImageError, read_message
from imrs_ros.node.outputs import CameraOutputs, Status
from imrs_ros.node.transport import choose_topic, ImageTopic, topics_of
from imrs_ros.node.worker import Worker
from imrs_ros.node_settings import NodeSettings
from rclpy.qos import qos_policy_name_from_kind, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

try:
    from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks

WARNING_PERIOD_SEC = 5.0


class RosCamera:
    """
    A camera, its outputs, and how it fares.

    Its outputs are used by the worker's thread and the executor's: the node locks them. The rest
    belongs to the executor's thread.
    """

    def __init__(
        self, entities: RosEntities, name: str, topic: str, card: ModelCard,
        settings: NodeSettings,
    ) -> None:
        """
        Make the publishers.

        :param entities: what they belong to.
        :param name: the camera's name.
        :param topic: its images.
        :param card: the model.
        :param settings: transport, reliability and more.
        """
        self._node, self._name, self._card = entities.node, name, card
        self._sources = topics_of(topic, settings.transport)
        self._qos = QoSProfile(depth=settings.queue_size, reliability=(
            ReliabilityPolicy.RELIABLE if settings.reliability == 'reliable'
            else ReliabilityPolicy.BEST_EFFORT))
        self.outputs = CameraOutputs(entities, name, card, settings.top_k)
        self.health = CameraHealth(self._now_sec)
        self._source: ImageTopic | None = None
        self._subscription = RosEntities(entities.node)
        self._refused_policy: str | None = None
        self._warned_sec: dict[str, float] = {}

    def _now_sec(self) -> float:
        """Give the time of a simulation where there is one, else one that is never set back."""
        clock = self._node.get_clock()
        return clock.now().nanoseconds / 1e9 if clock.ros_time_is_active else time.monotonic()

    def subscribe(self, worker: Worker, entities: RosEntities) -> None:
        """
        Hand the camera's images to the recognizer from now on.

        :param worker: whose recognizer takes them.
        :param entities: ends the subscription when it is closed.
        """
        entities.on_close(self._unsubscribe)
        self.health.expect_frames()
        self._go_to_source(worker)

    def follow_graph(self, worker: Worker) -> None:
        """
        Go to another transport where the one in use is not published, and another is.

        :param worker: whose recognizer takes the images.
        """
        try:
            self._go_to_source(worker)
        # A topic that cannot be subscribed to must not end the process; it is tried again.
        except Exception as error:
            self._warn('not heard', f'{type(error).__name__}: {error}')

    def _go_to_source(self, worker: Worker) -> None:
        source = choose_topic(self._node, self._sources, self._source)
        if source == self._source:
            return
        self._unsubscribe()
        subscription = self._subscription.subscription(
            source.kind, source.topic, self._image_callback(source.kind, worker), self._qos,
            raw=True,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._note_refusal))
        self._source = source
        self._node.get_logger().info(
            f'camera {self._name}: {subscription.topic_name} ({source.kind.__name__})')

    def _unsubscribe(self) -> None:
        self._subscription.close()
        self._source = self._refused_policy = None

    def _note_refusal(self, info: QoSRequestedIncompatibleQoSInfo) -> None:
        self._refused_policy = qos_policy_name_from_kind(info.last_policy_kind).lower()
        self._warn('not heard', self._refusal())

    def _refusal(self) -> str:
        return (f'a publisher offers another {self._refused_policy} than is asked for; set '
                'the parameter reliability to best_effort, or the publisher to reliable')

    def _image_callback(
        self, kind: type[Image] | type[CompressedImage], worker: Worker,
    ) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            try:
                msg = read_message(kind, data)
                frame = decode_square(msg, self._card.spec.size_px)
                # Before the window is due: the worker may be quicker than this thread. The network
                # sees the same pixels whether anyone looks or not.
                self.outputs.annotated.keep(lambda: decode_image(msg))
                pushed = worker.recognizer.push(self._name, frame)
            # Whatever an image brings about, it must not end the process.
            except Exception as error:
                self.health.count_dropped()
                name = '' if isinstance(error, ImageError) else f'{type(error).__name__}: '
                self._warn('image dropped', f'{name}{error}')
                return
            age_ns = self._node.get_clock().now().nanoseconds - frame.stamp_ns
            self.health.count_frame(age_ns / 1e9, num_sampled=pushed.num_sampled,
                                    restarted=pushed.restart is not None)
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

    def status(self, state: str, is_heard: bool, num_skipped: int) -> Status:
        """
        Give the camera's diagnostics, and start counting anew.

        :param state: the node's, in a word.
        :param is_heard: whether images are expected.
        :param num_skipped: windows that were overtaken by newer ones.
        :return: as bad as the worst of what is wrong, where images are expected.
        """
        report, spec = self.health.report(), self._card.spec
        problems = report.problems(spec.fps, spec.num_frames / spec.fps) if is_heard else []
        if self._refused_policy is not None:
            problems.append(HealthProblem(Level.ERROR, self._refusal()))
        values = {key: f'{value:.4g}' if isinstance(value, float) else str(value)
                  for key, value in report._asdict().items()}
        return Status.of(self._name, state, problems, {
            'topic': '' if self._source is None else self._source.topic, **values,
            'model_hz': f'{spec.fps:g}', 'num_skipped_windows': str(num_skipped)})
