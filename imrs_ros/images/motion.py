# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Measure motion in a window, so that still scenes need not be scored.

Layout legend: T frames, H height, W width, C channels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

NUM_COMPARED = 4
"""Frames of a window that are compared, evenly spaced."""
SIDE_PX = 56
"""Side they are shrunk to: averaging suppresses camera noise."""
MAX_NOISE = 12
"""Largest change in brightness, in grey levels, that counts as noise."""


def changed_fraction(window_THWC: NDArray[np.uint8]) -> float:
    """
    Return the fraction of the image that changes between two compared frames, at most.

    :param window_THWC: RGB, uint8.
    :return: a fraction in [0, 1].
    """
    indices = np.linspace(0, len(window_THWC) - 1, NUM_COMPARED).round().astype(int)
    compared = [cv2.resize(cv2.cvtColor(window_THWC[t], cv2.COLOR_RGB2GRAY), (SIDE_PX, SIDE_PX),
                           interpolation=cv2.INTER_AREA) for t in indices]
    return max(float((cv2.absdiff(before, after) > MAX_NOISE).mean())
               for before, after in zip(compared, compared[1:]))
