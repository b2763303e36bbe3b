"""``annotated`` of one camera: its images with the decided action, drawn while someone looks."""

from collections import deque
from collections.abc import Callable
import threading

from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import raw_message
from imrs_ros.node.overlay import annotate
from imrs_ros.records import Decision, Frame
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

KEPT_FRAMES = 32
"""Frames that wait for the decision on their window; at 30 Hz, those of a second."""


class AnnotatedOutput:
    """Keeps frames and draws on them while the topic has subscribers, and costs nothing else."""

    def __init__(self, entities: RosEntities, camera: str) -> None:
        """
        Make the publisher.

        :param entities: what it belongs to.
        :param camera: the camera's name.
        """
        self._publisher = entities.lifecycle_publisher(
            Image, f'~/{camera}/annotated', qos_profile_sensor_data)
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque(maxlen=KEPT_FRAMES)

    def keep(self, decode: Callable[[], Frame]) -> None:
        """
        Keep a frame for the decision on it; nothing while nobody subscribes.

        :param decode: gives the whole frame; called only where someone does.
        """
        frame = decode() if self._publisher.get_subscription_count() > 0 else None
        with self._lock:
            if frame is not None:
                self._frames.append(frame)
            else:
                self._frames.clear()

    def publish(self, decision: Decision, latency_sec: float) -> None:
        """
        Publish the newest frame of a window with what was decided after it.

        :param decision: the decision.
        :param latency_sec: from the frame's stamp to now, s.
        """
        with self._lock:
            frame = next((f for f in self._frames if f.stamp_ns == decision.scores.stamp_ns), None)
        if frame is not None:
            image_HWC = annotate(
                frame.image_HWC, decision.label, decision.confidence, latency_sec)
            self._publisher.publish(raw_message(Frame(frame.stamp_ns, frame.frame_id, image_HWC)))
