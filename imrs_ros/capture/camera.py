# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The camera that is recorded: its topic is found, and its images are decoded."""

from collections.abc import Callable
from dataclasses import replace
import os
import time

from imrs_ros.capture.camera_choice import choose_camera, published_images
from imrs_ros.capture.options import CaptureOptions
from imrs_ros.images.preprocessing import fit_within
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.fastdds_profile import lost_images_advice
from imrs_ros.node.messages import BitDepth, decode_image, ImageError, read_message
from imrs_ros.node.qos import image_qos
from imrs_ros.node.transport import image_topics, ImageKind, ImageSource
from imrs_ros.records import Frame
from rclpy import get_rmw_implementation_identifier

QUEUE_SIZE = 30
"""Images that wait while one is encoded."""
DISCOVERY_SEC = 1.0
"""Time for the graph to be complete, before the topic of a camera is chosen by name."""
MAX_SIDE_PX = 960
"""Images are recorded no larger: several times what a network takes."""


class CaptureCamera:
    """A subscription to one camera; used on the executor's thread alone."""

    def __init__(self, entities: RosEntities, options: CaptureOptions,
                 on_frame: Callable[[Frame], None], say: Callable[[str], None]) -> None:
        """
        Subscribe to nothing yet; see ``follow_graph``.

        :param entities: ends the subscription when it is closed.
        :param options: which camera, and how.
        :param on_frame: called with every image that can be used.
        :param say: called with what is subscribed to, and what is wrong.
        """
        self._node, self._options = entities.node, options
        self._on_frame, self._say = on_frame, say
        self._source: ImageSource | None = None
        self._depth = BitDepth()
        self._said, self._dropped = '', ''
        self._start_sec = self._last_frame_sec = time.monotonic()
        entities.on_close(self._close)

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()

    @property
    def silent_sec(self) -> float:
        """Return the time since the last image that could be used, or since ``expect_images``."""
        return time.monotonic() - self._last_frame_sec

    def expect_images(self) -> None:
        """Measure the time without images from now on."""
        self._last_frame_sec = time.monotonic()

    def follow_graph(self) -> None:
        """
        Subscribe to what is published; to be called now and then.

        :raises ValueError: when the name of the camera is that of several topics.
        """
        if self._source is None:
            self._source = self._find()
        if self._source is not None:
            self._source.follow_graph()

    def _find(self) -> ImageSource | None:
        camera, node = self._options.camera, self._node
        if '/' not in camera and time.monotonic() - self._start_sec < DISCOVERY_SEC:
            return None
        topic = choose_camera(camera, node.resolve_topic_name(camera), published_images(node))
        return None if topic is None else ImageSource(
            node, image_topics(node, topic, self._options.transport),
            image_qos(self._options.reliability, QUEUE_SIZE), self._receive,
            lambda policy: self._say(f'no images of {topic}: incompatible QoS {policy}'),
            lambda text: self._say(f'camera {text}'))

    def _receive(self, kind: ImageKind, data: bytes) -> None:
        try:
            frame = decode_image(read_message(kind, data), self._depth)
        # Whatever an image causes, it must not end the process.
        except Exception as error:
            name = '' if isinstance(error, ImageError) else f'{type(error).__name__}: '
            self._dropped = f'image dropped: {name}{error}'
            if self._dropped != self._said:
                self._said = self._dropped
                self._say(self._dropped)
            return
        self._last_frame_sec, self._dropped = time.monotonic(), ''
        self._on_frame(replace(frame, image_HWC=fit_within(frame.image_HWC, MAX_SIDE_PX)))

    def why_silent(self) -> str:
        """
        Explain why there are no images.

        :return: what was expected, what is there, and what to do.
        """
        options, published = self._options, published_images(self._node)
        there = ', '.join(f'{topic} ({kind})' for topic, kind in sorted(published.items()))
        text = (f'expected images of {options.camera} within {options.timeout:g} s, got none; '
                f'image topics that are published: {there or "none"}')
        source = self._source
        if source is None or not published:
            return (f'{text}; give one of them as --camera' if published else
                    f'{text}; start the camera driver, and compare ROS_DOMAIN_ID')
        if self._dropped:
            return f'{text}; {self._dropped}'
        if source.incompatible_policy is not None:
            return (f'{text}; incompatible QoS {source.incompatible_policy}: give --reliability '
                    'best_effort')
        advice = (lost_images_advice(get_rmw_implementation_identifier(), os.environ)
                  if source.is_raw_and_matched else '')
        return f'{text}; {advice}' if advice else f'{text}; subscribed to {source.topic_name}'
