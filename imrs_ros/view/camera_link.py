# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""One camera of a recognizer: subscribes to its outputs, and to its images while they are seen."""

import math
import time
from typing import Any

from imrs_ros.node.messages import BitDepth, HAS_VISION_MSGS, stamp_to_ns
from imrs_ros.node.qos import EVERY_WINDOW, image_qos, LATCHED
from imrs_ros.node.topics import (
    ACTION, CLASSIFICATION, LABEL, output_topic, PEOPLE, PERSON_ACTION)
from imrs_ros.node.transport import choose_topic, image_topics, ImageKind, ImageTopic
from imrs_ros.people.detection_fields import upright_box
from imrs_ros.records import NO_ACTION
from imrs_ros.view.guarded import guarded
from imrs_ros.view.live_state import LiveState, SeenPerson
from imrs_ros.view.pictures import make_picture
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from rclpy.validate_topic_name import validate_topic_name
from std_msgs.msg import String

if HAS_VISION_MSGS:
    from vision_msgs.msg import Classification, Detection2D, Detection2DArray

PICTURE_PERIOD_SEC = 0.095
"""Least time between two pictures, a little less than that of the server."""


class CameraLink:
    """The subscriptions to one camera; used on the executor's thread alone."""

    def __init__(self, node: Node, state: LiveState, recognizer: str, camera: str) -> None:
        """
        Subscribe to the decisions.

        :param node: owns the subscriptions.
        :param state: what arrives goes here.
        :param recognizer: full name of the recognizer.
        :param camera: the camera's name.
        """
        self._node, self._state = node, state
        self._recognizer, self._camera = recognizer, camera
        self._seen: list[Subscription] = []
        self._image: Subscription | None = None
        self._image_topic: ImageTopic | None = None
        self._depth = BitDepth()
        self._picture_sec = 0.0
        self._always = [
            self._subscribe(Classification, ACTION, self._on_action, LATCHED),
            self._subscribe(Detection2D, PERSON_ACTION, self._on_person_action,
                            QoSProfile(depth=100)),
        ] if HAS_VISION_MSGS else [self._subscribe(String, LABEL, self._on_label, LATCHED)]

    def _subscribe(self, kind: type, output: str, callback: Any, qos: QoSProfile) -> Subscription:
        return self._node.create_subscription(
            kind, output_topic(self._camera, output, self._recognizer),
            guarded(self._state, callback), qos)

    def follow(self, *, is_watched: bool) -> None:
        """
        Subscribe to what is seen, while someone looks.

        :param is_watched: whether someone looks.
        """
        if is_watched and not self._seen and HAS_VISION_MSGS:
            self._seen = [
                self._subscribe(Classification, CLASSIFICATION, self._on_scores, EVERY_WINDOW),
                self._subscribe(Detection2DArray, PEOPLE, self._on_people, EVERY_WINDOW)]
        if not is_watched:
            for subscription in self._seen:
                self._node.destroy_subscription(subscription)
            self._seen.clear()
        self._follow_images(self._state.topic_of(self._recognizer, self._camera)
                            if is_watched else '')

    def _follow_images(self, hint: str) -> None:
        try:
            if hint:
                validate_topic_name(hint)
        except InvalidTopicNameException as error:
            raise ValueError(f'{self._recognizer}: /diagnostics should name the topic of the '
                             f'images of {self._camera}, got {hint!r:.80}') from error
        topic = choose_topic(self._node, image_topics(self._node, hint, 'auto'),
                             self._image_topic) if hint else None
        if topic == self._image_topic:
            return
        if self._image is not None:
            self._node.destroy_subscription(self._image)
            self._image = None
        self._image_topic = topic
        if topic is not None:
            kind = topic.kind
            self._image = self._node.create_subscription(
                kind, topic.name,
                guarded(self._state, lambda data: self._on_image(kind, data)),
                image_qos('best_effort', 1), raw=True)

    def _on_image(self, kind: ImageKind, data: bytes) -> None:
        now_sec = time.monotonic()
        if now_sec - self._picture_sec < PICTURE_PERIOD_SEC:
            return
        self._picture_sec = now_sec
        try:
            picture, problem = make_picture(kind, data, self._depth), ''
        # Whatever an image causes, it must not end the process.
        except Exception as error:
            picture, problem = None, str(error)
        self._state.take_picture(self._recognizer, self._camera, picture, problem)

    def _on_scores(self, msg: 'Classification') -> None:
        self._state.take_scores(
            self._recognizer, self._camera, _sec(msg),
            [(result.class_id, result.score) for result in msg.results])

    def _take_action(self, who: str, label: str, score: float, onset_sec: float) -> None:
        self._state.take_action(
            self._recognizer, self._camera, who, label, score, onset_sec)

    def _on_action(self, msg: 'Classification') -> None:
        for result in msg.results[:1]:
            self._take_action('', result.class_id, result.score, _sec(msg))

    def _on_label(self, msg: String) -> None:
        self._take_action('', msg.data, 1.0, self._state.now_sec())

    def _on_person_action(self, msg: 'Detection2D') -> None:
        for result in msg.results[:1]:
            self._take_action(msg.id, result.hypothesis.class_id, result.hypothesis.score,
                              _sec(msg))

    def _on_people(self, msg: 'Detection2DArray') -> None:
        people = []
        for found in msg.detections:
            try:
                box = upright_box(found.bbox)
                box_px = (box.left, box.top, box.right, box.bottom)
            # No angle; others are shown all the same.
            except ValueError:
                box_px = (math.nan,) * 4
            label, score = NO_ACTION, 0.0
            for result in found.results[:1]:
                label, score = result.hypothesis.class_id, result.hypothesis.score
            people.append(SeenPerson(found.id, box_px, label, score))
        self._state.take_people(self._recognizer, self._camera, people)

    def close(self) -> None:
        """Unsubscribe from everything."""
        self.follow(is_watched=False)
        for subscription in self._always:
            self._node.destroy_subscription(subscription)
        self._always.clear()


def _sec(msg: Any) -> float:
    return float(stamp_to_ns(msg.header.stamp) / 1e9)
