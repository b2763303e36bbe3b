# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a configured node does: load, publish, report, follow the graph, end actions not seen."""

from pathlib import Path
import platform
import threading
from typing import TYPE_CHECKING

from imrs_ros.backends import FailoverBackend
from imrs_ros.model_card import ModelCard
from imrs_ros.node.camera import RosCamera
from imrs_ros.node.camera_health import HealthProblem, Level, WARNING_PERIOD_SEC
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import HAS_VISION_MSGS
from imrs_ros.node.node_health import NodeHealth
from imrs_ros.node.outputs import NodeOutputs, Status
from imrs_ros.node.parameters import RosParameters
from imrs_ros.node.worker import Worker
from imrs_ros.node_settings import camera_name, Settings
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision
from rclpy.clock import Clock, ClockType

if TYPE_CHECKING:
    from imrs_ros.node.clips.clip_keeper import ClipKeeper

DIAGNOSTICS_PERIOD_SEC = 1.0
GRAPH_PERIOD_SEC = 0.5
WATCHDOG_PERIOD_SEC = 0.1


class Configured:
    """
    The session of a node from configure to cleanup: its model, cameras, outputs and timers.

    Images are decoded and stored on the executor's thread, which returns at once. The model
    belongs to the worker's thread, which also publishes the decisions.
    """

    def __init__(
        self, entities: RosEntities, parameters: RosParameters, settings: Settings,
        card: ModelCard,
    ) -> None:
        """
        Create the publishers and load the model.

        :param entities: owns what is created, also where this raises; close them to end the
            session.
        :param parameters: the node's; locked for the length of the session.
        :param settings: what the parameters say.
        :param card: the model.
        :raises ValueError: when settings do not fit the model, or a quality of service is
            overridden wrongly.
        :raises RuntimeError: when no backend can run the model.
        """
        self._node, self._settings, self._card = entities.node, settings, card
        self._check(settings)
        if settings.node.people and not HAS_VISION_MSGS:
            raise ValueError('people needs vision_msgs, which is not installed; install '
                             'ros-$ROS_DISTRO-vision-msgs, or set people to false')
        if not HAS_VISION_MSGS:
            self._node.get_logger().warning(
                'vision_msgs is not installed: only the label topics are published; '
                'install ros-$ROS_DISTRO-vision-msgs for scores and actions')
        self._of_activate = RosEntities(self._node)
        # Held while decisions are published or discarded, so that none is published afterwards.
        self._output_lock = threading.Lock()
        self._is_active = self._is_closed = False
        self._is_alone = True
        self._health = NodeHealth(card)
        self._outputs = NodeOutputs(entities, card)
        topics = {camera_name(topic): topic for topic in settings.node.cameras}
        self._clips = (
            self._keep_clips(entities, list(topics)) if settings.node.keep_clips else None)
        self.cameras = {name: RosCamera(entities, name, topic, card, settings, self._clips)
                        for name, topic in topics.items()}
        self.worker = Worker(
            self._load, self._publish, self._report_lost, settings.window.max_rate_hz)
        entities.on_close(self.worker.stop)
        self._start_timers(entities)
        parameters.hold(self._check, self._change)
        entities.on_close(parameters.release)
        self._publish_labels()
        entities.on_close(self._close)

    def _keep_clips(self, entities: RosEntities, cameras: list[str]) -> 'ClipKeeper':
        # Here: without clips, none of it is imported, and PyAV may be missing.
        from imrs_ros.node.clips.clip_keeper import ClipKeeper
        from imrs_ros.node.clips.clip_writer import ClipSettings
        of_node = self._settings.node
        keeper = ClipKeeper(
            ClipSettings(folder=Path(of_node.keep_clips).expanduser().absolute(),
                         before_sec=of_node.keep_clips_before_sec,
                         after_sec=of_node.keep_clips_after_sec,
                         max_mb=of_node.keep_clips_max_mb),
            self._node.get_fully_qualified_name(), cameras, self._warn)
        entities.on_close(keeper.stop)
        return keeper

    def _warn(self, text: str) -> None:
        """Log a warning, from any thread, unless the process is ending."""
        if self._node.context.ok():
            self._node.get_logger().warning(text)

    def _start_timers(self, entities: RosEntities) -> None:
        # Not by the node's clock: that of a simulation may stop together with the cameras.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        for period_sec, callback in ((DIAGNOSTICS_PERIOD_SEC, self._report),
                                     (GRAPH_PERIOD_SEC, self._follow_graph),
                                     (WATCHDOG_PERIOD_SEC, self._end_unseen)):
            entities.timer(period_sec, callback, steady)

    def _load(self) -> Recognizer:
        """Load the model; runs on the worker's thread."""
        def warn(reason: str) -> None:
            self._health.record_failure(reason)
            self._warn(reason)
        settings = self._settings
        backend = FailoverBackend(self._card, settings.backend, warn)
        if self._node.context.ok():
            self._node.get_logger().info(f'model {self._card.name}: {backend.description}')
        return Recognizer(
            self._card, backend, tuple(self.cameras), window=settings.window,
            decision=settings.decision, people=settings.people if settings.node.people else None)

    def _check(self, settings: Settings) -> None:
        """Refuse parameters that do not fit the model."""
        settings.decision.check_labels(self._card.labels)
        settings.decision.at(self._card.operating_point)

    def _publish_labels(self) -> None:
        self._outputs.publish_labels(
            self._settings.decision.at(self._card.operating_point).enter_threshold)

    def _change(self, settings: Settings) -> None:
        """Apply parameters that were changed at run time."""
        self.worker.recognizer.change(settings.window, settings.decision)
        if settings.window != self._settings.window:
            for camera in self.cameras.values():
                camera.health.expect_windows()
        self._settings = settings
        self.worker.limit.max_rate_hz = settings.window.max_rate_hz
        self._publish_labels()

    def activate(self) -> None:
        """
        Subscribe to the cameras.

        :raises Exception: when a camera cannot be subscribed to; the node ends the session then.
        """
        self._of_activate.on_close(self._forget)
        if self._clips is not None:
            self._of_activate.on_close(self._clips.end)
        self._is_active = True
        for camera in self.cameras.values():
            camera.subscribe(self.worker, self._of_activate)

    def deactivate(self) -> None:
        """Unsubscribe, forget the frames, and end the decided actions; the model stays loaded."""
        self._of_activate.close()
        with self._output_lock:
            for camera in self.cameras.values():
                camera.outputs.end()
            self._end_departed()

    def wait_until_received(self, timeout_sec: float) -> None:
        """
        Wait until subscribers have the decided actions.

        :param timeout_sec: longest time to wait for each topic.
        """
        for camera in self.cameras.values():
            camera.outputs.wait_until_received(timeout_sec)
            if camera.people is not None:
                camera.people.wait_until_received(timeout_sec)

    def _forget(self) -> None:
        """Discard all frames and decisions: none is published when the node is active again."""
        with self._output_lock:
            self._is_active = False
            self.worker.recognizer.clear()

    def _close(self) -> None:
        self._of_activate.close()
        # Another thread than the timers' may close: whatever they publish, they look here first.
        with self._output_lock:
            self._is_closed = True

    def _end_departed(self) -> None:
        """End the actions of people who left; the caller holds the lock."""
        for camera in self.cameras.values():
            if camera.people is not None:
                camera.people.end_departed()

    def _publish(self, decisions: list[Decision]) -> None:
        """Publish the decisions of one backend call; runs on the worker's thread."""
        now_ns = self._node.get_clock().now().nanoseconds
        with self._output_lock:
            if not self._is_active:
                return
            self._health.record_scored()
            # First: someone who left may be back under the same id.
            self._end_departed()
            for decision in filter(self.worker.recognizer.is_current, decisions):
                camera = self.cameras[decision.scores.camera]
                if decision.scores.person is not None and camera.people is not None:
                    camera.people.publish(decision)
                    continue
                latency_sec = (now_ns - decision.scores.stamp_ns) / 1e9
                camera.outputs.publish(decision, latency_sec, camera.shown_people())
                camera.health.count_window(latency_sec, decision.scores.inference_sec)

    def _report_lost(self, error: Exception) -> None:
        """Report windows that could not be scored; runs on the worker's thread."""
        reason = f'{type(error).__name__}: {error}'
        self._health.record_loss(reason)
        if self._node.context.ok():
            self._node.get_logger().error(
                f'window lost: {reason}', throttle_duration_sec=WARNING_PERIOD_SEC)

    def _window_limit_sec(self) -> float:
        spec = self._card.spec
        return self._settings.window.window_limit_sec(spec.num_frames, spec.fps)

    def _end_unseen(self) -> None:
        """End the actions of cameras without frames or windows; called by a timer."""
        with self._output_lock:
            if self._is_closed:
                return
            for camera in self.cameras.values():
                camera.outputs.assert_liveliness()
        if not self._is_active:
            return
        max_gap_sec, limit_sec = self._settings.window.max_gap_sec, self._window_limit_sec()
        for name, camera in self.cameras.items():
            is_silent = camera.health.is_silent(max_gap_sec)
            people = self.worker.recognizer.people(name)
            # Who is not scored any more while frames arrive leaves by their stamps.
            if is_silent and people is not None:
                people.end()
            # No list of causes: whatever keeps windows away, the last decision is too old.
            if is_silent or camera.health.is_windowless(limit_sec):
                with self._output_lock:
                    if camera.outputs.end():
                        self.worker.recognizer.end(name)
        with self._output_lock:
            self._end_departed()

    def _follow_graph(self) -> None:
        """Follow image topics that appear or vanish; called by a timer."""
        if self._is_active:
            for camera in self.cameras.values():
                camera.follow_graph()

    def _namesakes(self) -> list[HealthProblem]:
        """Warn of other nodes of the same name, each time that there come to be some."""
        own = self._node.get_namespace(), self._node.get_name()
        names = [(namespace, name) for name, namespace in
                 self._node.get_node_names_and_namespaces()]
        was_alone, self._is_alone = self._is_alone, names.count(own) < 2
        if self._is_alone:
            return []
        text = (f'another node is named {self._node.get_fully_qualified_name()} as well: their '
                'results mix on the same topics; start one with another name or namespace')
        if was_alone:
            self._node.get_logger().warning(text)
        return [HealthProblem(Level.WARN, text)]

    def _report(self) -> None:
        """Publish the diagnostics; called by a timer."""
        if self._is_closed:
            return
        state = 'active' if self._is_active else 'inactive'
        recognizer, clips = self.worker.recognizer, self._clips
        statuses = [
            Status(camera=None, hardware_id=platform.node(), state=state,
                   problems=[*self._health.problems(), *self._namesakes(),
                             *(clips.problems() if clips is not None else ())],
                   values={**self._health.values(recognizer.description),
                           **(clips.values() if clips is not None else {})}),
            *(camera.status(state, recognizer.num_skipped(name), self._window_limit_sec(),
                            expects_images=self._is_active)
              for name, camera in self.cameras.items())]
        with self._output_lock:
            if not self._is_closed:
                self._outputs.publish_diagnostics(statuses)
