# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A whole picture in a square, its aspect kept, and the way back for what is found in it.

Layout legend: H height, W width, C channels.
"""

from dataclasses import dataclass

import cv2
from imrs_ros.people.detection import Box
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture lies in the square, in shares of the square's side."""

    left: float
    top: float
    width: float
    height: float

    def to_picture(self, box: Box) -> Box:
        """
        Return a box of the square as one of the picture.

        :param box: in shares of the square's side.
        :return: the part of it that lies in the picture, in shares of the picture's sides.
        """
        return Box(
            (box.left - self.left) / self.width, (box.top - self.top) / self.height,
            (box.right - self.left) / self.width, (box.bottom - self.top) / self.height).inside()


def fit_square(
    image_HWC: NDArray[np.uint8], size_px: int,
) -> tuple[NDArray[np.uint8], Letterbox]:
    """
    Resize a picture to fit a square, between black bars.

    :param image_HWC: RGB, uint8, in [0, 255], of any size.
    :param size_px: side of the square.
    :return: the square, uint8, contiguous; and where the picture lies in it.
    """
    height, width = image_HWC.shape[:2]
    scale = size_px / max(height, width)
    new_height, new_width = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (size_px - new_height) // 2, (size_px - new_width) // 2
    square = np.zeros((size_px, size_px, image_HWC.shape[2]), np.uint8)
    cv2.resize(
        image_HWC, (new_width, new_height),
        dst=square[top:top + new_height, left:left + new_width],
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return square, Letterbox(
        left / size_px, top / size_px, new_width / size_px, new_height / size_px)
