# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Synthetic clips that any machine can generate, to compare two ways of running a model.

Moving waves and a moving square in integer arithmetic alone, so that every machine generates the
same bytes and no picture of anyone needs to be stored.

Layout legend: N clips, T frames, H height, W width, C channels.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

SPEEDS = (1, 5, 11)
"""Speed of the waves of each clip, steps per frame; there are N of them."""
PERIOD = 512
"""Period of a wave, steps, a power of two: its value goes from 255 to 0 and back."""


def golden_clips(num_frames: int, size_px: int, num_channels: int = 3) -> NDArray[np.uint8]:
    """
    Generate the golden clips for an input.

    :param num_frames: T.
    :param size_px: H and W.
    :param num_channels: C.
    :return: clips_NTHWC, uint8.
    """
    shape = (num_frames, size_px, size_px, num_channels)
    t, y, x, c = np.ogrid[tuple(slice(np.int32(length)) for length in shape)]
    clips = np.empty((len(SPEEDS), *shape), np.uint8)
    side = size_px // 4
    # The same picture at any size: a whole side is as many steps.
    across, down = x * 2048 // size_px, y * 1024 // size_px
    for n, speed in enumerate(SPEEDS):
        steps = (n + 1) * across + (c + 1) * down + 8 * speed * t
        steps &= PERIOD - 1
        wave = np.minimum(abs(steps - PERIOD // 2), 255).astype(np.uint8)
        left, top = speed * t % (size_px - side), 2 * t % (size_px - side)
        in_square = (x >= left) & (x < left + side) & (y >= top) & (y < top + side)
        clips[n] = np.where(in_square, 255 - wave // 4, wave)
    return clips


def digest_of(clips_NTHWC: NDArray[np.uint8]) -> str:
    """
    Return a digest that identifies clips.

    :param clips_NTHWC: any clips.
    :return: SHA-256 of their bytes, hexadecimal.
    """
    return hashlib.sha256(np.ascontiguousarray(clips_NTHWC).tobytes()).hexdigest()
