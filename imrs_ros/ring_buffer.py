"""
The last frames of one camera, as one contiguous array.

Layout legend: T frames, H height, W width, C channels.
"""

import numpy as np
from numpy.typing import NDArray


class RingBuffer:
    """
    A mirrored ring: every frame is written twice, so that any window is a view, never a copy.

    Memory is ``2 * num_frames`` images and does not grow. Not thread-safe: the owner locks.
    """

    def __init__(self, num_frames: int, image_shape: tuple[int, int, int]) -> None:
        """
        Allocate an empty ring.

        :param num_frames: T, frames of a window.
        :param image_shape: H, W and C of every frame.
        """
        self._num_frames = num_frames
        self._images = np.zeros((2 * num_frames, *image_shape), np.uint8)
        self._num_appended = 0
        self._num_held = 0

    @property
    def num_appended(self) -> int:
        """Give the number of frames ever appended; ``clear`` does not lower it."""
        return self._num_appended

    def append(self, image_HWC: NDArray[np.uint8]) -> None:
        """
        Take the next frame; the oldest is forgotten when the ring is full.

        :param image_HWC: uint8 of the ring's image shape.
        :raises ValueError: when the shape is another.
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
        """Forget all frames."""
        self._num_held = 0

    def window(self) -> NDArray[np.uint8] | None:
        """
        Give the newest ``num_frames`` frames, oldest first.

        :return: window_THWC, a contiguous view valid until the next ``append``; None before so
            many frames were appended since the start or the last ``clear``.
        """
        if self._num_held < self._num_frames:
            return None
        first = self._num_appended % self._num_frames
        return self._images[first:first + self._num_frames]
