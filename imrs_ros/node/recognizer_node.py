"""
The node: camera topics in, action labels out.

Images are decoded and kept on the executor's thread, which returns at once. The model belongs to
the worker's thread, which also publishes what it decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
import threading
from typing import Any

from imrs_ros.backends import FailoverBackend
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.camera import RosCamera
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import HAS_VISION_MSGS
from imrs_ros.node.node_health import NodeHealth
from imrs_ros.node.outputs import NodeOutputs, Status
from imrs_ros.node.parameters import RosParameters
from imrs_ros.node.worker import Worker
from imrs_ros.node_settings import camera_name, Settings
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

DIAGNOSTICS_PERIOD_SEC = 1.0
GRAPH_PERIOD_SEC = 0.5
SILENCE_CHECK_PERIOD_SEC = 0.1
WARNING_PERIOD_SEC = 5.0
DONE = TransitionCallbackReturn.SUCCESS
REFUSED = TransitionCallbackReturn.FAILURE
FAILED = TransitionCallbackReturn.ERROR

Transition = Callable[['RecognizerNode', LifecycleState], TransitionCallbackReturn]


def reported(transition: Transition) -> Transition:
    """
    Let a transition that raises end in ``on_error``, with a message: rclpy gives none.

    :param transition: a method.
    :return: the method to use.
    """
    @wraps(transition)
    def run(node: 'RecognizerNode', state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            node.log_error(f'{transition.__name__} failed: {type(error).__name__}: {error}')
            return FAILED
    return run


@dataclass(frozen=True, slots=True)
class Configured:
    """All that a configured node holds."""

    settings: Settings
    health: NodeHealth
    worker: Worker
    cameras: dict[str, RosCamera]
    outputs: NodeOutputs


class RecognizerNode(LifecycleNode):
    """A lifecycle node that recognises actions in the images of its cameras."""

    def __init__(self, **node_arguments: Any) -> None:
        """
        Make an unconfigured node; its parameters are declared.

        :param node_arguments: handed on to ``rclpy.node.Node``, as ``context``.
        """
        super().__init__('recognizer', **node_arguments)
        self._configured: Configured | None = None
        self.parameters = RosParameters(self, self._change)
        # What configure and activate make is undone by these, however far they came.
        self._of_configure, self._of_activate = RosEntities(self), RosEntities(self)
        # Held by whoever publishes decisions or voids them, so that none is published after it.
        self._output_lock = threading.Lock()
        self._is_active = False

    @reported
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Read the parameters and load the model; refused with the reason where that fails.

        :param state: the state left.
        :return: success, or failure: the node stays unconfigured and may be configured again.
        """
        try:
            settings = self.parameters.read()
            self._check_topics(settings.node.cameras)
            card = ModelCard.load(find_model(settings.node.model))
            self._configured = self._configure(settings, card)
        except (ValueError, OSError, RuntimeError) as error:
            self._release()
            self.log_error(f'not configured: {error}')
            return REFUSED
        return DONE

    def _check_topics(self, topics: Sequence[str]) -> None:
        for topic in topics:
            try:
                self.resolve_topic_name(topic)
            except RuntimeError as error:
                raise ValueError(
                    f'cameras must be names of topics, got {topic!r}: {error}') from error

    def _configure(self, settings: Settings, card: ModelCard) -> Configured:
        if not HAS_VISION_MSGS:
            self.get_logger().warning(
                'vision_msgs is not installed: only the label topics are published; '
                'install ros-$ROS_DISTRO-vision-msgs for scores and actions')
        topics = {camera_name(topic): topic for topic in settings.node.cameras}
        entities = self._of_configure
        outputs = NodeOutputs(entities, card)
        cameras = {
            name: RosCamera(entities, name, topic, card, settings.node)
            for name, topic in topics.items()}
        # Not the node's own clock: that of a simulation may stop together with the cameras.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        for period_sec, callback in ((DIAGNOSTICS_PERIOD_SEC, self._report),
                                     (GRAPH_PERIOD_SEC, self._follow_graph),
                                     (SILENCE_CHECK_PERIOD_SEC, self._end_silent)):
            entities.timer(period_sec, callback, steady)
        health = NodeHealth(card)
        worker = Worker(lambda: self._load(settings, card, tuple(topics), health),
                        self._publish, self._report_lost, settings.window.max_rate_hz)
        entities.on_close(worker.stop)
        self.parameters.hold(card.labels)
        entities.on_close(self.parameters.release)
        outputs.publish_labels(settings.decision.enter_threshold)
        return Configured(
            settings=settings, health=health, worker=worker, cameras=cameras, outputs=outputs)

    def _load(self, settings: Settings, card: ModelCard, cameras: tuple[str, ...],
              health: NodeHealth) -> Recognizer:
        """Load the model; runs on the worker's thread."""
        def warn(reason: str) -> None:
            health.note_failure(reason)
            self.get_logger().warning(reason)
        backend = FailoverBackend(card, settings.backend, warn)
        if self.context.ok():
            self.get_logger().info(f'model {card.name}: {backend.description}')
        return Recognizer(
            card, backend, cameras, window=settings.window, decision=settings.decision)

    def _change(self, settings: Settings) -> None:
        """Go by parameters that were changed at run time."""
        if self._configured is not None:
            self._configured.worker.recognizer.change(settings.window, settings.decision)
            self._configured.worker.limit.max_rate_hz = settings.window.max_rate_hz
            self._configured.outputs.publish_labels(settings.decision.enter_threshold)

    @reported
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Subscribe to the cameras.

        :param state: the state left.
        :return: success, or error: a camera cannot be subscribed to, and all is freed.
        """
        configured = self._configured
        if configured is None:
            raise RuntimeError('expected a configured node; configure it first')
        done = super().on_activate(state)
        self._of_activate.on_close(self._forget, configured)
        self._is_active = True
        for camera in configured.cameras.values():
            camera.subscribe(configured.worker, self._of_activate)
        return done

    @reported
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Leave the cameras and forget their frames; the model stays loaded.

        :param state: the state left.
        :return: success.
        """
        self._leave_cameras()
        return super().on_deactivate(state)

    @reported
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free the model and the publishers.

        :param state: the state left.
        :return: success.
        """
        self._release()
        return DONE

    @reported
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything.

        :param state: the state left.
        :return: success.
        """
        self._leave_cameras()
        self._release()
        return DONE

    @reported
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything after a transition failed unexpectedly, so that the node can start anew.

        :param state: the state left.
        :return: success.
        """
        self._release()
        return DONE

    def _release(self) -> None:
        """Undo whatever of configure and activate was done."""
        self._of_activate.close()
        self._configured = None
        self._of_configure.close()

    def _forget(self, configured: Configured) -> None:
        """Void all that was seen: none of it is published when the node is active again."""
        with self._output_lock:
            self._is_active = False
            configured.worker.recognizer.clear()

    def _leave_cameras(self) -> None:
        """End the subscriptions and what is decided; the outputs still speak."""
        self._of_activate.close()
        if self._configured is not None:
            with self._output_lock:
                for camera in self._configured.cameras.values():
                    camera.outputs.end()

    def _end_silent(self) -> None:
        """End what is decided for cameras that give no frames any more; called by a timer."""
        configured = self._configured
        if not self._is_active or configured is None:
            return
        for name, camera in configured.cameras.items():
            if camera.health.is_silent(configured.settings.window.max_gap_sec):
                with self._output_lock:
                    if camera.outputs.end():
                        configured.worker.recognizer.end(name)

    def _publish(self, decisions: list[Decision]) -> None:
        """Publish what a call of the backend decided; runs on the worker's thread."""
        now_ns = self.get_clock().now().nanoseconds
        with self._output_lock:
            configured = self._configured
            if not self._is_active or configured is None:
                return
            configured.health.note_scored()
            for decision in filter(configured.worker.recognizer.is_current, decisions):
                camera = configured.cameras[decision.scores.camera]
                latency_sec = (now_ns - decision.scores.stamp_ns) / 1e9
                camera.outputs.publish(decision, latency_sec)
                camera.health.count_window(latency_sec, decision.scores.inference_sec)

    def _report_lost(self, error: Exception) -> None:
        """Tell of windows that were not scored; runs on the worker's thread."""
        reason, configured = f'{type(error).__name__}: {error}', self._configured
        if configured is not None:
            configured.health.note_lost(reason)
        if self.context.ok():
            self.get_logger().error(
                f'window lost: {reason}', throttle_duration_sec=WARNING_PERIOD_SEC)

    def log_error(self, text: str) -> None:
        """
        Log an error, unless the process is ending: anything may fail then, and none of it matters.

        :param text: the message.
        """
        if self.context.ok():
            self.get_logger().error(text)

    def _follow_graph(self) -> None:
        """Look for transports that came or went."""
        configured = self._configured
        if self._is_active and configured is not None:
            for camera in configured.cameras.values():
                camera.follow_graph(configured.worker)

    def _report(self) -> None:
        configured = self._configured
        if configured is None:
            return
        state = 'active' if self._is_active else 'inactive'
        statuses = [Status.of('recognizer', state, configured.health.problems(),
                              configured.health.values(configured.worker.recognizer.description))]
        for name, camera in configured.cameras.items():
            statuses.append(camera.status(
                state, self._is_active, configured.worker.recognizer.num_skipped(name)))
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


def run(args: list[str] | None = None) -> None:
    """
    Run the node until the context ends, or the process is interrupted.

    :param args: the command line; default that of the process.
    :raises KeyboardInterrupt: when the process is interrupted.
    """
    rclpy.init(args=args)
    node = None
    try:
        node = RecognizerNode()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        start(node)
        executor.spin()
    # A signal takes the context from under whatever is being made, which then raises anything.
    except Exception:
        if rclpy.ok():
            raise
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
