# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Check the segments of a JPEG before a decoder sees them (ITU-T T.81, annex B).

Every scan of a progressive JPEG passes over the whole image, so a small file with hundreds of
scans takes minutes.
"""

from imrs_ros.images.encoded import EncodedImage
from imrs_ros.images.limits import check_sides, ImageError
import numpy as np
from numpy.typing import NDArray

SIGNATURE = b'\xff\xd8'
END, START_OF_SCAN = 0xD9, 0xDA
BARE = {0x01, 0xD8}
"""Markers without a segment; restart markers belong to a scan."""
FRAME_HEADERS = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
IS_MARKER: NDArray[np.bool_] = np.ones(256, bool)
"""Whether a byte behind 0xFF makes a marker: not a stuffed zero, a restart or a fill byte."""
IS_MARKER[[0x00, *range(0xD0, 0xD8), 0xFF]] = False
MAX_SCANS = 24
"""libjpeg's own scripts have 10 scans for YCbCr, 14 for RGB and 18 for four channels
(``jpeg_simple_progression``); optimisers split some of them."""
MAX_SEGMENTS = 1024
"""A colour profile may take 255, extended metadata a few hundred."""


def read_jpeg(data: bytes) -> EncodedImage:
    """
    Check a JPEG.

    :param data: starting with ``SIGNATURE``; anything may follow the end.
    :return: the image to decode.
    :raises ImageError: if it is damaged, cut off, or has too many segments or scans.
    """
    frame, num_scans, num_segments, position = b'', 0, 0, len(SIGNATURE)
    places = _markers(data)
    while True:
        index = int(np.searchsorted(places, position))
        if index == len(places):
            raise _cut_off(data)
        place = int(places[index])
        marker, position = data[place + 1], place + 2
        if marker == END:
            break
        size = 0 if marker in BARE else int.from_bytes(data[position:position + 2], 'big')
        if marker in FRAME_HEADERS:
            if frame or size < 8:
                raise _unreadable('two frame headers, or a short one')
            frame = data[position:position + size]
        num_scans += marker == START_OF_SCAN
        num_segments += 1
        if num_scans > MAX_SCANS or num_segments > MAX_SEGMENTS:
            raise ImageError(f'expected a JPEG of at most {MAX_SCANS} scans and {MAX_SEGMENTS} '
                             'segments, got more; store it without progressive coding')
        position += size
    if not frame:
        raise _unreadable('a JPEG without a frame header')
    height, width = (int.from_bytes(frame[i:i + 2], 'big') for i in (3, 5))
    check_sides(width, height)
    if not num_scans:
        raise _unreadable('a JPEG without a scan')
    return EncodedImage(
        width=width, height=height, is_grey=frame[7] == 1, num_bits=frame[2], is_jpeg=True,
        data=data[:position])


def _markers(data: bytes) -> NDArray[np.intp]:
    """Return where markers are, and what looks like one within segments."""
    values = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(values[:-1] == 0xFF)
    return places[IS_MARKER[values[places + 1]]]


def _cut_off(data: bytes) -> ImageError:
    return ImageError(
        f'expected a complete JPEG or PNG, got {len(data)} bytes without its end: cut off')


def _unreadable(found: str) -> ImageError:
    return ImageError(f'expected a readable JPEG or PNG header, got: {found}')
