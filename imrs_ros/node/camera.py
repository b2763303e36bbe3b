# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""One camera of a configured node: receives its images, counts them, and warns of problems."""

from collections.abc import Callable
from functools import partial
import math
import os
import time
from typing import TYPE_CHECKING

from imrs_ros.model_card import ModelCard
from imrs_ros.node.camera_health import (
    CameraHealth, HealthProblem, Level, WARNING_PERIOD_SEC)
from imrs_ros.node.entities import clock_sec, RosEntities
from imrs_ros.node.fastdds_profile import lost_images_advice
from imrs_ros.node.messages import (
    AnyImage, BitDepth, decode_image, decode_square, ImageError, read_message)
from imrs_ros.node.outputs import CameraOutputs, Status
from imrs_ros.node.qos import image_qos
from imrs_ros.node.transport import image_topics, ImageKind, ImageSource
from imrs_ros.node.worker import Worker
from imrs_ros.node_settings import NodeSettings, Settings
from imrs_ros.people.detection import Person
from imrs_ros.people.topic_names import detections_topic
from imrs_ros.records import Decision, Frame
from rclpy import get_rmw_implementation_identifier
from rclpy.qos import QoSProfile

if TYPE_CHECKING:
    from imrs_ros.node.clips.clip_keeper import ClipKeeper
    from imrs_ros.node.people.camera_people import CameraPeople

NO_IMAGES = 'no images'


