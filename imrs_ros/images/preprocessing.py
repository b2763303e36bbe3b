# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Shrink camera images to the square frames that the network takes.

Training, export, evaluation and the node all call ``shrink`` or its two steps, so that no
accuracy is lost to a second implementation.

Layout legend: H height, W width, C channels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray


def centre_square(height: int, width: int) -> tuple[int, int, int]:
    """
    Return the centre square of an image.

    :param height: of the image, pixels.
    :param width: of the image, pixels.
    :return: its top row, its left column, and its side.
    """
    side = min(height, width)
    return (height - side) // 2, (width - side) // 2, side


def num_halvings(side_px: int, size_px: int) -> int:
    """
    Return how many times an image can be halved without going below the network's size.

    :param side_px: short side of the image.
    :param size_px: side of the network's frames.
    :return: at least 0.
    """
    return max(0, (side_px // size_px).bit_length() - 1)


def resize_square(image_HWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """
    Resize a square crop, by area averaging to shrink and bilinearly to enlarge.

    While the side is even and at least twice the result's, it is halved: averaging two by two
    pixels costs a fraction of averaging by an arbitrary factor. Channels are independent.

    :param image_HWC: uint8, in [0, 255], H = W, any number of channels.
    :param size_px: side of the result.
    :return: uint8 of shape (size_px, size_px, C), contiguous.
    """
    image, side = image_HWC, image_HWC.shape[0]
    while side % 2 == 0 and num_halvings(side, size_px):
        side //= 2
        image = _resize(image, side, cv2.INTER_AREA)
    if side != size_px:
        image = _resize(image, size_px, cv2.INTER_AREA if side > size_px else cv2.INTER_LINEAR)
    return np.ascontiguousarray(image)


def _resize(
    image_HWC: NDArray[np.uint8], size_px: int, interpolation: int,
) -> NDArray[np.uint8]:
    small = cv2.resize(image_HWC, (size_px, size_px), interpolation=interpolation)
    # OpenCV drops the axis of a single channel.
    return small.astype(np.uint8, copy=False).reshape(size_px, size_px, image_HWC.shape[2])


def check_image(image_HWC: NDArray[np.uint8]) -> None:
    """
    Check that an array is an image.

    :param image_HWC: the array.
    :raises ValueError: unless it is uint8 with three axes, none of them 0.
    """
    if image_HWC.ndim != 3 or image_HWC.dtype != np.uint8 or 0 in image_HWC.shape:
        raise ValueError(
            'expected a uint8 image of shape (height, width, channels), none of them 0, got '
            f'{image_HWC.dtype} of shape {image_HWC.shape}')


def fit_within(image_HWC: NDArray[np.uint8], longer_px: int) -> NDArray[np.uint8]:
    """
    Shrink an image, its aspect kept, by area averaging.

    :param image_HWC: uint8 RGB, of any size.
    :param longer_px: longest that its longer side may be.
    :return: a smaller image; the same array where it fits.
    """
    height, width = image_HWC.shape[:2]
    scale = longer_px / max(height, width)
    if scale >= 1:
        return image_HWC
    size = max(1, round(scale * width)), max(1, round(scale * height))
    return cv2.resize(image_HWC, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def shrink(image_HWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """
    Scale the short side to ``size_px`` and crop the centre square.

    :param image_HWC: uint8 RGB, in [0, 255], any size of at least 1 x 1.
    :param size_px: side of the result.
    :return: frame_HWC, uint8 of shape (size_px, size_px, C), contiguous.
    :raises ValueError: if the array is not a uint8 image.
    """
    check_image(image_HWC)
    top, left, side = centre_square(*image_HWC.shape[:2])
    return resize_square(image_HWC[top:top + side, left:left + side], size_px)
