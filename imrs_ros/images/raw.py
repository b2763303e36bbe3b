# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Decode raw image messages to RGB: the whole image, or only the square that the network takes.

The square equals the whole image after ``shrink``, bit for bit. It is cut out before colour
conversion and, for encodings that convert every pixel independently, shrunk before it as well.

Layout legend: H height, W width, C channels.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
from imrs_ros.images.bit_depth import BitDepth, MAX_BITS
from imrs_ros.images.limits import check_sides, ImageError
from imrs_ros.images.preprocessing import centre_square, resize_square
import numpy as np
from numpy.typing import NDArray


class RawImage(Protocol):
    """The fields of ``sensor_msgs/Image``."""

    header: Any
    height: int
    width: int
    encoding: str
    is_bigendian: Any
    step: int
    data: Any


@dataclass(frozen=True, slots=True)
class Encoding:
    """Memory layout of one ``sensor_msgs/Image`` encoding, and its conversion to RGB."""

    channels: int
    """Values per pixel."""
    to_rgb: int | None
    """OpenCV colour conversion; None where the data is RGB."""
    num_bytes: int = 1
    """Bytes per value; of two, the eight highest bits in use are taken, see ``BitDepth``."""
    rows: tuple[int, int] = (1, 1)
    """Rows of data per row of the image, as numerator and denominator."""
    even: bool = False
    """Whether width and height must be even."""
    border_px: int | None = None
    """Pixels around the square that its conversion also reads; None if every pixel is converted
    independently, so that shrinking may come first."""


def _with_16_bit(
    name: str, channels: int, to_rgb: int | None, border_px: int | None = None,
) -> dict[str, Encoding]:
    return {f'{name}{8 * num_bytes}': Encoding(channels, to_rgb, num_bytes, border_px=border_px)
            for num_bytes in (1, 2)}


UYVY = Encoding(2, cv2.COLOR_YUV2RGB_UYVY, even=True, border_px=0)
YUYV = Encoding(2, cv2.COLOR_YUV2RGB_YUY2, even=True, border_px=0)
ENCODINGS: dict[str, Encoding] = {
    **_with_16_bit('rgb', 3, None),
    **_with_16_bit('bgr', 3, cv2.COLOR_BGR2RGB),
    **_with_16_bit('rgba', 4, cv2.COLOR_RGBA2RGB),
    **_with_16_bit('bgra', 4, cv2.COLOR_BGRA2RGB),
    **_with_16_bit('mono', 1, cv2.COLOR_GRAY2RGB),
    # OpenCV names a Bayer pattern by its second row's second and third pixel.
    **_with_16_bit('bayer_rggb', 1, cv2.COLOR_BayerBG2RGB, 2),
    **_with_16_bit('bayer_bggr', 1, cv2.COLOR_BayerRG2RGB, 2),
    **_with_16_bit('bayer_gbrg', 1, cv2.COLOR_BayerGR2RGB, 2),
    **_with_16_bit('bayer_grbg', 1, cv2.COLOR_BayerGB2RGB, 2),
    '8UC1': Encoding(1, cv2.COLOR_GRAY2RGB),
    '8UC3': Encoding(3, cv2.COLOR_BGR2RGB),
    '8UC4': Encoding(4, cv2.COLOR_BGRA2RGB),
    'yuv422': UYVY, 'uyvy': UYVY, 'yuv422_yuy2': YUYV, 'yuyv': YUYV,
    'nv12': Encoding(1, cv2.COLOR_YUV2RGB_NV12, rows=(3, 2), even=True, border_px=0),
    'nv21': Encoding(1, cv2.COLOR_YUV2RGB_NV21, rows=(3, 2), even=True, border_px=0),
}


def decode_raw(
    msg: RawImage, size_px: int | None = None, depth: BitDepth | None = None,
) -> NDArray[np.uint8]:
    """
    Decode a raw image message.

    :param msg: the message, in any of ``ENCODINGS``.
    :param size_px: side of the centre square to return; None for the whole image.
    :param depth: of the camera's 16-bit values; None to take all 16 bits as used.
    :return: image_HWC, RGB, uint8; it may share memory with the message.
    :raises ImageError: if the encoding is unknown, or size, step and data do not match.
    """
    encoding = ENCODINGS.get(msg.encoding)
    if encoding is None:
        raise ImageError(
            f'expected one of the encodings {", ".join(ENCODINGS)}; got {msg.encoding!r:.40}')
    data_HWC = _view(msg, encoding, depth)
    if size_px is None:
        return _convert(data_HWC, encoding)
    top, left, side = centre_square(msg.height, msg.width)
    if encoding.border_px is None:
        square_HWC = data_HWC[top:top + side, left:left + side]
        return _convert(resize_square(square_HWC, size_px), encoding)
    y, height = _even_span(top, side, msg.height, encoding.border_px)
    x, width = _even_span(left, side, msg.width, encoding.border_px)
    rows = [data_HWC[y:y + height, x:x + width]]
    if encoding.rows != (1, 1):
        # The luma rows are followed by half as many rows of chroma pairs.
        below = msg.height + y // 2
        rows.append(data_HWC[below:below + height // 2, x:x + width])
    part_HWC = _convert(np.concatenate(rows) if len(rows) > 1 else rows[0], encoding)
    return resize_square(part_HWC[top - y:, left - x:][:side, :side], size_px)


def _view(msg: RawImage, encoding: Encoding, depth: BitDepth | None) -> NDArray[np.uint8]:
    """Check the data against its size, and return a view of it, if possible, in 8 bits."""
    check_sides(msg.width, msg.height)
    if encoding.even and (msg.width % 2 or msg.height % 2):
        raise ImageError(
            f'expected even sides for {msg.encoding}, got {msg.width} x {msg.height}')
    num_rows = msg.height * encoding.rows[0] // encoding.rows[1]
    pixel_bytes = encoding.channels * encoding.num_bytes
    row_bytes = msg.width * pixel_bytes
    if msg.step < row_bytes or len(msg.data) != msg.step * num_rows:
        raise ImageError(
            f'expected {num_rows} rows with a step of at least {row_bytes} bytes for '
            f'{msg.width} x {msg.height} {msg.encoding}, got a step of {msg.step} and '
            f'{len(msg.data)} bytes of data')
    shape = num_rows, msg.width, encoding.channels
    if encoding.num_bytes == 2 and depth is not None:
        values_HWC: NDArray[np.uint16] = np.ndarray(
            shape, '>u2' if msg.is_bigendian else '<u2', msg.data,
            strides=(msg.step, pixel_bytes, encoding.num_bytes))
        num_bits = depth.observe(values_HWC)
        if num_bits < MAX_BITS:
            return (values_HWC >> (num_bits - 8)).astype(np.uint8)
    return np.ndarray(
        shape, np.uint8, msg.data,
        offset=1 if encoding.num_bytes == 2 and not msg.is_bigendian else 0,
        strides=(msg.step, pixel_bytes, encoding.num_bytes))


def _convert(data_HWC: NDArray[np.uint8], encoding: Encoding) -> NDArray[np.uint8]:
    if encoding.to_rgb is None:
        return np.ascontiguousarray(data_HWC)
    return cv2.cvtColor(data_HWC, encoding.to_rgb).astype(np.uint8, copy=False)


def _even_span(start: int, length: int, limit: int, border_px: int) -> tuple[int, int]:
    """Widen a span by a border, within the image, to an even start and if possible an even end."""
    first = max(0, start - border_px) // 2 * 2
    last = min(limit, start + length + border_px)
    return first, min(limit, last + (last - first) % 2) - first
