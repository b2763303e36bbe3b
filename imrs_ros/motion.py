"""
How much of a window moves, to leave out still scenes.

Layout legend: T frames, H height, W width, C channels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

NUM_LOOKS = 4
"""Frames of a window that are compared, evenly spaced."""
SIDE_PX = 56
"""Side that they are shrunk to: averaging quiets the noise of the camera."""
NOISE_LEVELS = 12
"""Change of brightness, in grey levels, that still counts as noise."""


def changed_share(window_THWC: NDArray[np.uint8]) -> float:
    """
    Give the largest share of the picture that changes between two looks at it.

    :param window_THWC: RGB, uint8.
    :return: a fraction in [0, 1].
    """
    chosen = np.linspace(0, len(window_THWC) - 1, NUM_LOOKS).round().astype(int)
    looks = [cv2.resize(cv2.cvtColor(window_THWC[t], cv2.COLOR_RGB2GRAY), (SIDE_PX, SIDE_PX),
                        interpolation=cv2.INTER_AREA) for t in chosen]
    shares = [float((cv2.absdiff(one, two) > NOISE_LEVELS).mean())
              for one, two in zip(looks, looks[1:])]
    return max(shares)
