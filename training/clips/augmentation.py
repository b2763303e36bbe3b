# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Augmentation of training clips: one random draw for all frames of a clip.

Multi-scale corner crop and horizontal flip as in MARS (Crasto et al. 2019, ``transforms``), and
colour jitter: brightness, contrast and saturation.

Layout legend: T frames, H height, W width, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import cv2
from imrs_ros.images.preprocessing import resize_square
import numpy as np
from numpy.typing import NDArray
from training.clips.optical_flow import mirror_flow

CROP_SCALES = tuple(2.0 ** (-i / 4) for i in range(5))
"""Side of the crop over the short side of the image."""
CROP_POSITIONS = ((0.5, 0.5), (0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
"""Vertical and horizontal position of the crop, from 0 to 1: the centre and four corners."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """One random draw, applied to every frame of a clip."""

    scale: float
    """Side of the crop over the short side."""
    position: tuple[float, float]
    """Position of the crop, see ``CROP_POSITIONS``."""
    flip: bool
    """Whether to mirror left and right."""
    brightness: float
    """Added to every pixel, in [-255, 255]."""
    contrast: float
    """Factor about mid-grey; 1 for no change."""
    saturation: float
    """Factor about the grey image; 1 for no change."""

    @classmethod
    def draw(cls, rng: Random, smallest_crop: float, jitter: float) -> 'Augmentation':
        """
        Draw a random augmentation.

        :param rng: source of randomness.
        :param smallest_crop: smallest of ``CROP_SCALES`` to draw.
        :param jitter: strength of the colour changes, from 0 for none to 1.
        :return: the draw.
        """
        scales = [scale for scale in CROP_SCALES if scale >= smallest_crop] or [1.0]
        return cls(
            scale=rng.choice(scales), position=rng.choice(CROP_POSITIONS),
            flip=rng.random() < 0.5, brightness=rng.uniform(-1, 1) * jitter * 128,
            contrast=1 + rng.uniform(-1, 1) * jitter, saturation=1 + rng.uniform(-1, 1) * jitter)

    def apply(
        self, images_HWC: Sequence[NDArray[np.uint8]], size_px: int,
    ) -> NDArray[np.uint8]:
        """
        Crop, resize, flip and recolour a clip.

        :param images_HWC: RGB frames of one clip, uint8, of equal size.
        :param size_px: side of the result.
        :return: clip_THWC, uint8, contiguous.
        """
        clip_THWC = self._crop(images_HWC, size_px)
        if self.flip:
            clip_THWC = clip_THWC[:, :, ::-1]
        return self._recolour(np.ascontiguousarray(clip_THWC))

    def apply_to_flow(
        self, flows_HW2: Sequence[NDArray[np.uint8]], size_px: int,
    ) -> NDArray[np.uint8]:
        """
        Crop, resize and flip the flow of the same clip; its frames may be of another size.

        :param flows_HW2: uint8, x and y, rest at 127.5.
        :param size_px: side of the result.
        :return: clip_THW2, uint8, contiguous; x is inverted by a flip.
        """
        clip_THW2 = self._crop(flows_HW2, size_px)
        return mirror_flow(clip_THW2) if self.flip else clip_THW2

    def _crop(self, images_HWC: Sequence[NDArray[np.uint8]], size_px: int) -> NDArray[np.uint8]:
        height, width = images_HWC[0].shape[:2]
        side = max(1, round(min(height, width) * self.scale))
        top = round((height - side) * self.position[0])
        left = round((width - side) * self.position[1])
        return np.stack([
            resize_square(image[top:top + side, left:left + side], size_px)
            for image in images_HWC])

    def _recolour(self, clip_THWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.brightness == 0 and self.contrast == 1 and self.saturation == 1:
            return clip_THWC
        # Per pixel: contrast and brightness act on all channels; saturation mixes in grey.
        grey_weights = np.array([0.299, 0.587, 0.114])
        mix = self.contrast * (
            self.saturation * np.eye(3) + (1 - self.saturation) * grey_weights[None, :])
        offset = 128 * (1 - self.contrast) + self.brightness
        matrix = np.hstack([mix, np.full((3, 1), offset)])
        rows = clip_THWC.reshape(-1, clip_THWC.shape[2], 3)
        recoloured = cv2.transform(rows, matrix)
        return recoloured.reshape(clip_THWC.shape).astype(np.uint8, copy=False)
