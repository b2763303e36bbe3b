# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The overlay: what is decided, drawn onto an image for people to look at.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterable

import cv2
from imrs_ros.people.detection import Person
from imrs_ros.records import Decision, NO_ACTION
import numpy as np
from numpy.typing import NDArray

BAND_SHARE = 0.11
"""Height of the band, relative to the image."""
MIN_BAND_PX = 16
TEXT_RGB, BAND_RGB, BAR_RGB = (255, 255, 255), (0, 0, 0), (46, 160, 67)
IDLE_RGB = (140, 140, 140)
"""Of the box of someone who does none of the actions."""
TAG_SHARE = 0.05
"""Height of what is written on a box, relative to the image."""
MIN_TAG_PX = 10
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


def draw_people(
    image_HWC: NDArray[np.uint8], people: Iterable[tuple[Person, Decision | None]],
) -> NDArray[np.uint8]:
    """
    Draw everybody's box with the id and the decided action.

    :param image_HWC: RGB, uint8; not changed.
    :param people: each with the last decision; None without one.
    :return: a copy of the image with boxes.
    """
    drawn = image_HWC.copy()
    height, width = drawn.shape[:2]
    tag = min(height, max(MIN_TAG_PX, round(TAG_SHARE * height)))
    for person, decision in people:
        acts = decision is not None and decision.label != NO_ACTION
        colour = BAR_RGB if acts else IDLE_RGB
        box = person.box.inside()
        left, top = round(box.left * (width - 1)), round(box.top * (height - 1))
        right, bottom = round(box.right * (width - 1)), round(box.bottom * (height - 1))
        cv2.rectangle(drawn, (left, top), (right, bottom), colour, max(1, tag // 10))
        text = f'{person.id} {decision.label}' if decision is not None and acts else person.id
        scale = 0.6 * tag / FONT_PX
        (text_width, _), _ = cv2.getTextSize(text, FONT, scale, 1)
        # Above the lower edge: the band covers the upper one.
        cv2.rectangle(drawn, (left, bottom - tag), (left + text_width, bottom), colour,
                      cv2.FILLED)
        cv2.putText(drawn, text, (left, bottom - tag // 4), FONT, scale, TEXT_RGB, 1,
                    cv2.LINE_AA)
    return drawn


def _write(drawn: NDArray[np.uint8], text: str, band: int, *, align_right: bool) -> None:
    scale = 0.6 * band / FONT_PX
    thickness = max(1, round(1.5 * scale))
    (width, height), _ = cv2.getTextSize(text, FONT, scale, thickness)
    margin = band // 6
    left = drawn.shape[1] - width - margin if align_right else margin
    cv2.putText(drawn, text, (left, (band + height) // 2 - band // 12), FONT, scale, TEXT_RGB,
                thickness, cv2.LINE_AA)
