# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Small files that ask a decoder for much are refused before it is called."""

from io import BytesIO
import os
import subprocess
import sys
from types import SimpleNamespace
import zlib

from imrs_ros.images.decoding import decode_image, decode_square, ImageError
from imrs_ros.images.jpeg import MAX_SCANS, MAX_SEGMENTS
from imrs_ros.images.png import MAX_CHUNKS, SIGNATURE
import numpy as np
from PIL import Image as PilImage
import pytest

HEADER = SimpleNamespace(stamp=SimpleNamespace(sec=7, nanosec=5), frame_id='optical')
SCENE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def message(data, image_format='jpeg'):
    return SimpleNamespace(header=HEADER, format=image_format, data=data)


def encode(kind, image=SCENE, **options):
    buffer = BytesIO()
    PilImage.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind, content, size=None):
    """Return a PNG chunk with a right checksum, and if wanted a wrong size."""
    body = kind + content
    return ((len(content) if size is None else size).to_bytes(4, 'big') + body
            + zlib.crc32(body).to_bytes(4, 'big'))


def png(width, height, pixels, size=None, colour=2, num_bits=8, extra=b''):
    """Return an RGB PNG whose compressed pixels are ``pixels``."""
    sides = width.to_bytes(4, 'big') + height.to_bytes(4, 'big')
    return (SIGNATURE + chunk(b'IHDR', sides + bytes([num_bits, colour, 0, 0, 0])) + extra
            + chunk(b'IDAT', pixels, size) + chunk(b'IEND', b''))


def scans_of(jpeg):
    """Return where every scan starts; no entropy-coded data holds the marker."""
    return [i for i in range(len(jpeg) - 1) if jpeg[i:i + 2] == b'\xff\xda']


PROGRESSIVE = encode('JPEG', progressive=True)
LAST_SCAN = PROGRESSIVE[scans_of(PROGRESSIVE)[-1]:-2]


@pytest.mark.parametrize('size', [2 ** 20, 2 ** 31 - 1, 2 ** 32 - 1])
def test_length_of_a_png_chunk_lies_within_the_data(size):
    small = png(16, 16, zlib.compress(bytes(16 * 49)), size=size)
    with pytest.raises(ImageError, match='cut off'):
        decode_image(message(small))


@pytest.mark.parametrize('num_scans', [1, MAX_SCANS - len(scans_of(PROGRESSIVE))])
def test_a_progressive_jpeg_with_a_few_more_scans_is_decoded(num_scans):
    longer = PROGRESSIVE[:-2] + LAST_SCAN * num_scans + PROGRESSIVE[-2:]
    assert decode_image(message(longer)).image_HWC.shape == SCENE.shape


@pytest.mark.parametrize('num_scans', [MAX_SCANS - len(scans_of(PROGRESSIVE)) + 1, 300])
def test_a_jpeg_of_many_scans_is_refused(num_scans):
    longer = PROGRESSIVE[:-2] + LAST_SCAN * num_scans + PROGRESSIVE[-2:]
    with pytest.raises(ImageError, match=f'at most {MAX_SCANS} scans and {MAX_SEGMENTS} segments'):
        decode_square(message(longer), 16)


@pytest.mark.parametrize('segment', [
    b'\xff\xe1\xff\xff' + bytes(65_533), b'\xff\xdd\0\4\0\1', b'\xff\xe1\0\2', b'\xff\1'])
def test_a_jpeg_of_many_segments_is_refused(segment):
    jpeg = encode('JPEG')
    plain = decode_image(message(jpeg)).image_HWC
    if segment != b'\xff\xdd\0\4\0\1':
        few = jpeg[:2] + segment * 300 + jpeg[2:]
        assert (decode_image(message(few)).image_HWC == plain).all()
    many = jpeg[:2] + segment * (MAX_SEGMENTS + 1) + jpeg[2:]
    with pytest.raises(ImageError, match=f'at most {MAX_SCANS} scans and {MAX_SEGMENTS} segments'):
        decode_image(message(many))


def test_a_second_frame_header_is_refused():
    jpeg = encode('JPEG')
    start = jpeg.index(b'\xff\xc0')
    size = int.from_bytes(jpeg[start + 2:start + 4], 'big')
    doubled = jpeg[:start] + jpeg[start:start + 2 + size] + jpeg[start:]
    with pytest.raises(ImageError, match='two frame headers'):
        decode_image(message(doubled))


