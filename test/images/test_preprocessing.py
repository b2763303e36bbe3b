# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Shrinking of images, shared by training, export, evaluation and the node."""

from imrs_ros.images.preprocessing import shrink
import numpy as np
import pytest


def test_centre_square_of_a_wide_image():
    image = np.zeros((20, 60, 3), np.uint8)
    image[:, 20:40] = 200
    assert (shrink(image, 10) == 200).all()


def test_shrinking_averages_areas():
    image = np.zeros((4, 4, 3), np.uint8)
    image[::2] = 100
    assert (shrink(image, 2) == 50).all()


@pytest.mark.parametrize('shape', [(1, 1, 3), (3, 500, 3), (480, 640, 3), (112, 112, 3)])
def test_any_size_becomes_a_contiguous_square(shape):
    frame = shrink(np.random.default_rng(0).integers(0, 256, shape, np.uint8), 112)
    assert frame.shape == (112, 112, 3)
    assert frame.dtype == np.uint8
    assert frame.flags.c_contiguous


@pytest.mark.parametrize('image', [
    np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)])
def test_other_arrays_are_rejected(image):
    with pytest.raises(ValueError, match='expected a uint8 image'):
        shrink(image, 8)
