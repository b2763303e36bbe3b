# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""One camera of the person finder: its newest image in, its people out."""

from functools import partial
import math
import threading
import time

from imrs_ros.images.bit_depth import BitDepth
from imrs_ros.node.camera_health import (
    CameraHealth, HealthProblem, Level, WARNING_PERIOD_SEC)
from imrs_ros.node.entities import clock_sec, RosEntities
from imrs_ros.node.messages import (
    AnyImage, decode_image, ImageError, read_message, stamp_to_ns)
from imrs_ros.node.outputs import Status
from imrs_ros.node.people.messages import detections_message
from imrs_ros.node.qos import image_qos
from imrs_ros.node.transport import image_topics, ImageKind, ImageSource
from imrs_ros.node_settings import camera_name
from imrs_ros.people.detection import Detections
from imrs_ros.people.identities import Identities
from imrs_ros.people.topic_names import detections_topic
from imrs_ros.person_finder.finder import Finder
from imrs_ros.person_finder.image_choice import ImageChoice
from imrs_ros.person_finder.settings import FinderSettings
from rclpy.qos import QoSProfile
from vision_msgs.msg import Detection2DArray

SLOW_SEC = 1.0
"""A result that is older is of little use."""
DETECTIONS_QOS = QoSProfile(depth=10)


