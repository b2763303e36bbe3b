# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Every limit holds at its boundary, on both sides of it."""

from types import SimpleNamespace

import cv2
from imrs_ros.images.jpeg import MAX_SCANS, MAX_SEGMENTS
from imrs_ros.images.limits import check_sides, ImageError, MAX_PIXELS, MAX_SIDE_PX, MIN_SIDE_PX
from imrs_ros.images.png import MAX_CHUNKS
from imrs_ros.images.preprocessing import centre_square, num_halvings, resize_square
from imrs_ros.images.raw import decode_raw, ENCODINGS
import numpy as np
import pytest

LARGEST = 8192
"""Its square is ``MAX_PIXELS``."""


def test_limits_are_those_that_security_md_states(root):
    text = (root / 'docs' / 'security.md').read_text()
    for limits in (f'{MIN_SIDE_PX} to {MAX_SIDE_PX} and at most {MAX_PIXELS // 10 ** 6} million',
                   f'{MAX_SCANS} scans and {MAX_SEGMENTS} segments'):
        assert limits in text
    assert MAX_CHUNKS == 65_536


@pytest.mark.parametrize('sides', [
    (MIN_SIDE_PX, MIN_SIDE_PX), (MAX_SIDE_PX, MIN_SIDE_PX), (MIN_SIDE_PX, MAX_SIDE_PX),
    (LARGEST, LARGEST), (MAX_SIDE_PX, LARGEST // 2)])
def test_sides_within_the_limits(sides):
    assert LARGEST ** 2 == MAX_PIXELS
    check_sides(*sides)


@pytest.mark.parametrize(('sides', 'words'), [
    ((MIN_SIDE_PX - 1, 100), 'expected sides'), ((100, MIN_SIDE_PX - 1), 'expected sides'),
    ((MAX_SIDE_PX + 1, 100), 'expected sides'), ((100, MAX_SIDE_PX + 1), 'expected sides'),
    ((LARGEST + 1, LARGEST), 'pixels, got 8193 x 8192'), ((LARGEST, LARGEST + 1), 'at most')])
def test_sides_beyond_the_limits(sides, words):
    with pytest.raises(ImageError, match=words):
        check_sides(*sides)


def raw(encoding, width=20, height=16, step=None, size=None):
    spec = ENCODINGS[encoding]
    step = width * spec.channels * spec.num_bytes if step is None else step
    size = step * height * spec.rows[0] // spec.rows[1] if size is None else size
    return SimpleNamespace(encoding=encoding, width=width, height=height, is_bigendian=0,
                           step=step, data=bytes(size))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_rows_and_data_have_exactly_their_size(encoding):
    whole = raw(encoding)
    assert decode_raw(whole).shape == (16, 20, 3)
    for wrong in (raw(encoding, step=whole.step - 1), raw(encoding, size=len(whole.data) - 1),
                  raw(encoding, size=len(whole.data) + 1),
                  raw(encoding, size=len(whole.data) + whole.step)):
        with pytest.raises(ImageError, match='rows with a step of at least'):
            decode_raw(wrong)


@pytest.mark.parametrize('encoding', [name for name, spec in ENCODINGS.items() if spec.even])
@pytest.mark.parametrize(('width', 'height'), [(21, 16), (20, 17), (21, 17)])
def test_each_side_must_be_even_by_itself(encoding, width, height):
    with pytest.raises(ImageError, match=f'even sides for {encoding}, got {width} x {height}'):
        decode_raw(raw(encoding, width, height))


@pytest.mark.parametrize(('side', 'size', 'count'), [
    (15, 16, 0), (16, 16, 0), (31, 16, 0), (32, 16, 1), (63, 16, 1), (64, 16, 2), (3, 1, 1)])
def test_halvings(side, size, count):
    assert num_halvings(side, size) == count


@pytest.mark.parametrize(('height', 'width', 'expected'), [
    (10, 10, (0, 0, 10)), (10, 15, (0, 2, 10)), (15, 10, (2, 0, 10)), (11, 17, (0, 3, 11))])
def test_centre_square(height, width, expected):
    assert centre_square(height, width) == expected


def area(image, size):
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(('side', 'size', 'steps'), [
    (9, 4, (4,)), (8, 4, (4,)), (12, 5, (6, 5)), (24, 5, (12, 6, 5)), (18, 4, (9, 4)),
    (10, 5, (5,)), (22, 5, (11, 5)), (7, 7, ())])
def test_sides_are_halved_while_they_are_even_and_large_enough(side, size, steps):
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    expected = image
    for step in steps:
        expected = area(expected, step)
    assert (resize_square(image, size) == expected).all()


def test_enlarging_is_bilinear():
    image = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
    assert (resize_square(image, 8)
            == cv2.resize(image, (8, 8), interpolation=cv2.INTER_LINEAR)).all()
