# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Detections of people to records and back, and decisions on people to messages; nothing else.

Boxes are in pixels in messages, and in shares of the image's sides in records.
"""

from collections.abc import Iterable

from imrs_ros.images.decoding import stamp_to_ns
from imrs_ros.node.messages import ns_to_stamp
from imrs_ros.people.detection import Box, Detection, Detections, PERSON, Person
from imrs_ros.people.detection_fields import hypotheses_of, person_score, upright_box
from imrs_ros.records import Decision
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D, Detection2D, Detection2DArray, ObjectHypothesis, ObjectHypothesisWithPose)

Size = tuple[int, int]
"""Width and height of an image, pixels."""


def read_detections(msg: Detection2DArray, size: Size, person_class: str) -> Detections:
    """
    Return the people in a message.

    :param msg: any detector's.
    :param size: of the image that the boxes are in.
    :param person_class: class of the detections that are people; empty for all.
    :return: the people; of the hypotheses about each, the best one that is a person counts. A
        detection without hypotheses is a person of certainty 1, unless a class is asked for.
    """
    width, height = size
    people = []
    for found in msg.detections:
        score = person_score(hypotheses_of(found), person_class)
        if score is not None:
            people.append(Detection(
                upright_box(found.bbox).scaled(1 / width, 1 / height), score, found.id))
    return Detections(stamp_to_ns(msg.header.stamp), tuple(people))


def detections_message(detections: Detections, frame_id: str, size: Size) -> Detection2DArray:
    """
    Return the people of an image.

    :param detections: of the image.
    :param frame_id: of its header.
    :param size: of the image.
    :return: the message.
    """
    header = _header(detections.stamp_ns, frame_id)
    return Detection2DArray(header=header, detections=[
        _person_message(header, person.id, person.box, (PERSON, person.score), size)
        for person in detections.people])


def _to_message(box: Box, size: Size) -> BoundingBox2D:
    box = box.scaled(*size)
    bbox = BoundingBox2D(size_x=box.right - box.left, size_y=box.bottom - box.top)
    bbox.center.position.x = (box.left + box.right) / 2
    bbox.center.position.y = (box.top + box.bottom) / 2
    return bbox


def _person_message(
    header: Header, name: str, box: Box, hypothesis: tuple[str, float] | None, size: Size,
) -> Detection2D:
    """Return someone, with a class and its certainty where there is one."""
    results = [] if hypothesis is None else [ObjectHypothesisWithPose(
        hypothesis=ObjectHypothesis(class_id=hypothesis[0], score=hypothesis[1]))]
    return Detection2D(header=header, id=name, bbox=_to_message(box, size), results=results)


def _decided(decision: Decision | None) -> tuple[str, float] | None:
    return None if decision is None else (decision.label, decision.confidence)


def people_message(
    newest: Decision, people: Iterable[tuple[Person, Decision | None]], size: Size,
) -> Detection2DArray:
    """
    Return everybody, each with the decided action.

    :param newest: the decision that led to the message; the header is that of its window's
        newest frame.
    :param people: everybody who is there, with the last decision; None for someone who was not
        scored yet, or is not.
    :param size: of the camera's images.
    :return: the message; the box is where the person was last detected.
    """
    header = _header(newest.scores.stamp_ns, newest.scores.frame_id)
    return Detection2DArray(header=header, detections=[
        _person_message(header, person.id, person.box, _decided(decision), size)
        for person, decision in people])


def person_action_message(person: Person, decision: Decision, size: Size) -> Detection2D:
    """
    Return an action that a person starts, or that it ended.

    :param person: who, and where at that moment.
    :param decision: one that changed the label.
    :param size: of the camera's images.
    :return: the message; its stamp is the action's onset.
    """
    return _person_message(
        _header(decision.onset_ns, decision.scores.frame_id), person.id, person.box,
        _decided(decision), size)


def _header(stamp_ns: int, frame_id: str) -> Header:
    return Header(stamp=ns_to_stamp(stamp_ns), frame_id=frame_id)
