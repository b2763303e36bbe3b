"""
From a camera image to the square frame the network sees: one function for every use.

Training, export, evaluation and the node all call ``shrink``, so that no accuracy is lost to a
second implementation.

Layout legend: H height, W width, C channels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray


def resize_square(image_HWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """
    Resize a square crop; area averaging to shrink, bilinear to enlarge.

    :param image_HWC: uint8, in [0, 255], H = W, any number of channels.
    :param size_px: side of the result.
    :return: uint8 of shape (size_px, size_px, C), contiguous.
    """
    side = image_HWC.shape[0]
    if side == size_px:
        return np.ascontiguousarray(image_HWC)
    interpolation = cv2.INTER_AREA if side > size_px else cv2.INTER_LINEAR
    return cv2.resize(
        image_HWC, (size_px, size_px), interpolation=interpolation).astype(np.uint8, copy=False)


def shrink(image_HWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """
    Bring the short side to ``size_px`` and keep the centre square.

    :param image_HWC: uint8 RGB, in [0, 255], any size of at least 1 x 1.
    :param size_px: side of the result.
    :return: frame_HWC, uint8 of shape (size_px, size_px, C), contiguous.
    :raises ValueError: when the array is not an uint8 image.
    """
    if image_HWC.ndim != 3 or image_HWC.dtype != np.uint8 or 0 in image_HWC.shape:
        raise ValueError(
            'expected an uint8 image of shape (height, width, channels), none of them 0, got '
            f'{image_HWC.dtype} of shape {image_HWC.shape}')
    height, width = image_HWC.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize_square(image_HWC[top:top + side, left:left + side], size_px)
