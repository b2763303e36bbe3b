# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Video played as a camera, at the frame rate of the video."""

from collections.abc import Iterable
import time
from typing import NamedTuple

from imrs_ros.node.messages import jpeg_message, raw_message
from imrs_ros.node.transport import COMPRESSED_SUFFIX
from imrs_ros.records import Frame
from imrs_ros.video import StampedImage
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

LATE_SEC = 0.1
"""A frame later than this delays all that follow."""


class Played(NamedTuple):
    """A video that was played."""

    duration_sec: float
    """Its duration up to the last frame."""
    late_sec: float
    """How much longer it took to play, because the machine was too slow."""


class VideoPlayer:
    """Publishes video on one topic, stamped by the node's clock."""

    def __init__(self, node: Node, topic: str, frame_id: str) -> None:
        """
        Create the publisher.

        :param node: the node that owns it.
        :param topic: image topic; one that ends in /compressed carries JPEG.
        :param frame_id: frame id of every header.
        """
        self._node, self._frame_id = node, frame_id
        self._is_jpeg = topic.endswith(COMPRESSED_SUFFIX)
        self._publisher = node.create_publisher(
            CompressedImage if self._is_jpeg else Image, topic, qos_profile_sensor_data)

    @property
    def num_subscribers(self) -> int:
        """Return the number of matched subscribers."""
        return self._publisher.get_subscription_count()

    def play(self, images: Iterable[StampedImage]) -> Played:
        """
        Play frames in real time, or slower where this machine is too slow for them.

        :param images: frames in order.
        :return: how long it took.
        """
        now = self._node.get_clock().now
        start_ns, start_sec, late_sec, last_ns = 0, 0.0, 0.0, 0
        for number, image in enumerate(images):
            last_ns = image.stamp_ns
            if number == 0:
                # Here, since a camera may take seconds until its first image.
                start_ns, start_sec = now().nanoseconds, time.monotonic()
            wait_sec = start_sec + late_sec + last_ns / 1e9 - time.monotonic()
            if wait_sec < -LATE_SEC:
                # Stamps stay true: otherwise the lag would look like latency of the node.
                late_sec -= wait_sec
            time.sleep(max(0.0, wait_sec))
            frame = Frame(start_ns + last_ns + round(late_sec * 1e9), self._frame_id,
                          image.image_HWC)
            self._publisher.publish(
                jpeg_message(frame) if self._is_jpeg else raw_message(frame))
        return Played(last_ns / 1e9, late_sec)
