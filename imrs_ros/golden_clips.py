"""
Clips that anyone can make anew, to compare two ways of running one model.

Moving waves and a moving square in whole numbers alone, so that every machine makes the same
bytes; no picture of anyone is kept for it.

Layout legend: N clips, T frames, H height, W width, C channels.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

SPEEDS = (1, 5, 11)
"""Of the waves of each clip, steps a frame; their number is N."""
PERIOD = 512
"""Of a wave, in steps: its value goes from 255 to 0 and back."""


def golden_clips(num_frames: int, size_px: int, num_channels: int = 3) -> NDArray[np.uint8]:
    """
    Make the golden clips of an input.

    :param num_frames: T.
    :param size_px: H and W.
    :param num_channels: C.
    :return: clips_NTHWC, uint8.
    """
    shape = (num_frames, size_px, size_px, num_channels)
    t, y, x, c = np.indices(shape, dtype=np.int64)
    clips = np.empty((len(SPEEDS), *shape), np.uint8)
    side = size_px // 4
    for n, speed in enumerate(SPEEDS):
        # The same picture for any size: a whole side is as many steps.
        across, down = x * 2048 // size_px, y * 1024 // size_px
        steps = (n + 1) * across + (c + 1) * down + 8 * speed * t
        wave = np.minimum(abs(steps % PERIOD - PERIOD // 2), 255)
        left, top = speed * t % (size_px - side), 2 * t % (size_px - side)
        in_square = (x >= left) & (x < left + side) & (y >= top) & (y < top + side)
        clips[n] = np.where(in_square, 255 - wave // 4, wave)
    return clips


def digest_of(clips_NTHWC: NDArray[np.uint8]) -> str:
    """
    Tell clips apart.

    :param clips_NTHWC: any.
    :return: the SHA-256 of their bytes, hexadecimal.
    """
    return hashlib.sha256(np.ascontiguousarray(clips_NTHWC).tobytes()).hexdigest()
