"""
JPEG and PNG messages to RGB, by their fields: whole, or only the square that the network sees.

A JPEG at least twice the network's side is decoded at a half, a quarter or an eighth of its size,
which leaves out most of the work; libjpeg takes the lowest frequencies of every block. That does
not give the pixels of the whole image shrunk, but near ones: ``python -m benchmarks.reduced_jpeg``
measures how near, and what it changes in the scores of real clips. Smaller JPEGs, and PNGs, are
exact.

Layout legend: H height, W width, C channels.
"""

from io import BytesIO
from typing import Any, Protocol

import cv2
from imrs_ros.images.limits import check_sides, ImageError
from imrs_ros.images.preprocessing import num_halvings, shrink
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

IMAGE_END_BYTES = 1024
"""Where the end of a JPEG or PNG must stand, zeros behind it aside: drivers fill up their buffers.
Not in the whole message: a thumbnail in the header has an end of its own."""
JPEG_START, JPEG_END, PNG_START, PNG_END = b'\xff\xd8', b'\xff\xd9', b'\x89PNG', b'IEND'
REDUCED_FLAGS = (cv2.IMREAD_COLOR, cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_COLOR_4,
                 cv2.IMREAD_REDUCED_COLOR_8)
"""By how often the sides are halved."""


class CompressedImage(Protocol):
    """The fields of ``sensor_msgs/CompressedImage``, but for its words on the format."""

    @property
    def header(self) -> Any:
        """Give the stamp and the frame id."""

    @property
    def data(self) -> Any:
        """Give the bytes."""


def decode_compressed(
    msg: CompressedImage, size_px: int | None = None, *, reduced: bool = True,
) -> NDArray[np.uint8]:
    """
    Give the RGB image of a message.

    :param msg: a JPEG or PNG.
    :param size_px: side of the square to cut out and shrink; None for the whole image.
    :param reduced: whether a JPEG that is large enough may be decoded at a part of its size.
    :return: image_HWC, uint8.
    :raises ImageError: when the data is damaged, too large, or something else.
    """
    data = bytes(msg.data)
    is_jpeg = data.startswith(JPEG_START)
    if not is_jpeg and not data.startswith(PNG_START):
        raise ImageError(
            f'expected JPEG or PNG data, got {len(data)} bytes that start with {data[:4]!r} '
            f'(format {getattr(msg, "format", "")!r:.60})')
    if (JPEG_END if is_jpeg else PNG_END) not in data.rstrip(b'\0')[-IMAGE_END_BYTES:]:
        raise ImageError(
            f'expected a whole JPEG or PNG, got {len(data)} bytes without its end: cut off')
    width, height = _sides_in_header(data)
    check_sides(width, height)
    halvings = 0
    if is_jpeg and reduced and size_px is not None:
        halvings = min(num_halvings(min(width, height), size_px), len(REDUCED_FLAGS) - 1)
    image_BGR = _decode(data, REDUCED_FLAGS[halvings])
    if size_px is not None:
        image_BGR = shrink(image_BGR, size_px)
    return cv2.cvtColor(image_BGR, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def _decode(data: bytes, flags: int) -> NDArray[np.uint8]:
    try:
        image_BGR = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(f'expected a readable JPEG or PNG, got: {error}') from error
    if image_BGR is None:
        raise ImageError(f'expected a readable JPEG or PNG, got {len(data)} damaged bytes')
    return image_BGR.astype(np.uint8, copy=False)


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
