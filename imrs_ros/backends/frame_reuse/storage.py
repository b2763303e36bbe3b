# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Where the items of rings lie, and how they get there: the host's memory, or that of a device.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = Any
"""What a storage allocates: an array of NumPy, a tensor. Slices of its first axis are views."""


class Storage(Protocol):
    """The memory of one device."""

    @property
    def is_host(self) -> bool:
        """Return whether it is memory of the host, where nothing needs to be uploaded."""

    def zeros(self, shape: tuple[int, ...], *, is_pixels: bool) -> Array:
        """
        Allocate.

        :param shape: of the array.
        :param is_pixels: uint8; otherwise the type in which features are stored.
        :return: zeros.
        """

    def upload(self, frames: Sequence[NDArray[np.uint8]], slots: Sequence[Array]) -> None:
        """
        Copy frames of the host to the device, those of all cameras in one call.

        :param frames: frames_HWC.
        :param slots: where each goes, with an axis of length 1 in front.
        """

    def copy(self, sources: Sequence[Array], targets: Sequence[Array]) -> None:
        """
        Copy arrays of this storage, each to another of the same shape.

        :param sources: what to copy; contiguous.
        :param targets: where each goes; contiguous.
        """

    def download(self, values: Array) -> NDArray[np.float32]:
        """
        Return an array on the host, when all work before has ended.

        :param values: of this storage.
        :return: a copy of its own, float32.
        """


class HostStorage:
    """Arrays of NumPy; features are float32."""

    is_host = True

    def zeros(self, shape: tuple[int, ...], *, is_pixels: bool) -> NDArray[Any]:
        """
        Allocate.

        :param shape: of the array.
        :param is_pixels: uint8; otherwise float32.
        :return: zeros.
        """
        return np.zeros(shape, np.uint8 if is_pixels else np.float32)

    def upload(self, frames: Sequence[NDArray[np.uint8]], slots: Sequence[Array]) -> None:
        """
        Copy frames.

        :param frames: frames_HWC.
        :param slots: where each goes, with an axis of length 1 in front.
        """
        for frame_HWC, slot in zip(frames, slots, strict=True):
            slot[0] = frame_HWC

    def copy(self, sources: Sequence[Array], targets: Sequence[Array]) -> None:
        """
        Copy arrays.

        :param sources: what to copy.
        :param targets: where each goes.
        """
        for source, target in zip(sources, targets, strict=True):
            target[...] = source

    def download(self, values: Array) -> NDArray[np.float32]:
        """
        Return a copy.

        :param values: float32.
        :return: the same values.
        """
        copied: NDArray[np.float32] = values.copy()
        return copied
