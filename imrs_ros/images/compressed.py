# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Decode JPEG and PNG messages to RGB: the whole image, or only the square that the network takes.

A JPEG at least twice the network's side is decoded at a half, a quarter or an eighth of its size,
which saves most of the work: libjpeg uses only the lowest frequencies of every block. The pixels
approximate those of the whole image after ``shrink``; ``python -m benchmarks.reduced_jpeg``
measures how closely, and the effect on the scores of real clips. Smaller JPEGs and PNGs are exact.

Before a decoder is called, ``jpeg`` and ``png`` bound what it is asked to do. A Bayer mosaic, and
16-bit values, are decoded as raw images are.

Layout legend: H height, W width, C channels.
"""

from dataclasses import dataclass
import sys
from typing import Any, Protocol

import cv2
from imrs_ros.images.bit_depth import BitDepth
from imrs_ros.images.encoded import EncodedImage
from imrs_ros.images.jpeg import read_jpeg, SIGNATURE as JPEG_SIGNATURE
from imrs_ros.images.limits import ImageError
from imrs_ros.images.pixel_format import PixelFormat, read_format
from imrs_ros.images.png import read_png, SIGNATURE as PNG_SIGNATURE
from imrs_ros.images.preprocessing import num_halvings, shrink
from imrs_ros.images.raw import decode_raw
import numpy as np
from numpy.typing import NDArray

REDUCED_FLAGS = (cv2.IMREAD_COLOR, cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_COLOR_4,
                 cv2.IMREAD_REDUCED_COLOR_8)
"""Indexed by how many times the sides are halved."""


class CompressedImage(Protocol):
    """The fields of ``sensor_msgs/CompressedImage`` that are used, besides ``format``."""

    @property
    def header(self) -> Any:
        """Return stamp and frame id."""

    @property
    def data(self) -> Any:
        """Return the compressed bytes."""


@dataclass(kw_only=True, slots=True)
class DecodedImage:
    """Decoded values that are treated as a raw image; see ``RawImage``."""

    header: Any
    height: int
    width: int
    encoding: str
    is_bigendian: bool
    step: int
    data: NDArray[np.uint8]


def decode_compressed(
    msg: CompressedImage, size_px: int | None = None, *, reduced: bool = True,
    depth: BitDepth | None = None,
) -> NDArray[np.uint8]:
    """
    Decode a JPEG or PNG message.

    :param msg: the message.
    :param size_px: side of the centre square to return; None for the whole image.
    :param reduced: whether a large JPEG may be decoded at reduced size.
    :param depth: of the camera's 16-bit values; None to take all 16 bits as used.
    :return: image_HWC, RGB, uint8.
    :raises ImageError: if the data is damaged, too large, neither JPEG nor PNG, or no camera
        image.
    """
    # In a class, the field ``format`` would shadow Python's builtin.
    text = str(getattr(msg, 'format', ''))
    encoded = _read(bytes(msg.data), text)
    pixels = read_format(text, is_grey=encoded.is_grey)
    if pixels.mosaic is not None or encoded.num_bits == 16:
        return decode_raw(_as_raw(msg, encoded, pixels), size_px, depth)
    halvings = 0
    if encoded.is_jpeg and reduced and size_px is not None:
        halvings = min(num_halvings(min(encoded.width, encoded.height), size_px),
                       len(REDUCED_FLAGS) - 1)
    image_BGR = _decode(encoded.data, REDUCED_FLAGS[halvings])
    if size_px is not None:
        image_BGR = shrink(image_BGR, size_px)
    if pixels.is_swapped:
        return image_BGR
    return cv2.cvtColor(image_BGR, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _read(data: bytes, text: str) -> EncodedImage:
    if data.startswith(JPEG_SIGNATURE):
        return read_jpeg(data)
    if data.startswith(PNG_SIGNATURE):
        return read_png(data)
    read_format(text, is_grey=False)
    raise ImageError(
        f'expected JPEG or PNG data, got {len(data)} bytes starting with {data[:4]!r} '
        f'(format {text!r:.60}); set transport to raw, or republish the images as JPEG')


def _as_raw(msg: CompressedImage, encoded: EncodedImage, pixels: PixelFormat) -> DecodedImage:
    image = _decode(encoded.data, cv2.IMREAD_UNCHANGED if encoded.num_bits == 16 else (
        cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION))
    height, width = image.shape[:2]
    order = 'rgb' if pixels.is_swapped else 'bgr'
    names = {1: pixels.mosaic or 'mono', 3: order, 4: f'{order}a'}
    values = np.ascontiguousarray(image)
    return DecodedImage(
        header=msg.header, height=height, width=width, step=values.nbytes // height,
        encoding=f'{names[values.size // (height * width)]}{8 * values.itemsize}',
        is_bigendian=sys.byteorder == 'big', data=values.reshape(-1).view(np.uint8))


def _decode(data: bytes, flags: int) -> NDArray[Any]:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(f'expected a readable JPEG or PNG, got: {error}') from error
    if image is None:
        raise ImageError(f'expected a readable JPEG or PNG, got {len(data)} damaged bytes')
    return image
