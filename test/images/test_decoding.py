# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The square decoded from a message equals the one cut out of the whole image."""

from types import SimpleNamespace

import cv2
from hypothesis import given, settings, strategies as st
from imrs_ros.images.decoding import decode_image, decode_square, ENCODINGS, ImageError
from imrs_ros.images.preprocessing import shrink
import numpy as np
import pytest

HEADER = SimpleNamespace(stamp=SimpleNamespace(sec=7, nanosec=5), frame_id='optical')


def raw(encoding, height, width, padding=0, big=0, seed=0):
    """Return a message of noise with the fields of sensor_msgs/Image, as bag readers do."""
    spec = ENCODINGS[encoding]
    step = width * spec.channels * spec.num_bytes + padding
    size = step * height * spec.rows[0] // spec.rows[1]
    data = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    return SimpleNamespace(header=HEADER, height=height, width=width, encoding=encoding,
                           is_bigendian=big, step=step, data=data.tobytes())


def compressed(image_RGB, suffix, quality=90):
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == '.jpg' else []
    _, data = cv2.imencode(suffix, image_RGB[..., ::-1], options)
    return SimpleNamespace(header=HEADER, format=suffix, data=data.tobytes())


def scene(height, width):
    """Return a colour image with soft and hard edges."""
    y, x = np.mgrid[:height, :width] / height
    image = np.stack([np.sin(9 * x + 3 * y), np.cos(7 * y), np.sin(5 * x * y)], 2) * 100 + 128
    image[height // 4:height // 2, width // 3:width // 2] = (250, 20, 60)
    return image.astype(np.uint8)


@pytest.mark.parametrize('encoding', ENCODINGS)
@given(height=st.integers(16, 90), width=st.integers(16, 90), padding=st.sampled_from([0, 3]),
       big=st.sampled_from([0, 1]), size_px=st.sampled_from([8, 16, 32, 48]),
       seed=st.integers(0, 9))
@settings(deadline=None, max_examples=25)
def test_square_of_a_raw_image_equals_that_of_the_whole_image(
        encoding, height, width, padding, big, size_px, seed):
    if ENCODINGS[encoding].even:
        height, width = height // 2 * 2, width // 2 * 2
    msg = raw(encoding, height, width, padding, big, seed)
    frame = decode_square(msg, size_px)
    assert (frame.stamp_ns, frame.frame_id) == (7_000_000_005, 'optical')
    expected = shrink(decode_image(msg).image_HWC, size_px)
    assert frame.image_HWC.shape == expected.shape
    assert (frame.image_HWC == expected).all()
    assert frame.image_HWC.flags.c_contiguous


@pytest.mark.parametrize(('suffix', 'height', 'width'), [
    ('.png', 240, 320), ('.jpg', 60, 90), ('.jpg', 63, 64)])
def test_square_of_a_png_or_small_jpeg_equals_that_of_the_whole_image(suffix, height, width):
    msg = compressed(scene(height, width), suffix)
    expected = shrink(decode_image(msg).image_HWC, 32)
    assert (decode_square(msg, 32).image_HWC == expected).all()


@pytest.mark.parametrize(('height', 'width'), [
    (64, 64), (480, 640), (1080, 1920), (241, 333), (333, 241), (900, 500)])
def test_square_of_a_large_jpeg_approximates_that_of_the_whole_image(height, width):
    msg = compressed(scene(height, width), '.jpg')
    frame = decode_square(msg, 32).image_HWC
    expected = shrink(decode_image(msg).image_HWC, 32)
    assert frame.shape == expected.shape
    difference = np.abs(frame.astype(int) - expected)
    # Hard edges may differ by more, and odd sides shift the square by up to half a reduced pixel.
    assert difference.mean() < 3
    assert np.quantile(difference, 0.9) <= 6


def test_square_of_a_grey_jpeg():
    grey = scene(200, 300)[..., 0]
    _, data = cv2.imencode('.jpg', grey)
    msg = SimpleNamespace(header=HEADER, format='jpeg', data=data.tobytes())
    frame = decode_square(msg, 32).image_HWC
    assert frame.shape == (32, 32, 3)
    assert (frame[..., 0] == frame[..., 2]).all()


@pytest.mark.parametrize(('change', 'words'), [
    ({'step': 10}, 'step of at least'), ({'height': 8}, 'expected sides'),
    ({'encoding': 'holographic'}, 'expected one of the encodings'),
    ({'data': b''}, 'and 0 bytes of data')])
def test_damaged_message_is_reported(change, words):
    msg = SimpleNamespace(**{**vars(raw('rgb8', 40, 40)), **change})
    with pytest.raises(ImageError, match=words):
        decode_square(msg, 16)


def test_data_may_be_an_array():
    msg = raw('bgr8', 40, 60)
    from_bytes = decode_square(msg, 16).image_HWC
    msg.data = np.frombuffer(msg.data, np.uint8)
    assert (decode_square(msg, 16).image_HWC == from_bytes).all()
