"""Video files played as a camera, at the frame rate of the video."""

from collections.abc import Iterable
from pathlib import Path
import time

from imrs_ros.node.messages import jpeg_message, raw_message
from imrs_ros.node.transport import COMPRESSED_SUFFIX
from imrs_ros.records import Frame
from imrs_ros.video import read_video, StampedImage
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image


class VideoPlayer:
    """Publishes videos on one topic, stamped by the node's clock."""

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

    def play(self, video: Path) -> tuple[int, int]:
        """
        Play one video in real time; return after its last frame.

        :param video: the file.
        :return: stamps of its first and last frame, ns.
        :raises VideoError: when it cannot be read.
        """
        return self.play_images(read_video(video))

    def play_images(self, images: Iterable[StampedImage]) -> tuple[int, int]:
        """
        Play decoded frames in real time.

        :param images: at least one, in order.
        :return: stamps of the first and the last frame, ns.
        """
        start_ns = self._node.get_clock().now().nanoseconds
        start_sec = time.monotonic()
        stamp_ns = start_ns
        for image in images:
            time.sleep(max(0.0, start_sec + image.stamp_ns / 1e9 - time.monotonic()))
            stamp_ns = start_ns + image.stamp_ns
            frame = Frame(stamp_ns, self._frame_id, image.image_HWC)
            self._publisher.publish(
                jpeg_message(frame) if self._is_jpeg else raw_message(frame))
        return start_ns, stamp_ns
