# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The overlay: the decided action drawn onto an image for people to look at.

Layout legend: H height, W width, C channels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

BAND_SHARE = 0.11
"""Height of the band, relative to the image."""
MIN_BAND_PX = 16
TEXT_RGB, BAND_RGB, BAR_RGB = (255, 255, 255), (0, 0, 0), (46, 160, 67)
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_PX = 22
"""Height of a capital letter at scale 1, with its margins."""


def draw_overlay(
    image_HWC: NDArray[np.uint8], label: str, confidence: float, latency_sec: float,
) -> NDArray[np.uint8]:
    """
    Draw a band with the label, a bar that shows its confidence, and the latency.

    :param image_HWC: RGB, uint8; not changed.
    :param label: the decided label.
    :param confidence: in [0, 1].
    :param latency_sec: from the image's stamp to the decision, s.
    :return: a copy of the image with the band at its top.
    """
    drawn = image_HWC.copy()
    height, width = drawn.shape[:2]
    band = min(height, max(MIN_BAND_PX, round(BAND_SHARE * height)))
    cv2.rectangle(drawn, (0, 0), (width, band), BAND_RGB, cv2.FILLED)
    bar_width = round(min(max(confidence, 0.0), 1.0) * width)
    if bar_width:
        cv2.rectangle(drawn, (0, band - max(2, band // 6)), (bar_width - 1, band), BAR_RGB,
                      cv2.FILLED)
    _write(drawn, f'{label}  {confidence:.0%}', band, align_right=False)
    _write(drawn, f'{1000 * latency_sec:.0f} ms', band, align_right=True)
    return drawn


def _write(drawn: NDArray[np.uint8], text: str, band: int, *, align_right: bool) -> None:
    scale = 0.6 * band / FONT_PX
    thickness = max(1, round(1.5 * scale))
    (width, height), _ = cv2.getTextSize(text, FONT, scale, thickness)
    margin = band // 6
    left = drawn.shape[1] - width - margin if align_right else margin
    cv2.putText(drawn, text, (left, (band + height) // 2 - band // 12), FONT, scale, TEXT_RGB,
                thickness, cv2.LINE_AA)
