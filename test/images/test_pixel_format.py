# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The formats that image_transport's plugins and drivers write say how pixels are stored."""

from types import SimpleNamespace

import cv2
from imrs_ros.images.bit_depth import BitDepth
from imrs_ros.images.decoding import decode_image, decode_square, ENCODINGS, ImageError
import numpy as np
import pytest

HEADER = SimpleNamespace(stamp=SimpleNamespace(sec=7, nanosec=5), frame_id='optical')
PATTERNS = ('rggb', 'bggr', 'gbrg', 'grbg')


def scene(height=96, width=128):
    """Return a smooth colour image, so that a mosaic holds all of it."""
    y, x = np.mgrid[:height, :width] / height
    image = np.stack([200 * y, 60 + 100 * x, 220 - 150 * x], 2)
    return image.clip(0, 255).astype(np.uint8)


def mosaic(rgb, pattern):
    values = np.empty(rgb.shape[:2], rgb.dtype)
    for i, colour in enumerate(pattern):
        values[i // 2::2, i % 2::2] = rgb[i // 2::2, i % 2::2, 'rgb'.index(colour)]
    return values


def compressed(values, codec, image_format):
    """Return what OpenCV's encoder makes of values, as compressed_image_transport does."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if codec == 'jpg' else []
    _, data = cv2.imencode(f'.{codec}', values, options)
    return SimpleNamespace(header=HEADER, format=image_format, data=data.tobytes())


def raw(values, encoding):
    values = np.ascontiguousarray(values)
    return SimpleNamespace(
        header=HEADER, height=values.shape[0], width=values.shape[1], encoding=encoding,
        is_bigendian=0, step=values.nbytes // values.shape[0], data=values.tobytes())


def wide(values):
    return values.astype(np.uint16) << 8


RGB = scene()
BGR = np.ascontiguousarray(RGB[..., ::-1])
GREY = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)
ALPHA = np.full((*GREY.shape, 1), 255, np.uint8)


def mean_error(message, expected_RGB):
    whole = np.abs(decode_image(message).image_HWC.astype(int) - expected_RGB).mean()
    square = decode_square(message, 32).image_HWC.astype(int)
    height, width = expected_RGB.shape[:2]
    left = (width - height) // 2
    small = cv2.resize(expected_RGB[:, left:left + height], (32, 32), interpolation=cv2.INTER_AREA)
    return max(whole, np.abs(square - small).mean())


@pytest.mark.parametrize('pattern', PATTERNS)
@pytest.mark.parametrize('codec', ['jpg', 'png'])
@pytest.mark.parametrize('ending', [
    '; {} compressed ', '; {} compressed', ';{} compressed', '; {} compressed bayer_any8', ''])
def test_a_bayer_mosaic_is_decoded_to_colours(pattern, codec, ending):
    values = mosaic(RGB, pattern)
    name = 'jpeg' if codec == 'jpg' else codec
    message = compressed(values, codec, f'bayer_{pattern}8{ending.format(name)}')
    assert mean_error(message, RGB) < (4 if codec == 'jpg' else 2)
    if codec == 'png':
        same = raw(values, f'bayer_{pattern}8')
        assert (decode_image(message).image_HWC == decode_image(same).image_HWC).all()
        assert (decode_square(message, 32).image_HWC == decode_square(same, 32).image_HWC).all()


@pytest.mark.parametrize('pattern', PATTERNS)
def test_a_16_bit_bayer_mosaic_is_decoded_to_colours(pattern):
    values = wide(mosaic(RGB, pattern))
    message = compressed(values, 'png', f'bayer_{pattern}16; png compressed ')
    same = raw(values, f'bayer_{pattern}16')
    assert mean_error(message, RGB) < 2
    assert (decode_image(message).image_HWC == decode_image(same).image_HWC).all()


@pytest.mark.parametrize(('values', 'codec', 'image_format'), [
    (BGR, 'jpg', 'rgb8; jpeg compressed bgr8'), (BGR, 'jpg', 'bgr8; jpeg compressed bgr8'),
    (BGR, 'png', 'rgb8; png compressed bgr8'), (BGR, 'png', 'bgr8; png compressed bgr8'),
    (BGR, 'jpg', 'rgba8; jpeg compressed bgr8'), (BGR, 'png', 'bgra8; png compressed bgr8'),
    (np.dstack([BGR, ALPHA]), 'png', 'rgba8; png compressed bgra8'),
    (np.dstack([BGR, ALPHA]), 'png', '8UC4; png compressed '),
    (BGR, 'png', '8UC3; png compressed '), (BGR, 'jpg', '8UC3; jpeg compressed '),
    (wide(BGR), 'png', 'rgb16; png compressed bgr16'),
    (wide(np.dstack([BGR, ALPHA])), 'png', 'rgba16; png compressed bgr16'),
    (BGR, 'jpg', 'rgb16; jpeg compressed bgr8'), (BGR, 'jpg', 'bayer_rggb8; jpeg compressed bgr8'),
    (BGR, 'jpg', 'yuv422; jpeg compressed bgr8'), (BGR, 'jpg', 'nv12; jpeg compressed bgr8'),
    # Stored in the order red, green, blue by an encoder that takes it for blue, green, red.
    (RGB, 'jpg', 'rgb8; jpeg compressed rgb8'), (RGB, 'png', 'bgr8; png compressed rgb8'),
    (wide(RGB), 'png', 'rgb16; png compressed rgb16'),
    *[(BGR, codec, name) for codec in ('jpg', 'png') for name in (
        'jpeg', 'jpg', 'png', 'image/jpeg', 'image/png', 'JPEG', 'bgr8', 'rgb8', '')]])
def test_colours_are_those_of_the_camera(values, codec, image_format):
    assert mean_error(compressed(values, codec, image_format), RGB) < 3


@pytest.mark.parametrize(('values', 'codec', 'image_format'), [
    (GREY, 'jpg', 'mono8; jpeg compressed '), (GREY, 'png', 'mono8; png compressed '),
    (GREY, 'png', '8UC1; png compressed '), (wide(GREY), 'png', 'mono16; png compressed '),
    (GREY, 'jpg', 'bgr8; jpeg compressed mono8'),
    (GREY, 'jpg', 'bayer_rggb8; jpeg compressed mono8'),
    (wide(GREY), 'png', ''), (GREY, 'jpg', 'jpeg'), (GREY, 'png', 'png')])
def test_grey_stays_grey(values, codec, image_format):
    assert mean_error(compressed(values, codec, image_format), np.dstack([GREY] * 3)) < 2


@pytest.mark.parametrize('image_format', [
    '16UC1; compressedDepth png', '16UC1; compressedDepth', '32FC1; compressedDepth png',
    '32FC1; compressedDepth rvl', '16UC1; png compressed ', '32FC1; png compressed '])
@pytest.mark.parametrize('prefix', [b'', bytes(12)])
def test_a_depth_image_is_refused(image_format, prefix):
    message = compressed(wide(GREY), 'png', image_format)
    message.data = prefix + message.data
    with pytest.raises(ImageError, match=f'got a depth image .format .{image_format}'):
        decode_image(message)


@pytest.mark.parametrize(('image_format', 'start'), [
    ('theora', b'\x80theora'), ('ffmpeg', b'\0\0\0\1'), ('h264', b'\0\0\0\1\x67'),
    ('rgb8; tiff compressed bgr8', b'II*\0'), ('webp', b'RIFF'), ('hevc; bgr8', b'\0\0\0\1')])
def test_other_codecs_are_named(image_format, start):
    message = SimpleNamespace(header=HEADER, format=image_format, data=start + bytes(50))
    with pytest.raises(ImageError, match=f'expected JPEG or PNG .*format .{image_format}'):
        decode_image(message)


@pytest.mark.parametrize(('image_format', 'words'), [
    ('bayer_rgbw8; png compressed ', 'expected one of the Bayer patterns'),
    ('nv12; png compressed ', 'converted to bgr8, got values of nv12'),
    ('yuv422; jpeg compressed ', 'converted to bgr8, got values of yuv422')])
def test_values_that_cannot_be_restored_are_refused(image_format, words):
    with pytest.raises(ImageError, match=words):
        decode_image(compressed(GREY, 'png', image_format))


@pytest.mark.parametrize('encoding', [name for name, e in ENCODINGS.items() if e.num_bytes == 2])
@pytest.mark.parametrize('num_bits', [10, 12, 14, 16])
@pytest.mark.parametrize('big', [False, True])
def test_brightness_is_that_of_the_bits_in_use(encoding, num_bits, big):
    spec = ENCODINGS[encoding]
    values = np.random.default_rng(0).integers(0, 256, (40, 40, spec.channels)).astype(np.uint16)
    values[0, 0] = 255
    message = raw((values << (num_bits - 8)).astype('>u2' if big else '<u2'), encoding)
    message.is_bigendian = big
    expected = decode_image(raw(values << 8, encoding)).image_HWC
    assert (decode_image(message, BitDepth()).image_HWC == expected).all()
    assert (decode_square(message, 40, BitDepth()).image_HWC == expected).all()


def test_a_compressed_16_bit_image_is_as_bright_as_the_raw_one():
    message = compressed(GREY.astype(np.uint16) << 2, 'png', 'mono16; png compressed ')
    assert (decode_image(message, BitDepth()).image_HWC[..., 0] == GREY).all()


def test_depth_only_grows():
    depth = BitDepth()
    highest = [1000, 200, 1023, 1024, 30, 4095, 4096, 16383, 16384, 9]
    assert [depth.observe(np.array([value], np.uint16)) for value in highest] == [
        10, 10, 10, 12, 12, 12, 14, 14, 16, 16]


def test_a_depth_below_16_bits_is_reported_once_when_it_has_settled():
    depth, reports = BitDepth(), []
    for value in [1000] * 60 + [3000] * 60 + [65535] * 60:
        depth.observe(np.array([value], np.uint16))
        reports.append(depth.new_report())
    assert [i for i, text in enumerate(reports) if text] == [24, 84]
    assert 'never exceed 1023: taken as 10 bits' in reports[24]
    assert 'never exceed 4095: taken as 12 bits' in reports[84]
