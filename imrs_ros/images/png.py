# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Check the chunks of a PNG before a decoder sees them (PNG specification, third edition, 5 and 11).

A decoder allocates what a chunk's length says, and inflates compressed texts and colour profiles
of any size. Lengths must therefore lie within the data, and chunks that hold no pixels are left
out. The pixels must have the amount of compressed data that their number allows.
"""

from imrs_ros.images.encoded import EncodedImage
from imrs_ros.images.limits import check_sides, ImageError

SIGNATURE = b'\x89PNG\r\n\x1a\n'
HEADER_KIND, DATA_KIND, END_KIND = b'IHDR', b'IDAT', b'IEND'
MAX_BYTES = {HEADER_KIND: 13, b'PLTE': 768, b'tRNS': 256, END_KIND: 0}
"""Of the chunks that a decoder gets, besides those of pixels."""
MAX_CHUNKS = 2 ** 16
"""libpng writes pixels in chunks of 8 KiB: enough for 512 MiB."""
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type: grey, RGB, palette, grey with alpha, RGB with alpha."""
BIT_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
MAX_RATIO = 1032
"""Deflate's best: two bits for a match of 258 bytes (RFC 1951)."""
STORED_RATIO, OVERHEAD_BYTES = 1.25, 2 ** 16
"""zlib's own bound (``deflateBound``) lies below so many times the pixels' bytes and so many."""


def read_png(data: bytes) -> EncodedImage:
    """
    Check a PNG.

    :param data: starting with ``SIGNATURE``; padding may follow the end.
    :return: the image to decode.
    :raises ImageError: if it is damaged, cut off, or asks for more than its size allows.
    """
    kept, num_data_bytes, is_lean = [], 0, True
    for kind, start, end in _chunks(data):
        if kind == DATA_KIND:
            num_data_bytes += end - start - 12
        elif kind not in MAX_BYTES:
            is_lean = False
            continue
        kept.append((start, end))
    header = data[16:29]
    width, height = (int.from_bytes(header[i:i + 4], 'big') for i in (0, 4))
    num_bits, colour = header[8], header[9]
    check_sides(width, height)
    if num_bits not in BIT_DEPTHS.get(colour, ()):
        raise ImageError('expected a readable JPEG or PNG header, got: a PNG of colour type '
                         f'{colour} with {num_bits} bits')
    _check_amount(height * (1 + (width * CHANNELS[colour] * num_bits + 7) // 8), num_data_bytes)
    return EncodedImage(
        width=width, height=height, is_grey=colour == 0, num_bits=num_bits, is_jpeg=False,
        data=data[:kept[-1][1]] if is_lean else
        SIGNATURE + b''.join(data[start:end] for start, end in kept))


def _chunks(data: bytes) -> list[tuple[bytes, int, int]]:
    """Return kind, start and end of every chunk, the first the header and the last the end."""
    found: list[tuple[bytes, int, int]] = []
    start = len(SIGNATURE)
    while not found or found[-1][0] != END_KIND:
        kind, size = data[start + 4:start + 8], int.from_bytes(data[start:start + 4], 'big')
        end = start + 12 + size
        if end > len(data):
            raise ImageError(
                f'expected a complete JPEG or PNG, got {len(data)} bytes without its end: cut off')
        is_header = kind == HEADER_KIND
        if size > MAX_BYTES.get(kind, size) or is_header == bool(found) or is_header and size < 13:
            raise ImageError('expected a readable JPEG or PNG header, got: a PNG with a chunk '
                             f'{kind!r} of {size} bytes as its number {len(found) + 1}')
        if len(found) >= MAX_CHUNKS:
            raise ImageError(f'expected at most {MAX_CHUNKS} chunks in a PNG, got more')
        found.append((kind, start, end))
        start = end
    return found


def _check_amount(num_pixel_bytes: int, num_data_bytes: int) -> None:
    low, high = num_pixel_bytes // MAX_RATIO, STORED_RATIO * num_pixel_bytes + OVERHEAD_BYTES
    if not low <= num_data_bytes <= high:
        raise ImageError(
            f'expected {low} to {high:.0f} bytes of compressed pixels in a PNG of this size, got '
            f'{num_data_bytes}')
