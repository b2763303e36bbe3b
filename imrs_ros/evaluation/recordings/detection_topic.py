# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Topics of people: ``vision_msgs/Detection2DArray`` of vision_msgs 4 (ROS 2 Humble and later).

rosbags does not know the type, so its definitions stand here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from imrs_ros.images.decoding import stamp_to_ns
from imrs_ros.people.detection import Box, Detection, Detections, PERSON
from imrs_ros.people.detection_fields import hypotheses_of, person_score, upright_box
import numpy as np
from rosbags.typesys import get_types_from_msg
from rosbags.typesys.store import Typestore

DETECTIONS = 'vision_msgs/msg/Detection2DArray'
NO_COVARIANCE = np.zeros(36)
DEFINITIONS = {
    'Point2D': 'float64 x\nfloat64 y',
    'Pose2D': 'vision_msgs/Point2D position\nfloat64 theta',
    'BoundingBox2D': 'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y',
    'ObjectHypothesis': 'string class_id\nfloat64 score',
    'ObjectHypothesisWithPose':
        'vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose',
    'Detection2D':
        'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
        'vision_msgs/BoundingBox2D bbox\nstring id',
    'Detection2DArray': 'std_msgs/Header header\nvision_msgs/Detection2D[] detections'}
"""Fields of each message, of the package vision_msgs."""


@dataclass(frozen=True, slots=True)
class RecordedPerson:
    """One detection of a message."""

    box: Box
    """In pixels."""
    classes: tuple[tuple[str, float], ...]
    """What it may be, and how certain that is."""
    name: str
    """Id of the detection; may be empty."""


@dataclass(frozen=True, slots=True)
class RecordedDetections:
    """One message: all that was detected in an image."""

    log_ns: int
    """When it was recorded, from the start of the recording."""
    stamp_ns: int
    """Header stamp, that of the image."""
    found: tuple[RecordedPerson, ...]

    def people(self, width_px: int, height_px: int, person_class: str) -> Detections:
        """
        Return the people as the node reads them.

        :param width_px: of the image that the detector saw.
        :param height_px: of that image.
        :param person_class: of the detections that are people; empty for all.
        :return: boxes in shares of the image. Of what a detection may be, the best that is a
            person counts; one that says nothing is a person of certainty 1, unless a class is
            asked for.
        """
        scored = [(one, person_score(one.classes, person_class)) for one in self.found]
        return Detections(self.stamp_ns, tuple(
            Detection(one.box.scaled(1 / width_px, 1 / height_px), score, one.name)
            for one, score in scored if score is not None))

    def others(self, person_class: str) -> list[str]:
        """
        Return what the detections are that are no people.

        :param person_class: as for ``people``.
        :return: the most certain class of each; ``unknown`` where none is said.
        """
        return [max(one.classes, key=itemgetter(1))[0] if one.classes else 'unknown'
                for one in self.found if person_score(one.classes, person_class) is None]


def add_types(store: Typestore) -> None:
    """
    Make a store of rosbags know the messages.

    :param store: of one bag.
    """
    for name, fields in DEFINITIONS.items():
        store.register(get_types_from_msg(fields, f'vision_msgs/msg/{name}'))


def message_fields(store: Typestore, header: Any, people: Sequence[Detection]) -> tuple[Any, ...]:
    """
    Create the fields of a message.

    :param store: that knows the messages.
    :param header: of the image.
    :param people: with boxes in pixels.
    :return: header and detections.
    """
    types = store.types

    def make(name: str, *fields: Any, package: str = 'vision_msgs') -> Any:
        return types[f'{package}/msg/{name}'](*fields)
    nowhere = make(
        'PoseWithCovariance',
        make('Pose', make('Point', 0.0, 0.0, 0.0, package='geometry_msgs'),
             make('Quaternion', 0.0, 0.0, 0.0, 1.0, package='geometry_msgs'),
             package='geometry_msgs'),
        NO_COVARIANCE, package='geometry_msgs')

    def one(found: Detection) -> Any:
        box = found.box
        centre = make('Point2D', (box.left + box.right) / 2, (box.top + box.bottom) / 2)
        return make(
            'Detection2D', header,
            [make('ObjectHypothesisWithPose',
                  make('ObjectHypothesis', PERSON, found.score), nowhere)],
            make('BoundingBox2D', make('Pose2D', centre, 0.0), box.right - box.left,
                 box.bottom - box.top), found.id)
    return header, [one(found) for found in people]


def read_message(message: Any, log_ns: int) -> RecordedDetections:
    """
    Read a message.

    :param message: deserialised.
    :param log_ns: when it was recorded, from the start of the recording.
    :return: what it says.
    """
    return RecordedDetections(
        log_ns, stamp_to_ns(message.header.stamp), tuple(
            RecordedPerson(upright_box(found.bbox), hypotheses_of(found), found.id)
            for found in message.detections))
