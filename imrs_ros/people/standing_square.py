# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A square around a person that stands still while the person stays in it.

Frames that are cut alike can be shared by overlapping windows; and a square that followed every
step would take the person's own motion out of the picture.
"""

from dataclasses import dataclass

from imrs_ros.people.detection import Box

LOOSEST = 1.6
"""Times the side that a person needs; a larger square is cut anew."""


@dataclass(frozen=True, slots=True)
class Square:
    """Pixels of an image."""

    top: int
    left: int
    side: int


def square_around(box: Box, margin: float, height_px: int, width_px: int) -> Square:
    """
    Return a square around a box, moved into the image.

    :param box: its part inside the image counts.
    :param margin: side of the square over the longer side of the box, at least 1.
    :param height_px: of the image.
    :param width_px: of the image.
    :return: the square; at most the image's short side.
    """
    box = box.inside()
    longer_px = max((box.bottom - box.top) * height_px, (box.right - box.left) * width_px)
    side = min(max(1, round(margin * longer_px)), height_px, width_px)

    def start(low: float, high: float, length_px: int) -> int:
        return min(max(0, round((low + high) / 2 * length_px - side / 2)), length_px - side)
    return Square(
        start(box.top, box.bottom, height_px), start(box.left, box.right, width_px), side)


class StandingSquare:
    """The square of one person."""

    def __init__(self, margin: float) -> None:
        """
        Start without a square.

        :param margin: side of a new square over the longer side of the box, at least 1.
        """
        self._margin = margin
        self._square: Square | None = None
        self._image_px = (0, 0)

    def around(self, box: Box, height_px: int, width_px: int) -> Square:
        """
        Return the square for a window.

        :param box: holds the person in all frames of the window.
        :param height_px: of the image.
        :param width_px: of the image.
        :return: the same as before while it holds the box and is not much too large.
        """
        needed = square_around(box, self._margin, height_px, width_px)
        square = self._square
        if (square is None or self._image_px != (height_px, width_px)
                or square.side > LOOSEST * needed.side
                or not _holds(square, box.inside(), height_px, width_px)):
            square = needed
        self._square, self._image_px = square, (height_px, width_px)
        return square


def _holds(square: Square, box: Box, height_px: int, width_px: int) -> bool:
    return (square.top <= box.top * height_px and square.left <= box.left * width_px
            and box.bottom * height_px <= square.top + square.side
            and box.right * width_px <= square.left + square.side)
