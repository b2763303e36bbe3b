# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Detections of people to records, and decisions on people to messages; nothing else.

Boxes are in pixels in messages, and in shares of the image's sides in records.
"""

from collections.abc import Iterable
import math

from imrs_ros.images.decoding import stamp_to_ns
from imrs_ros.node.messages import ns_to_stamp
from imrs_ros.people.detection import Box, Detection, Detections, Person
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
    people = []
    for found in msg.detections:
        hypotheses = [(h.hypothesis.class_id, h.hypothesis.score) for h in found.results]
        scores = [score for name, score in hypotheses if person_class in ('', name)]
        if scores or not (hypotheses or person_class):
            people.append(Detection(
                _to_box(found.bbox, size), max(scores, default=1.0), found.id))
    return Detections(stamp_to_ns(msg.header.stamp), tuple(people))


def _to_box(bbox: BoundingBox2D, size: Size) -> Box:
    """Return a box; one that is turned is replaced by the upright one around it."""
    (width, height), centre = size, bbox.center
    cosine, sine = abs(math.cos(centre.theta)), abs(math.sin(centre.theta))
    half_x = (bbox.size_x * cosine + bbox.size_y * sine) / 2
    half_y = (bbox.size_x * sine + bbox.size_y * cosine) / 2
    x, y = centre.position.x, centre.position.y
    return Box((x - half_x) / width, (y - half_y) / height,
               (x + half_x) / width, (y + half_y) / height)


def _to_message(box: Box, size: Size) -> BoundingBox2D:
    width, height = size
    bbox = BoundingBox2D(size_x=(box.right - box.left) * width,
                         size_y=(box.bottom - box.top) * height)
    bbox.center.position.x = (box.left + box.right) / 2 * width
    bbox.center.position.y = (box.top + box.bottom) / 2 * height
    return bbox


def _person_message(
    header: Header, person: Person, decision: Decision | None, size: Size,
) -> Detection2D:
    results = [] if decision is None else [ObjectHypothesisWithPose(hypothesis=ObjectHypothesis(
        class_id=decision.label, score=decision.confidence))]
    return Detection2D(
        header=header, id=person.id, bbox=_to_message(person.box, size), results=results)


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
        _person_message(header, person, decision, size) for person, decision in people])


def person_action_message(person: Person, decision: Decision, size: Size) -> Detection2D:
    """
    Return an action that a person starts, or that it ended.

    :param person: who, and where at that moment.
    :param decision: one that changed the label.
    :param size: of the camera's images.
    :return: the message; its stamp is the action's onset.
    """
    return _person_message(
        _header(decision.onset_ns, decision.scores.frame_id), person, decision, size)


def _header(stamp_ns: int, frame_id: str) -> Header:
    return Header(stamp=ns_to_stamp(stamp_ns), frame_id=frame_id)
