# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Several clips in one picture, each in a cell of a grid, with who is where."""

from dataclasses import dataclass
import re

import cv2
from imrs_ros.images.preprocessing import centre_square
from imrs_ros.people.detection import Box
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PictureGrid:
    """
    Square cells in columns and rows.

    A cell shows the centre square of its clip, which is what the network sees of a whole picture.
    """

    columns: int
    rows: int
    cell_px: int = 160
    """Side of a cell."""
    box_share: float = 1 / 1.4
    """Side of a person's box over that of the cell, where no file says more; in (0, 1]. With 1 it
    is the cell; by default, the square that the recognizer puts around the box with the default
    ``person_margin`` of 1.4 is the cell, without its neighbours."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming what was expected.
        """
        if self.columns < 1 or self.rows < 1 or self.cell_px < 1 or not 0 < self.box_share <= 1:
            raise ValueError(
                'expected at least one column, row and pixel, and a share of the box in (0, 1], '
                f'got {self.columns}, {self.rows}, {self.cell_px} and {self.box_share}')

    @classmethod
    def parse(cls, text: str, cell_px: int, box_share: float) -> 'PictureGrid':
        """
        Read the numbers of columns and rows.

        :param text: such as ``2x3``: two columns, three rows.
        :param cell_px: side of a cell.
        :param box_share: side of a person's box over that of the cell.
        :return: the grid.
        :raises ValueError: if it is none.
        """
        found = re.fullmatch(r'(\d+)x(\d+)', text)
        if found is None:
            raise ValueError(f'expected columns and rows such as 2x3, got {text!r}')
        return cls(int(found[1]), int(found[2]), cell_px, box_share)

    @property
    def num_cells(self) -> int:
        """Return the number of cells."""
        return self.columns * self.rows

    def place(self, cell: int, box: Box) -> Box:
        """
        Convert a box in a cell to one in the picture.

        :param cell: from 0, row by row.
        :param box: in shares of the cell; what lies outside is cut off.
        :return: in shares of the picture.
        """
        row, column = divmod(cell, self.columns)
        inside = box.inside()
        return Box((column + inside.left) / self.columns, (row + inside.top) / self.rows,
                   (column + inside.right) / self.columns, (row + inside.bottom) / self.rows)

    def person_box(self, cell: int, box: Box | None, shape: tuple[int, ...]) -> Box:
        """
        Return where the person of a cell is in the picture.

        :param cell: from 0, row by row.
        :param box: in shares of the clip's image; None where nothing is known.
        :param shape: height and width of that image.
        :return: in shares of the picture; around the middle of the cell where nothing is known,
            or the person is outside the centre square.
        """
        if box is not None:
            height, width = shape[:2]
            top, left, side = centre_square(height, width)
            in_cell = Box((box.left * width - left) / side, (box.top * height - top) / side,
                          (box.right * width - left) / side, (box.bottom * height - top) / side)
            if in_cell.inside().area > 0:
                return self.place(cell, in_cell)
        rest = (1 - self.box_share) / 2
        return self.place(cell, Box(rest, rest, 1 - rest, 1 - rest))

    def compose(self, images: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """
        Put one image into each cell.

        :param images: RGB, one for each cell, row by row, of any size.
        :return: the picture_HWC.
        """
        side = self.cell_px
        picture = np.empty((self.rows * side, self.columns * side, 3), np.uint8)
        for cell, image in enumerate(images):
            row, column = divmod(cell, self.columns)
            picture[row * side:(row + 1) * side, column * side:(column + 1) * side] = _square(
                image, side)
        return picture


def _square(image_HWC: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    top, left, side = centre_square(*image_HWC.shape[:2])
    square = image_HWC[top:top + side, left:left + side]
    if side == side_px:
        return square
    return cv2.resize(square, (side_px, side_px), interpolation=(
        cv2.INTER_AREA if side > side_px else cv2.INTER_LINEAR)).astype(np.uint8, copy=False)
