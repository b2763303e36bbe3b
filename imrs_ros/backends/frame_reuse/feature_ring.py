"""
The newest items of one kind of one camera: frames, or what was computed of them.

Layout legend: R slots; all other axes are the item's own.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class FeatureRing:
    """
    Items numbered by frames, the newest ``num_kept`` of them.

    A mirrored ring writes every item twice, so that any items in a row are a view, never a copy.
    Memory is allocated once: ``num_kept`` items, twice as many where it is mirrored.
    """

    def __init__(
        self, num_kept: int, shape: tuple[int, ...], dtype: Any, *, is_mirrored: bool,
    ) -> None:
        """
        Allocate an empty ring.

        :param num_kept: items kept.
        :param shape: of one item.
        :param dtype: of the items.
        :param is_mirrored: whether rows of several items are asked for.
        """
        self._num_kept, self._is_mirrored = num_kept, is_mirrored
        self._items = np.zeros((num_kept * (2 if is_mirrored else 1), *shape), dtype)
        self._held = np.full(num_kept, -1, np.int64)

    @property
    def num_bytes(self) -> int:
        """Give the memory of the items."""
        return self._items.nbytes

    def holds(self, number: int) -> bool:
        """
        Tell whether an item is kept.

        :param number: of its frame.
        :return: whether it was marked, and neither overwritten nor cleared since.
        """
        return bool(self._held[number % self._num_kept] == number)

    def slot(self, number: int) -> NDArray[Any]:
        """
        Give the place of an item, to be written and then marked.

        :param number: of its frame; what was there before is no longer held.
        :return: a view with an axis of length 1 in front.
        """
        at = number % self._num_kept
        self._held[at] = -1
        return self._items[at:at + 1]

    def mark(self, number: int) -> None:
        """
        Keep what was written into a slot.

        :param number: of its frame.
        """
        at = number % self._num_kept
        if self._is_mirrored:
            self._items[at + self._num_kept] = self._items[at]
        self._held[at] = number

    def row(self, first: int, count: int = 1) -> NDArray[Any]:
        """
        Give items in a row, which the caller knows to be held or not to be read.

        :param first: number of the first one's frame.
        :param count: how many.
        :return: a contiguous view with ``count`` items.
        :raises ValueError: for more items than the ring has in a row.
        """
        if count > (self._num_kept if self._is_mirrored else 1):
            raise ValueError(
                f'expected at most {self._num_kept} items of a mirrored ring, one of another; got '
                f'{count}')
        at = first % self._num_kept
        return self._items[at:at + count]

    def clear(self) -> None:
        """Forget all items."""
        self._held[:] = -1
