# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The newest frames of one camera, as one contiguous array.

Layout legend: T frames, H height, W width, C channels.
"""

import numpy as np
from numpy.typing import NDArray


class RingBuffer:
    """
    A mirrored ring: every frame is written twice, so that every window is a view, not a copy.

    It holds ``2 * num_frames`` images and never grows. Not thread-safe: the owner must lock.
    """

    def __init__(self, num_frames: int, image_shape: tuple[int, int, int]) -> None:
        """
        Allocate an empty ring.

        :param num_frames: T, frames per window.
        :param image_shape: H, W and C of every frame.
        """
        self._num_frames = num_frames
        self._images = np.zeros((2 * num_frames, *image_shape), np.uint8)
        self._num_appended = 0
        self._num_held = 0

    @property
    def num_appended(self) -> int:
        """Return the number of frames ever appended; ``clear`` does not reset it."""
        return self._num_appended

    def append(self, image_HWC: NDArray[np.uint8]) -> None:
        """
        Append a frame; when the ring is full, the oldest is dropped.

        :param image_HWC: uint8, of the ring's image shape.
        :raises ValueError: if the shape differs.
        """
        if image_HWC.shape != self._images.shape[1:]:
            raise ValueError(
                f'expected a frame of shape {self._images.shape[1:]}, got {image_HWC.shape}')
        slot = self._num_appended % self._num_frames
        self._images[slot] = image_HWC
        self._images[slot + self._num_frames] = image_HWC
        self._num_appended += 1
        self._num_held = min(self._num_held + 1, self._num_frames)

    def clear(self) -> None:
        """Discard all frames."""
        self._num_held = 0

    def window(self) -> NDArray[np.uint8] | None:
        """
        Return the newest ``num_frames`` frames, oldest first.

        :return: window_THWC, a contiguous view, valid until the next ``append``; None until that
            many frames have been appended since the start or the last ``clear``.
        """
        if self._num_held < self._num_frames:
            return None
        first = self._num_appended % self._num_frames
        return self._images[first:first + self._num_frames]
