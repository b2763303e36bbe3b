"""
Image messages to frames, without ROS: by their fields, whoever deserialised them.

Layout legend: H height, W width, C channels.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

import cv2
from imrs_ros.records import Frame
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

MIN_SIDE_PX, MAX_SIDE_PX = 16, 16_384
"""Images beyond these sides are refused before anything is decoded or allocated."""
MAX_PIXELS = 2 ** 26
"""And those of more pixels in all: decoded, they would take over 200 MB."""
IMAGE_END_BYTES = 1024
"""Where the end of a JPEG or PNG must stand, zeros behind it aside: drivers fill up their buffers.
Not in the whole message: a thumbnail in the header has an end of its own."""
JPEG_START, JPEG_END, PNG_START, PNG_END = b'\xff\xd8', b'\xff\xd9', b'\x89PNG', b'IEND'


class Stamp(Protocol):
    """The fields of ``builtin_interfaces/Time``."""

    sec: int
    nanosec: int


class RawImage(Protocol):
    """The fields of ``sensor_msgs/Image``."""

    header: Any
    height: int
    width: int
    encoding: str
    is_bigendian: Any
    step: int
    data: Any


class CompressedImage(Protocol):
    """The fields of ``sensor_msgs/CompressedImage``; ``format`` differs by driver."""

    header: Any
    data: Any


class ImageError(ValueError):
    """An image message that cannot be used: what was expected, and what came."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one ``sensor_msgs/Image`` encoding lies in memory and becomes RGB."""

    channels: int
    """Values a pixel."""
    to_rgb: int | None
    """OpenCV colour conversion; None where the data is RGB."""
    num_bytes: int = 1
    """Bytes a value; the high byte of two is kept."""
    rows: tuple[int, int] = (1, 1)
    """Rows of data over rows of the image, as a fraction."""
    even: bool = False
    """Sides must be even."""


def _with_16_bit(name: str, channels: int, to_rgb: int | None) -> dict[str, Encoding]:
    return {f'{name}8': Encoding(channels, to_rgb), f'{name}16': Encoding(channels, to_rgb, 2)}


ENCODINGS: dict[str, Encoding] = {
    **_with_16_bit('rgb', 3, None),
    **_with_16_bit('bgr', 3, cv2.COLOR_BGR2RGB),
    **_with_16_bit('rgba', 4, cv2.COLOR_RGBA2RGB),
    **_with_16_bit('bgra', 4, cv2.COLOR_BGRA2RGB),
    **_with_16_bit('mono', 1, cv2.COLOR_GRAY2RGB),
    # OpenCV names a Bayer pattern by its second row's second and third pixel.
    **_with_16_bit('bayer_rggb', 1, cv2.COLOR_BayerBG2RGB),
    **_with_16_bit('bayer_bggr', 1, cv2.COLOR_BayerRG2RGB),
    **_with_16_bit('bayer_gbrg', 1, cv2.COLOR_BayerGR2RGB),
    **_with_16_bit('bayer_grbg', 1, cv2.COLOR_BayerGB2RGB),
    '8UC1': Encoding(1, cv2.COLOR_GRAY2RGB),
    '8UC3': Encoding(3, cv2.COLOR_BGR2RGB),
    '8UC4': Encoding(4, cv2.COLOR_BGRA2RGB),
    'yuv422': Encoding(2, cv2.COLOR_YUV2RGB_UYVY, even=True),
    'uyvy': Encoding(2, cv2.COLOR_YUV2RGB_UYVY, even=True),
    'yuv422_yuy2': Encoding(2, cv2.COLOR_YUV2RGB_YUY2, even=True),
    'yuyv': Encoding(2, cv2.COLOR_YUV2RGB_YUY2, even=True),
    'nv12': Encoding(1, cv2.COLOR_YUV2RGB_NV12, rows=(3, 2), even=True),
    'nv21': Encoding(1, cv2.COLOR_YUV2RGB_NV21, rows=(3, 2), even=True),
}