class FinderCamera:
    """
    A camera: the newest image that waits, who is in it, and how that goes.

    Images arrive on the executor's thread, and only the newest one waits. All that takes time is
    done on the finder's thread, by ``look``.
    """

    def __init__(self, entities: RosEntities, topic: str, settings: FinderSettings) -> None:
        """
        Create the publisher.

        :param entities: owns it.
        :param topic: the image topic.
        :param settings: transport, reliability, rate and more.
        """
        self._node, self._settings = entities.node, settings
        self.name = camera_name(topic)
        topics = image_topics(self._node, topic, settings.transport)
        self._hardware_id = self._node.resolve_topic_name(topics[0].name)
        self._source = ImageSource(
            self._node, topics, image_qos(settings.reliability, 1), self._receive,
            lambda policy: self._warn(f'no images: incompatible QoS {policy}'),
            lambda text: self._node.get_logger().info(f'camera {self.name}: {text}'))
        self._publisher = entities.lifecycle_publisher(
            Detection2DArray, detections_topic(topic), DETECTIONS_QOS)
        self._identities = Identities() if settings.track else None
        self._depth = BitDepth()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._choice = ImageChoice(settings.rate_hz)
        self._waiting: AnyImage | None = None
        self._is_active = False
        self.health = CameraHealth(partial(clock_sec, self._node))
        self._num_people = self._num_overtaken = 0
        self._reason = ''
        self._warned_sec = -math.inf

    def subscribe(self, entities: RosEntities, wake: threading.Event) -> None:
        """
        Take images from now on.

        :param entities: ends the subscription when it is closed.
        :param wake: set when an image waits.
        """
        entities.on_close(self._forget)
        entities.on_close(self._source.close)
        with self._lock:
            self._wake, self._is_active = wake, True
            self._choice = ImageChoice(self._settings.rate_hz)
        self.health.expect_frames()
        self._source.follow_graph()

    def _forget(self) -> None:
        """Drop the image that waits; nothing is published from now on."""
        with self._lock:
            self._is_active, self._waiting = False, None

    def follow_graph(self) -> None:
        """Switch to another topic where the current one delivers nothing, and another may."""
        try:
            self._source.follow_graph()
        # A topic that cannot be subscribed to must not end the process; it is tried again.
        except Exception as error:
            self._warn(f'no images: {type(error).__name__}: {error}')

    def _receive(self, kind: ImageKind, data: bytes) -> None:
        try:
            msg = read_message(kind, data)
            stamp_ns = stamp_to_ns(msg.header.stamp)
        # Whatever an image causes, it must not end the process.
        except Exception as error:
            self._drop(error)
            return
        age_ns = self._node.get_clock().now().nanoseconds - stamp_ns
        self.health.count_frame(age_ns / 1e9, num_sampled=0, restarted=False)
        with self._lock:
            if self._choice.is_due(stamp_ns):
                self._num_overtaken += self._waiting is not None
                self._waiting = msg
        self._wake.set()

    def look(self, finder: Finder) -> None:
        """
        Publish who is in the image that waits, if one does; on the finder's thread.

        :param finder: finds people.
        """
        with self._lock:
            msg, self._waiting = self._waiting, None
        if msg is None:
            return
        try:
            self._publish(*self._find(finder, msg))
        except Exception as error:
            self._drop(error)

    def _find(self, finder: Finder, msg: AnyImage) -> tuple[Detection2DArray, float]:
        """Return the message, and the time that finding took."""
        frame = decode_image(msg, self._depth)
        start_sec = time.perf_counter()
        found = Detections(
            frame.stamp_ns, finder.find(frame.image_HWC, self._settings.min_score))
        if self._identities is not None:
            found = self._identities.assign(found)
        height_px, width_px = frame.image_HWC.shape[:2]
        return (detections_message(found, frame.frame_id, (width_px, height_px)),
                time.perf_counter() - start_sec)

    def _publish(self, message: Detection2DArray, finding_sec: float) -> None:
        with self._lock:
            if not self._is_active:
                return
            self._publisher.publish(message)
            self._num_people = len(message.detections)
        latency_ns = self._node.get_clock().now().nanoseconds - stamp_to_ns(message.header.stamp)
        self.health.count_window(latency_ns / 1e9, finding_sec)

    def _drop(self, error: Exception) -> None:
        """Count an image that could not be looked at, and say why."""
        name = '' if isinstance(error, ImageError) else f'{type(error).__name__}: '
        self._reason = f'{name}{error}'
        self.health.count_dropped()
        self._warn(f'image dropped: {self._reason}')

    def _warn(self, text: str) -> None:
        now_sec = time.monotonic()
        if now_sec - self._warned_sec >= WARNING_PERIOD_SEC and self._node.context.ok():
            self._warned_sec = now_sec
            self._node.get_logger().warning(f'camera {self.name}: {text}')

    def status(self, state: str, *, expects_images: bool) -> Status:
        """
        Return the camera's entry in the diagnostics, and reset its counters.

        :param state: state of the node, in one word.
        :param expects_images: whether missing images are a problem.
        :return: the entry.
        """
        report = self.health.report()
        problems = []
        if expects_images and report.lacks_frames:
            problems.append(HealthProblem(
                Level.ERROR, f'no images for {report.silent_sec:.0f} s'))
        if (policy := self._source.incompatible_policy) is not None:
            problems.append(HealthProblem(
                Level.ERROR, f'no images: incompatible QoS {policy}; set the parameter '
                'reliability, or change the publisher'))
        if report.num_newly_dropped:
            problems.append(HealthProblem(
                Level.WARN, f'images dropped since the last report: {report.num_newly_dropped}: '
                f'{self._reason}'))
        if report.latency_p50_sec > SLOW_SEC:
            problems.append(HealthProblem(
                Level.WARN, f'latency {report.latency_p50_sec:.2f} s; the machine is too slow, or '
                'its clock differs from that of the camera'))
        return Status(
            camera=self.name, hardware_id=self._hardware_id, state=state, problems=problems,
            values={
                'topic': self._source.topic_name, 'images_hz': f'{report.frames_hz:.4g}',
                'detections_hz': f'{report.windows_hz:.4g}', 'num_people': str(self._num_people),
                'image_age_sec': f'{report.frame_age_sec:.4g}',
                'latency_p50_sec': f'{report.latency_p50_sec:.4g}',
                'latency_max_sec': f'{report.latency_max_sec:.4g}',
                'finding_p50_sec': f'{report.inference_p50_sec:.4g}',
                'num_dropped': str(report.num_dropped), 'last_reason': self._reason,
                'num_overtaken': str(self._num_overtaken)})
