"""``annotated`` of one camera: its images with an overlay of the decided action."""

from collections import deque
from collections.abc import Callable
import threading

from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import raw_message
from imrs_ros.node.overlay import draw_overlay
from imrs_ros.node.topics import ANNOTATED, output_topic
from imrs_ros.records import Decision, Frame
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

NUM_KEPT_FRAMES = 32
"""Frames that wait for the decision on their window: about one second at 30 Hz."""


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
        frame = decode() if self._publisher.get_subscription_count() > 0 else None
        with self._lock:
            if frame is not None:
                self._frames.append(frame)
            else:
                self._frames.clear()

    def publish(self, decision: Decision, latency_sec: float) -> None:
        """
        Publish the newest frame of a window with the decision after it.

        :param decision: the decision.
        :param latency_sec: time from the frame's stamp to now, s.
        """
        with self._lock:
            frame = next((f for f in self._frames if f.stamp_ns == decision.scores.stamp_ns), None)
        if frame is not None:
            image_HWC = draw_overlay(
                frame.image_HWC, decision.label, decision.confidence, latency_sec)
            self._publisher.publish(raw_message(Frame(frame.stamp_ns, frame.frame_id, image_HWC)))
