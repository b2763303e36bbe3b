# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``annotated`` of one camera: its images with an overlay of the decided action."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
import threading

from imrs_ros.images.preprocessing import fit_within
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import raw_message
from imrs_ros.node.overlay import draw_overlay, draw_people
from imrs_ros.node.topics import ANNOTATED, output_topic
from imrs_ros.people.detection import Person
from imrs_ros.records import Decision, Frame
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

NUM_KEPT_FRAMES = 32
"""Frames that wait for the decision on their window: about one second at 30 Hz."""
MAX_SIDE_PX = 640
"""Frames are kept and published no larger, so those of a camera take 39 MB at most."""


class AnnotatedOutput:
    """Publishes frames with an overlay; costs nothing while the topic has no subscribers."""

    def __init__(self, entities: RosEntities, camera: str) -> None:
        """
        Create the publisher.

        :param entities: owns the publisher.
        :param camera: the camera's name.
        """
        self._publisher = entities.lifecycle_publisher(
            Image, output_topic(camera, ANNOTATED), qos_profile_sensor_data)
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque(maxlen=NUM_KEPT_FRAMES)

    def keep(self, decode: Callable[[], Frame]) -> None:
        """
        Keep a frame until the decision on it; nothing while the topic has no subscribers.

        :param decode: returns the whole frame; called only with subscribers.
        """
        small = None
        if self._publisher.get_subscription_count() > 0:
            frame = decode()
            small = replace(frame, image_HWC=fit_within(frame.image_HWC, MAX_SIDE_PX))
        with self._lock:
            if small is not None:
                self._frames.append(small)
            else:
                self._frames.clear()

    def publish(self, decision: Decision, latency_sec: float,
                people: Iterable[tuple[Person, Decision | None]] = ()) -> None:
        """
        Publish the newest frame of a window with the decision after it.

        :param decision: the decision.
        :param latency_sec: time from the frame's stamp to now, s.
        :param people: everybody who is there, each with the last decision.
        """
        with self._lock:
            frame = next((f for f in self._frames if f.stamp_ns == decision.scores.stamp_ns), None)
        if frame is not None:
            image_HWC = draw_overlay(
                draw_people(frame.image_HWC, people), decision.label, decision.confidence,
                latency_sec)
            self._publisher.publish(raw_message(Frame(frame.stamp_ns, frame.frame_id, image_HWC)))
