# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Dense optical flow as two 8-bit images.

A displacement in [-20, 20] pixels becomes a value in [0, 255], so that rest is 127.5 (IMRS paper,
section 4.2; MARS). Layout legend: H height, W width; the 2 of HW2 are x (right) and y (down).
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

FlowFunction = Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.float32]]
"""Previous and next grey image (uint8 HW) to displacements_HW2 in pixels."""

BOUND_PX = 20.0
"""Larger displacements are clipped."""
FLOW_METHODS = ('tvl1', 'dis')


def make_flow(method: str) -> FlowFunction:
    """
    Create a flow estimator; it holds buffers, so every process needs its own.

    :param method: ``tvl1`` (Zach, Pock and Bischof 2007; OpenCV's default parameters, the paper's)
        or ``dis`` (Kroeger et al. 2016; medium preset), about a hundred times faster, but less
        accurate.
    :return: the estimator.
    :raises ValueError: when the method is unknown.
    """
    if method == 'tvl1':
        estimator = cv2.optflow.DualTVL1OpticalFlow_create()  # type: ignore[attr-defined]
    elif method == 'dis':
        estimator = cv2.DISOpticalFlow_create(  # type: ignore[attr-defined]
            cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    else:
        raise ValueError(f'flow method must be one of {", ".join(FLOW_METHODS)}, got {method!r}')

    def flow(before_HW: NDArray[np.uint8], after_HW: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(estimator.calc(before_HW, after_HW, None), np.float32)
    return flow


def flow_to_uint8(flow_HW2: NDArray[np.float32]) -> NDArray[np.uint8]:
    """
    Quantise displacements.

    :param flow_HW2: pixels.
    :return: uint8 of the same shape: ``(v + 20) / 40 * 255``, rounded.
    """
    clipped = np.clip(flow_HW2, -BOUND_PX, BOUND_PX)
    return np.rint((clipped + BOUND_PX) * (255 / (2 * BOUND_PX))).astype(np.uint8)


def mirror_flow(flow_HW2: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """
    Mirror flow horizontally: what moved right moves left, so x is inverted about rest.

    :param flow_HW2: uint8, any number of leading axes.
    :return: uint8 of the same shape.
    """
    mirrored = flow_HW2[..., ::-1, :].copy()
    mirrored[..., 0] = 255 - mirrored[..., 0]
    return mirrored