class RosCamera:
    """
    A camera, its outputs and its health.

    The worker's thread and the executor's both use the outputs, under the lock of the node. All
    else belongs to the executor's thread.
    """

    def __init__(
        self, entities: RosEntities, name: str, topic: str, card: ModelCard,
        settings: Settings, clips: 'ClipKeeper | None' = None,
    ) -> None:
        """
        Create the publishers.

        :param entities: owns the publishers.
        :param name: the camera's name.
        :param topic: its image topic.
        :param card: the model.
        :param settings: transport, reliability, people and more.
        :param clips: keeps videos of the decided actions; None for none.
        """
        of_node = settings.node
        self._node, self._name, self._card = entities.node, name, card
        topics = image_topics(self._node, topic, of_node.transport)
        self._hardware_id = self._node.resolve_topic_name(topics[0].name)
        qos = image_qos(of_node.reliability, of_node.queue_size)
        self._source = ImageSource(
            self._node, topics, qos, self._receive,
            lambda policy: self._warn(NO_IMAGES, self._incompatibility(policy)),
            lambda text: self._node.get_logger().info(f'camera {name}: {text}'))
        self._worker: Worker | None = None
        self.outputs = CameraOutputs(entities, name, card, of_node.top_k, clips)
        self._clips = clips
        now_sec = partial(clock_sec, self._node)
        self.health = CameraHealth(now_sec)
        self.people = self._make_people(
            entities, _detections_topic(of_node, topic), settings, qos, now_sec,
        ) if of_node.people else None
        self._depth = BitDepth()
        self._warned_sec: dict[str, float] = {}
        self._is_advised = False

    def _make_people(
        self, entities: RosEntities, topic: str, settings: Settings, qos: QoSProfile,
        now_sec: Callable[[], float],
    ) -> 'CameraPeople':
        # Needs vision_msgs, which a robot may lack.
        from imrs_ros.node.people.camera_people import CameraPeople
        return CameraPeople(
            entities, self._name, topic, settings, qos, now_sec, self._warn)

    def subscribe(self, worker: Worker, entities: RosEntities) -> None:
        """
        Pass the camera's images to the recognizer from now on.

        :param worker: owns the recognizer.
        :param entities: ends the subscription when it is closed.
        """
        entities.on_close(self._source.close)
        self._worker = worker
        self.health.expect_frames()
        self._source.follow_graph()
        if self.people is not None:
            self.people.subscribe(worker, entities)

    def follow_graph(self) -> None:
        """Switch to another topic where the current one delivers nothing, and another may."""
        try:
            self._source.follow_graph()
        # A topic that cannot be subscribed to must not end the process; it is tried again.
        except Exception as error:
            self._warn(NO_IMAGES, f'{type(error).__name__}: {error}')

    def _incompatibility(self, policy: str) -> str:
        advice = (
            'set the parameter reliability to best_effort, or the publisher to reliable'
            if policy == 'reliability' else
            f'change the publisher, or the parameter qos_overrides of {self._source.topic_name}')
        return f'incompatible QoS {policy}; {advice}'

    def _receive(self, kind: ImageKind, data: bytes) -> None:
        if self._worker is None:
            raise RuntimeError('expected a subscribed camera; call subscribe first')
        try:
            msg = read_message(kind, data)
            frame = self._decode(msg)
            # Before the window is due: the worker may be faster than this thread. The network
            # sees the same pixels with and without subscribers.
            self.outputs.annotated.keep(lambda: decode_image(msg, self._depth))
            if self._clips is not None:
                self._clips.see(self._name, msg)
            pushed = self._worker.recognizer.push(self._name, frame)
        # Whatever an image causes, it must not end the process.
        except Exception as error:
            self.health.count_dropped()
            name = '' if isinstance(error, ImageError) else f'{type(error).__name__}: '
            self._warn('image dropped', f'{name}{error}')
            return
        age_ns = self._node.get_clock().now().nanoseconds - frame.stamp_ns
        self.health.count_frame(age_ns / 1e9, num_sampled=pushed.num_sampled,
                                restarted=pushed.restart is not None,
                                is_late=pushed.is_late)
        depth_report = self._depth.new_report()
        if depth_report is not None:
            self._warn('bit depth', depth_report)
        if pushed.restart is not None:
            self._warn('window restarted', pushed.restart)
        if pushed.is_window_due:
            self._worker.notify()

    def shown_people(self) -> 'list[tuple[Person, Decision | None]]':
        """
        Return everybody who is there, with the last decision on each.

        :return: nobody where people are not followed.
        """
        return [] if self.people is None else self.people.shown()

    def _decode(self, msg: AnyImage) -> Frame:
        """Return what the recognizer needs: the network's square, or, for people, all of it."""
        if self.people is None:
            return decode_square(msg, self._card.spec.size_px, self._depth)
        frame = decode_image(msg, self._depth)
        self.people.see(*frame.image_HWC.shape[:2])
        return frame

    def _warn(self, problem: str, text: str) -> None:
        """Log a problem, each kind at most once per period."""
        now_sec = time.monotonic()
        if now_sec - self._warned_sec.get(problem, -math.inf) >= WARNING_PERIOD_SEC:
            self._warned_sec[problem] = now_sec
            self._node.get_logger().warning(f'camera {self._name}: {problem}: {text}')

    def _advice(self, *, lacks_frames: bool) -> str:
        """Return what to do where no images arrive, if it is known; logged once a silence."""
        advice = (lost_images_advice(get_rmw_implementation_identifier(), os.environ)
                  if lacks_frames and self._source.is_raw_and_matched else '')
        if advice and not self._is_advised:
            self._warn(NO_IMAGES, advice)
        self._is_advised = bool(advice)
        return advice

    def _frames_per_window(self, sampled_hz: float) -> float:
        """Return how many different frames a window holds at most, at the present rate."""
        spec = self._card.spec
        return min(spec.num_frames, sampled_hz * spec.num_frames / spec.fps)

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
            report.problems(spec.fps, spec.num_frames / spec.fps, window_limit_sec,
                            self._advice(lacks_frames=report.lacks_frames))
            if expects_images else [])
        if (policy := self._source.incompatible_policy) is not None:
            problems.append(HealthProblem(
                Level.ERROR, f'{NO_IMAGES}: {self._incompatibility(policy)}'))
        values = {key: f'{value:.4g}' if isinstance(value, float) else str(value)
                  for key, value in report._asdict().items()}
        if self.people is not None:
            of_people, people_values = self.people.status(expects_detections=expects_images)
            problems += of_people
            values |= people_values
        return Status(
            camera=self._name, hardware_id=self._hardware_id, state=state, problems=problems,
            values={'topic': self._source.topic_name, **values,
                    'model_hz': f'{spec.fps:g}',
                    'frames_per_window': f'{self._frames_per_window(report.sampled_hz):.1f}',
                    'num_skipped_windows': str(num_skipped)})


def _detections_topic(settings: NodeSettings, topic: str) -> str:
    """Return the topic of the people in a camera's images."""
    if settings.detections:
        return settings.detections[settings.cameras.index(topic)]
    return detections_topic(topic)
