# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a message says of people, however strange; no ROS."""

import math
from types import SimpleNamespace

from hypothesis import given, strategies as st
from imrs_ros.people.detection import Box, Detection, Detections
from imrs_ros.people.detection_fields import upright_box
import pytest

NUMBERS = st.floats() | st.floats(-2, 2)


def bounding_box(x, y, width, height, theta):
    return SimpleNamespace(
        center=SimpleNamespace(position=SimpleNamespace(x=x, y=y), theta=theta),
        size_x=width, size_y=height)


def test_a_turned_box_is_replaced_by_the_upright_one_around_it():
    box = upright_box(bounding_box(80.0, 60.0, 60.0, 110.0, math.pi / 2))
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((25, 30, 135, 90))
    box = upright_box(bounding_box(0.0, 0.0, 2.0, 2.0, -math.pi / 4))
    assert (box.left, box.bottom) == pytest.approx((-math.sqrt(2), math.sqrt(2)))


@pytest.mark.parametrize(('width', 'height', 'theta'), [
    (60, 110, math.inf), (60, 110, math.nan), (-60, 110, 0.8), (0, 100, 0.7), (60, -1, 0.0),
    (math.nan, 100, 0.0)])
def test_what_has_no_sides_or_no_angle_is_no_box(width, height, theta):
    assert not upright_box(bounding_box(0.5, 0.5, width, height, theta)).is_visible


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_no_box_raises_and_what_is_usable_is_in_the_picture(x, y, width, height, theta):
    found = Detection(upright_box(bounding_box(x, y, width, height, theta)), 0.5)
    for person in Detections(1, (found,)).usable(0.5).people:
        assert width > 0 < height
        assert person.box.inside().area > 0
        assert math.isfinite(person.box.area)


@pytest.mark.parametrize('score', [math.nan, math.inf, 0.1, -1.0])
def test_a_certainty_that_is_none_or_too_low_is_not_usable(score):
    everyone = Detections(1, (
        Detection(Box(0, 0, 1, 1), score, 'ann'), Detection(Box(0, 0, 1, 1), 0.2, 'bob')))
    assert [person.id for person in everyone.usable(0.2).people] == ['bob']
