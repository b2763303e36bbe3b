# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The standing square: around the person, inside the image, and still while the person fits."""

from hypothesis import given, strategies as st
from imrs_ros.people.detection import Box
from imrs_ros.people.standing_square import LOOSEST, Square, square_around, StandingSquare
import pytest

SHARES = st.floats(-0.5, 1.5)


def test_square_is_around_the_middle_of_the_box_with_its_margin():
    # 100 x 60 pixels around (250, 120) in a picture of 640 x 480.
    box = Box(200 / 640, 90 / 480, 300 / 640, 150 / 480)
    assert square_around(box, 1.2, 480, 640) == Square(top=60, left=190, side=120)


@pytest.mark.parametrize(('box', 'square'), [
    (Box(0.0, 0.0, 0.2, 0.4), Square(0, 0, 240)),
    (Box(0.9, 0.8, 1.3, 1.4), Square(480 - 120, 640 - 120, 120)),
    (Box(0.1, 0.0, 0.9, 1.0), Square(0, 80, 480)),
], ids=['corner', 'a fraction at the edge', 'fills the picture'])
def test_square_is_moved_into_the_image(box, square):
    assert square_around(box, 1.25, 480, 640) == square


def test_square_stands_still_while_the_person_fits_and_not_much_longer():
    standing = StandingSquare(1.2)
    first = standing.around(Box(0.4, 0.2, 0.6, 0.6), 480, 640)
    assert first.side == 230
    # Within the margin.
    assert standing.around(Box(0.42, 0.22, 0.62, 0.62), 480, 640) == first
    moved = standing.around(Box(0.6, 0.2, 0.8, 0.6), 480, 640)
    assert moved.left > first.left
    assert moved.side == 230
    # Much smaller: too little of the square is the person.
    assert standing.around(Box(0.65, 0.3, 0.7, 0.5), 480, 640).side == 115
    # Another size of the picture.
    assert standing.around(Box(0.65, 0.3, 0.7, 0.5), 240, 320).side == 58


@given(st.lists(st.tuples(SHARES, SHARES, SHARES, SHARES), min_size=1, max_size=20),
       st.integers(1, 50), st.integers(1, 50))
def test_square_lies_in_the_image_and_holds_the_person_as_far_as_can_be(corners, height, width):
    standing = StandingSquare(1.2)
    for x1, x2, y1, y2 in corners:
        box = Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
        square = standing.around(box, height, width)
        assert square.side >= 1
        assert 0 <= square.top <= height - square.side
        assert 0 <= square.left <= width - square.side
        needed = square_around(box, 1.2, height, width)
        assert needed.side / LOOSEST <= square.side <= max(1, LOOSEST * needed.side)