@pytest.mark.parametrize(('jpeg', 'words'), [
    (b'\xff\xd8\xff\xd9', 'without a frame header'),
    (b'\xff\xd8\xff\xc0\0\x0b\x08\0\x40\0\x40\1\1\x11\0\xff\xd9', 'without a scan'),
    (b'\xff\xd8\xff\xc0\0\4\x08\0\xff\xd9', 'two frame headers, or a short one'),
    (b'\xff\xd8\xff', 'cut off'), (b'\xff\xd8', 'cut off')])
def test_a_jpeg_without_an_image_is_named(jpeg, words):
    with pytest.raises(ImageError, match=words):
        decode_image(message(jpeg))


def test_a_few_bytes_cannot_ask_for_a_large_png():
    with pytest.raises(ImageError, match='bytes of compressed pixels in a PNG of this size, got'):
        decode_image(message(png(8192, 8192, zlib.compress(bytes(1000)))))


def test_the_best_compressed_png_is_decoded():
    black = png(2000, 2000, zlib.compress(bytes(2000 * 6001), 9))
    assert len(black) < 20_000
    assert not decode_image(message(black)).image_HWC.any()


@pytest.mark.parametrize('level', [0, 1])
def test_a_png_that_is_hardly_compressed_is_decoded(level):
    noise = np.random.default_rng(1).integers(0, 256, (500, 400, 3), np.uint8)
    rows = b''.join(b'\0' + row.tobytes() for row in noise)
    assert (decode_image(message(png(400, 500, zlib.compress(rows, level)))).image_HWC
            == noise).all()


def test_more_compressed_pixels_than_a_png_can_hold_are_refused():
    with pytest.raises(ImageError, match='bytes of compressed pixels in a PNG of this size, got'):
        decode_image(message(png(64, 48, bytes(200_000))))


@pytest.mark.parametrize('extra', [chunk(b'PLTE', bytes(771)), chunk(b'tRNS', bytes(300)),
                                   chunk(b'IHDR', bytes(13))])
def test_a_png_with_an_impossible_chunk_is_refused(extra):
    pixels = zlib.compress(bytes(48 * 193))
    with pytest.raises(ImageError, match='a PNG with a chunk'):
        decode_image(message(png(64, 48, pixels, extra=extra)))


def test_a_png_of_many_chunks_is_refused():
    pixels = zlib.compress(bytes(48 * 193))
    with pytest.raises(ImageError, match=f'at most {MAX_CHUNKS} chunks'):
        decode_image(message(png(64, 48, pixels, extra=chunk(b'teXt', b'') * MAX_CHUNKS)))


@pytest.mark.parametrize(('colour', 'num_bits'), [(5, 8), (2, 4), (0, 3), (3, 16)])
def test_a_png_of_an_impossible_kind_is_refused(colour, num_bits):
    with pytest.raises(ImageError, match=f'colour type {colour} with {num_bits} bits'):
        decode_image(message(png(64, 48, bytes(600), colour=colour, num_bits=num_bits)))


BOMB_BYTES = 2 ** 28
"""What the bombs inflate to."""
NO_PIXELS = zlib.compress(bytes(48 * 193))
PREFIX = b'a\0\0'
BOMBS = {
    'long IDAT': lambda: png(16, 16, NO_PIXELS, size=2 ** 32 - 100),
    'inflating IDAT': lambda: png(256, 256, zlib.compress(bytes(BOMB_BYTES))),
    'zTXt': lambda: png(64, 48, NO_PIXELS, extra=chunk(
        b'zTXt', PREFIX + zlib.compress(bytes(BOMB_BYTES)))),
    'iCCP': lambda: png(64, 48, NO_PIXELS, extra=chunk(
        b'iCCP', PREFIX + zlib.compress(bytes(BOMB_BYTES)))),
    'large': lambda: png(8192, 8192, zlib.compress(bytes(9))),
}
DECODE = """
import resource, sys
from test_bombs import decode_image, encode, ImageError, message
data = sys.stdin.buffer.read()
decode_image(message(encode('PNG')))
before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode_image(message(data))
except ImageError:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib)
"""


@pytest.mark.parametrize('kind', BOMBS)
def test_memory_is_bounded(root, kind):
    paths = os.pathsep.join([str(root), str(root / 'test' / 'images')])
    result = subprocess.run(
        [sys.executable, '-c', DECODE], input=BOMBS[kind](), capture_output=True, check=True,
        timeout=120, env={**os.environ, 'PYTHONPATH': paths})
    assert int(result.stdout) < 8 * 1024
