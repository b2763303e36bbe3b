"""
Decode JPEG and PNG messages to RGB: the whole image, or only the square that the network takes.

A JPEG at least twice the network's side is decoded at a half, a quarter or an eighth of its size,
which saves most of the work: libjpeg uses only the lowest frequencies of every block. The pixels
approximate those of the whole image after ``shrink``; ``python -m benchmarks.reduced_jpeg``
measures how closely, and the effect on the scores of real clips. Smaller JPEGs and PNGs are exact.

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
"""The end marker must lie in so many last bytes, not counting zeros that drivers pad buffers with.
The whole message is not searched: a thumbnail in the header has an end marker of its own."""
JPEG_START, JPEG_END, PNG_START, PNG_END = b'\xff\xd8', b'\xff\xd9', b'\x89PNG', b'IEND'
REDUCED_FLAGS = (cv2.IMREAD_COLOR, cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_COLOR_4,
                 cv2.IMREAD_REDUCED_COLOR_8)
"""Indexed by how many times the sides are halved."""


class CompressedImage(Protocol):
    """The fields of ``sensor_msgs/CompressedImage`` that are used."""

    @property
    def header(self) -> Any:
        """Return stamp and frame id."""

    @property
    def data(self) -> Any:
        """Return the compressed bytes."""


def decode_compressed(
    msg: CompressedImage, size_px: int | None = None, *, reduced: bool = True,
) -> NDArray[np.uint8]:
    """
    Decode a JPEG or PNG message.

    :param msg: the message.
    :param size_px: side of the centre square to return; None for the whole image.
    :param reduced: whether a large JPEG may be decoded at reduced size.
    :return: image_HWC, RGB, uint8.
    :raises ImageError: if the data is damaged, too large, or neither JPEG nor PNG.
    """
    data = bytes(msg.data)
    is_jpeg = data.startswith(JPEG_START)
    if not is_jpeg and not data.startswith(PNG_START):
        raise ImageError(
            f'expected JPEG or PNG data, got {len(data)} bytes starting with {data[:4]!r} '
            f'(format {getattr(msg, "format", "")!r:.60})')
    if (JPEG_END if is_jpeg else PNG_END) not in data.rstrip(b'\0')[-IMAGE_END_BYTES:]:
        raise ImageError(
            f'expected a complete JPEG or PNG, got {len(data)} bytes without its end: cut off')
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
    """Return width and height, read before anything is decoded."""
    try:
        with PilImage.open(BytesIO(data), formats=('JPEG', 'PNG')) as header:
            return header.size
    # Pillow raises many kinds of exceptions for malformed headers; here they all mean the same.
    except Exception as error:
        raise ImageError(
            'expected a readable JPEG or PNG header, got: '
            f'{type(error).__name__}: {error}') from error
