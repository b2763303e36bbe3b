# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a JPEG or PNG says of itself is read as its standard says."""

from imrs_ros.images.jpeg import read_jpeg
from imrs_ros.images.limits import ImageError
from imrs_ros.images.png import read_png, SIGNATURE
import pytest

WIDTH, HEIGHT = 64, 48
SCAN = b'\xff\xda\0\x08\1\1\0\0\x3f\0' + bytes(20)
BITS_OF_COLOUR = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bit depths that the PNG specification allows, by colour type (table 11.1)."""


def segment(marker, content):
    return bytes([0xff, marker]) + (len(content) + 2).to_bytes(2, 'big') + content


def jpeg(marker, num_bits=8, num_components=1, before=b''):
    """Return a JPEG whose frame header has a given marker."""
    sides = HEIGHT.to_bytes(2, 'big') + WIDTH.to_bytes(2, 'big')
    header = bytes([num_bits]) + sides + bytes([num_components]) + num_components * b'\1\x11\0'
    return b'\xff\xd8' + before + segment(marker, header) + SCAN + b'\xff\xd9'


def png(colour, num_bits, num_data_bytes=600):
    def chunk(kind, content):
        return len(content).to_bytes(4, 'big') + kind + content + bytes(4)
    sides = WIDTH.to_bytes(4, 'big') + HEIGHT.to_bytes(4, 'big')
    header = sides + bytes([num_bits, colour, 0, 0, 0])
    return (SIGNATURE + chunk(b'IHDR', header) + chunk(b'IDAT', bytes(num_data_bytes))
            + chunk(b'IEND', b''))


@pytest.mark.parametrize('marker', range(0xC0, 0xD0))
def test_frame_headers_are_all_but_tables_and_reserved_markers(marker):
    data = jpeg(marker)
    if marker in (0xC4, 0xC8, 0xCC):
        with pytest.raises(ImageError, match='without a frame header'):
            read_jpeg(data)
    else:
        found = read_jpeg(data + b'padding')
        assert (found.width, found.height, found.num_bits) == (WIDTH, HEIGHT, 8)
        assert (found.is_grey, found.is_jpeg, found.data) == (True, True, data)


@pytest.mark.parametrize(('num_bits', 'num_components', 'is_grey'), [
    (8, 3, False), (12, 1, True), (8, 4, False), (8, 2, False)])
def test_a_frame_header_states_bits_and_channels(num_bits, num_components, is_grey):
    found = read_jpeg(jpeg(0xC0, num_bits, num_components))
    assert (found.num_bits, found.is_grey) == (num_bits, is_grey)


@pytest.mark.parametrize('before', [b'\xff', b'\xff\xff', b'\xff\1', segment(0xE0, b'\xff\xd9')])
def test_fill_bytes_bare_markers_and_segments_are_passed_over(before):
    assert read_jpeg(jpeg(0xC0, before=before)).width == WIDTH


@pytest.mark.parametrize('colour', range(8))
def test_bit_depths_of_a_png_are_those_of_its_colour_type(colour):
    allowed = BITS_OF_COLOUR.get(colour, ())
    for num_bits in range(18):
        if num_bits in allowed:
            found = read_png(png(colour, num_bits))
            assert (found.width, found.height, found.num_bits) == (WIDTH, HEIGHT, num_bits)
            assert (found.is_grey, found.is_jpeg) == (colour == 0, False)
        else:
            with pytest.raises(ImageError, match=f'colour type {colour} with {num_bits} bits'):
                read_png(png(colour, num_bits))


@pytest.mark.parametrize(('colour', 'num_bits', 'row_bytes'), [
    (0, 1, 9), (0, 2, 17), (0, 8, 65), (0, 16, 129), (2, 8, 193), (3, 4, 33), (4, 8, 129),
    (6, 8, 257), (6, 16, 513)])
def test_pixels_of_a_png_have_the_amount_of_data_that_their_number_allows(
        colour, num_bits, row_bytes):
    low, high = HEIGHT * row_bytes // 1032, HEIGHT * row_bytes * 5 // 4 + 65_536
    for size in (low, high):
        assert read_png(png(colour, num_bits, size)).width == WIDTH
    for size in ([low - 1] if low else []) + [high + 1]:
        with pytest.raises(ImageError, match=f'expected {low} to {high} bytes .*, got {size}'):
            read_png(png(colour, num_bits, size))
