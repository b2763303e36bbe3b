# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A whole picture in a square, and the way back."""

from hypothesis import given, strategies as st
from imrs_ros.people.detection import Box
from imrs_ros.person_finder.letterbox import fit_square
import numpy as np
import pytest

SIDES = st.integers(1, 700)


@given(SIDES, SIDES)
def test_the_picture_fills_the_square_one_way_and_is_centred_the_other(height, width):
    image = np.full((height, width, 3), 255, np.uint8)
    square, where = fit_square(image, 64)
    assert square.shape == (64, 64, 3)
    assert square.dtype == np.uint8
    lit = np.argwhere(square[..., 0])
    (top, left), (bottom, right) = lit.min(axis=0), lit.max(axis=0) + 1
    assert (square[top:bottom, left:right] == 255).all()
    assert (left / 64, top / 64) == (where.left, where.top)
    assert ((right - left) / 64, (bottom - top) / 64) == (where.width, where.height)
    assert max(bottom - top, right - left) == 64
    assert abs(left - (64 - right)) <= 1
    assert abs(top - (64 - bottom)) <= 1
    # To half a pixel of the square, the aspect is that of the picture.
    assert (bottom - top) / 64 == pytest.approx(
        max(1 / 64, height / max(height, width)), abs=0.5 / 64 + 1e-9)


@given(SIDES, SIDES)
def test_the_picture_itself_maps_to_all_of_it(height, width):
    _, where = fit_square(np.zeros((height, width, 3), np.uint8), 64)
    box = where.to_picture(Box(
        where.left, where.top, where.left + where.width, where.top + where.height))
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0, 0, 1, 1))


def test_what_lies_in_the_bars_has_no_area():
    _, where = fit_square(np.zeros((100, 200, 3), np.uint8), 64)
    assert where.to_picture(Box(0.2, 0.0, 0.6, 0.2)).area == 0
    assert where.to_picture(Box(0.25, 0.25, 0.5, 0.9)) == Box(0.25, 0.0, 0.5, 1.0)
