# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
One camera's newest items of one kind: frames, or features computed from them.

Items have any axes; an axis in front of them counts items.
"""

from imrs_ros.backends.frame_reuse.storage import Array, Storage


class FeatureRing:
    """
    The newest ``num_kept`` items, numbered by frames.

    A mirrored ring stores every item twice, so that consecutive items are always a view, never a
    copy. Memory is allocated once: ``num_kept`` items, twice as many in a mirrored ring.
    """

    def __init__(
        self, storage: Storage, num_kept: int, shape: tuple[int, ...], *, is_pixels: bool = False,
        is_mirrored: bool = False,
    ) -> None:
        """
        Allocate an empty ring.

        :param storage: where its items lie.
        :param num_kept: capacity in items.
        :param shape: shape of an item.
        :param is_pixels: whether items are uint8.
        :param is_mirrored: whether ``row`` returns several items.
        """
        self._num_kept, self._is_mirrored = num_kept, is_mirrored
        self._items = storage.zeros(
            (num_kept * (2 if is_mirrored else 1), *shape), is_pixels=is_pixels)
        self._held = [-1] * num_kept

    @property
    def num_bytes(self) -> int:
        """Return the memory of the items, bytes."""
        return int(self._items.nbytes)

    def holds(self, number: int) -> bool:
        """
        Return whether an item is stored.

        :param number: number of its frame.
        :return: whether it was marked, and neither overwritten nor cleared since.
        """
        return self._held[number % self._num_kept] == number

    def places(self, number: int) -> list[Array]:
        """
        Return where an item goes, to be written and then marked.

        :param number: number of its frame; the item there before is lost.
        :return: views with an axis of length 1 in front, to be filled alike: two in a mirrored
            ring, otherwise one.
        """
        at = number % self._num_kept
        self._held[at] = -1
        first = self._items[at:at + 1]
        if not self._is_mirrored:
            return [first]
        return [first, self._items[at + self._num_kept:at + self._num_kept + 1]]

    def mark(self, number: int) -> None:
        """
        Mark an item as written.

        :param number: number of its frame.
        """
        self._held[number % self._num_kept] = number

    def row(self, first: int, count: int = 1) -> Array:
        """
        Return consecutive items; those that are not stored have any value.

        :param first: number of the first item's frame.
        :param count: number of items.
        :return: a contiguous view of ``count`` items.
        :raises ValueError: when the ring cannot return so many without a copy.
        """
        if count > (self._num_kept if self._is_mirrored else 1):
            raise ValueError(
                f'expected a count of at most {self._num_kept}, or 1 in a ring that is not '
                f'mirrored, got {count}')
        at = first % self._num_kept
        return self._items[at:at + count]

    def clear(self) -> None:
        """Forget all items."""
        self._held = [-1] * self._num_kept
