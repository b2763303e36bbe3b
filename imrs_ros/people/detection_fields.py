# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a ``Detection2DArray`` says of people, whatever library deserialised it; no ROS."""

from collections.abc import Sequence
import math
from typing import Any

from imrs_ros.people.detection import Box


def upright_box(bbox: Any) -> Box:
    """
    Return a box; one that is turned is replaced by the upright one around it.

    :param bbox: a ``vision_msgs/BoundingBox2D``.
    :return: the box, in pixels; of nan where a side is not above 0, or the angle not finite.
    """
    at, theta = bbox.center.position, bbox.center.theta
    if not (bbox.size_x > 0 and bbox.size_y > 0 and math.isfinite(theta)):
        return Box(*(math.nan,) * 4)
    cosine, sine = abs(math.cos(theta)), abs(math.sin(theta))
    half_x = (bbox.size_x * cosine + bbox.size_y * sine) / 2
    half_y = (bbox.size_x * sine + bbox.size_y * cosine) / 2
    return Box(at.x - half_x, at.y - half_y, at.x + half_x, at.y + half_y)


def hypotheses_of(found: Any) -> tuple[tuple[str, float], ...]:
    """
    Return what a detection may be.

    :param found: a ``vision_msgs/Detection2D``.
    :return: classes, each with its certainty.
    """
    return tuple((result.hypothesis.class_id, float(result.hypothesis.score))
                 for result in found.results)


def person_score(hypotheses: Sequence[tuple[str, float]], person_class: str) -> float | None:
    """
    Return how certain it is that a detection is a person.

    :param hypotheses: as ``hypotheses_of`` returns them.
    :param person_class: class of the detections that are people; empty for all.
    :return: the best that is a person; 1 for a detection that says nothing, unless a class is
        asked for; None where it is no person.
    """
    scores = [score for name, score in hypotheses if person_class in ('', name)]
    if scores:
        return max(scores)
    return None if hypotheses or person_class else 1.0
