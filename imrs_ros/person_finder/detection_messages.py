# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""People to ROS messages; nothing else."""

from imrs_ros.node.messages import ns_to_stamp
from imrs_ros.people.detection import Detection, Detections
from std_msgs.msg import Header
from vision_msgs.msg import (
    BoundingBox2D, Detection2D, Detection2DArray, ObjectHypothesis, ObjectHypothesisWithPose,
    Point2D, Pose2D)

PERSON = 'person'
"""The class of everyone."""


def detections_message(
    detections: Detections, frame_id: str, height_px: int, width_px: int,
) -> Detection2DArray:
    """
    Return the people of an image.

    :param detections: of the image.
    :param frame_id: of its header.
    :param height_px: its height.
    :param width_px: its width.
    :return: the message, with boxes in pixels of that image.
    """
    header = Header(stamp=ns_to_stamp(detections.stamp_ns), frame_id=frame_id)
    return Detection2DArray(header=header, detections=[
        _detection(person, header, height_px, width_px) for person in detections.people])


def _detection(person: Detection, header: Header, height_px: int, width_px: int) -> Detection2D:
    box = person.box
    centre = Point2D(x=width_px * (box.left + box.right) / 2,
                     y=height_px * (box.top + box.bottom) / 2)
    return Detection2D(
        header=header, id=person.id,
        bbox=BoundingBox2D(
            center=Pose2D(position=centre), size_x=width_px * (box.right - box.left),
            size_y=height_px * (box.bottom - box.top)),
        results=[ObjectHypothesisWithPose(
            hypothesis=ObjectHypothesis(class_id=PERSON, score=person.score))])