def stamp_to_ns(stamp: Stamp) -> int:
    """
    Give a stamp as integer nanoseconds.

    :param stamp: a header stamp.
    :return: nanoseconds of its clock.
    """
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def decode_image(msg: RawImage | CompressedImage) -> Frame:
    """
    Turn an image message into a frame.

    :param msg: a raw image of any encoding in ``ENCODINGS``, or a JPEG or PNG; from
        rclpy or rosbags.
    :return: the frame; its image may share memory with the message.
    :raises ImageError: when the message is damaged, unsupported, or has no stamp.
    """
    stamp_ns = stamp_to_ns(msg.header.stamp)
    if stamp_ns <= 0:
        raise ImageError('expected a header stamp above 0, got 0; the camera driver must fill it')
    image_HWC = _decode_raw(msg) if hasattr(msg, 'encoding') else _decode_compressed(msg)
    return Frame(stamp_ns, msg.header.frame_id, image_HWC)


def _decode_raw(msg: Any) -> NDArray[np.uint8]:
    encoding = ENCODINGS.get(msg.encoding)
    if encoding is None:
        raise ImageError(
            f'expected an encoding of {", ".join(ENCODINGS)}, got {msg.encoding!r:.40}')
    _check_sides(msg.width, msg.height)
    if encoding.even and (msg.width % 2 or msg.height % 2):
        raise ImageError(
            f'expected even sides for {msg.encoding}, got {msg.width} x {msg.height}')
    num_rows = msg.height * encoding.rows[0] // encoding.rows[1]
    row_bytes = msg.width * encoding.channels * encoding.num_bytes
    if msg.step < row_bytes or len(msg.data) != msg.step * num_rows:
        raise ImageError(
            f'expected {num_rows} rows of a step of at least {row_bytes} bytes for '
            f'{msg.width} x {msg.height} {msg.encoding}, got a step of {msg.step} and '
            f'{len(msg.data)} bytes')
    rows = np.frombuffer(msg.data, np.uint8).reshape(num_rows, msg.step)[:, :row_bytes]
    if encoding.num_bytes == 2:
        rows = rows[:, (0 if msg.is_bigendian else 1)::2]
    shape = (num_rows, msg.width, encoding.channels)
    pixels_HWC = np.ascontiguousarray(rows).reshape(shape)
    if encoding.to_rgb is None:
        return pixels_HWC
    return cv2.cvtColor(pixels_HWC, encoding.to_rgb).astype(np.uint8, copy=False)


def _decode_compressed(msg: Any) -> NDArray[np.uint8]:
    data = bytes(msg.data)
    if data.startswith(JPEG_START):
        end = JPEG_END
    elif data.startswith(PNG_START):
        end = PNG_END
    else:
        raise ImageError(
            f'expected JPEG or PNG data, got {len(data)} bytes that start with {data[:4]!r} '
            f'(format {msg.format!r:.60})')
    if end not in data.rstrip(b'\0')[-IMAGE_END_BYTES:]:
        raise ImageError(
            f'expected a whole JPEG or PNG, got {len(data)} bytes without its end: cut off')
    _check_sides(*_sides_in_header(data))
    try:
        image_BGR = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError(f'expected a readable JPEG or PNG, got: {error}') from error
    if image_BGR is None:
        raise ImageError(f'expected a readable JPEG or PNG, got {len(data)} damaged bytes')
    return cv2.cvtColor(image_BGR, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _sides_in_header(data: bytes) -> tuple[int, int]:
    """Give width and height before anything is decoded."""
    try:
        with PilImage.open(BytesIO(data), formats=('JPEG', 'PNG')) as header:
            return header.size
    # Pillow raises exceptions of many kinds for odd headers; each means the same here.
    except Exception as error:
        raise ImageError(
            'expected a readable JPEG or PNG header, got: '
            f'{type(error).__name__}: {error}') from error


def _check_sides(width: int, height: int) -> None:
    if not (MIN_SIDE_PX <= width <= MAX_SIDE_PX and MIN_SIDE_PX <= height <= MAX_SIDE_PX):
        raise ImageError(
            f'expected sides of {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels, got {width} x {height}')
    if width * height > MAX_PIXELS:
        raise ImageError(f'expected at most {MAX_PIXELS} pixels, got {width} x {height}')
