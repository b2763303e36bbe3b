# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Every encoding users meet, and every way an image message can be wrong."""

from array import array
from io import BytesIO
import zlib

import cv2
from hypothesis import given, HealthCheck, settings, strategies as st
from imrs_ros.node.messages import (
    action_message, classification_message, decode_image, ENCODINGS, ImageError, jpeg_message,
    label_info_message, ns_to_stamp, raw_message, stamp_to_ns)
from imrs_ros.records import Decision, Event, Frame, NO_ACTION, Scores
import numpy as np
from PIL import Image as PilImage
import pytest

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
COLOURS = np.array([[230, 30, 20], [30, 200, 40], [20, 40, 210], [128, 128, 128]], np.uint8)


def colour_bars(height=48, width=64):
    """Return four flat colour bars: any encoding must keep them, subsampling or not."""
    return np.repeat(np.repeat(COLOURS[None], height, 0), width // 4, 1)


def image(data, encoding, width=64, height=48, step=None, **changes):
    data = np.ascontiguousarray(data)
    message = sensor_msgs.Image(
        height=height, width=width, encoding=encoding, step=step or data.nbytes // data.shape[0],
        data=array('B', data.tobytes()))
    message.header.stamp.sec = 7
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def to_yuv422(rgb, order):
    yuv = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV)
    # OpenCV's YUV2RGB_UYVY expects video range, its RGB2YUV gives full range.
    y = np.round(16 + yuv[..., 0] * (219 / 255)).astype(np.uint8)
    full = rgb.astype(float) @ np.array([[-.148, -.291, .439], [.439, -.368, -.071]]).T + 128
    chroma = np.round(full).astype(np.uint8)
    packed = np.empty((*rgb.shape[:2], 2), np.uint8)
    y_at = order.index('y')
    packed[..., y_at] = y
    packed[:, 0::2, 1 - y_at], packed[:, 1::2, 1 - y_at] = chroma[:, ::2, 0], chroma[:, ::2, 1]
    return packed


def to_nv(rgb, swap):
    i420 = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    height, width = rgb.shape[:2]
    planes = i420[height:].reshape(2, height // 2, width // 2)
    return np.vstack([i420[:height], np.stack(planes[::-1] if swap else planes, -1).reshape(
        height // 2, width)])


def to_bayer(rgb, pattern):
    mosaic = np.empty(rgb.shape[:2], np.uint8)
    for i, colour in enumerate(pattern):
        mosaic[i // 2::2, i % 2::2] = rgb[i // 2::2, i % 2::2, 'rgb'.index(colour)]
    return mosaic


def wide(data):
    """Return 16-bit values, little endian, with noise in the low byte."""
    return (data.astype('<u2') << 8) | 0x5A


RGB = colour_bars()
ALPHA = np.full((48, 64, 1), 255, np.uint8)
GREY = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)
PLAIN = {
    'rgb8': RGB, 'bgr8': RGB[..., ::-1], 'rgba8': np.dstack([RGB, ALPHA]),
    'bgra8': np.dstack([RGB[..., ::-1], ALPHA]), '8UC3': RGB[..., ::-1],
    '8UC4': np.dstack([RGB[..., ::-1], ALPHA]), 'rgb16': wide(RGB), 'bgr16': wide(RGB[..., ::-1]),
    'rgba16': wide(np.dstack([RGB, ALPHA])), 'bgra16': wide(np.dstack([RGB[..., ::-1], ALPHA])),
    'yuv422': to_yuv422(RGB, 'cy'), 'uyvy': to_yuv422(RGB, 'cy'),
    'yuv422_yuy2': to_yuv422(RGB, 'yc'), 'yuyv': to_yuv422(RGB, 'yc'),
    'nv12': to_nv(RGB, False), 'nv21': to_nv(RGB, True),
    **{f'bayer_{p}8': to_bayer(RGB, p) for p in ('rggb', 'bggr', 'gbrg', 'grbg')},
    **{f'bayer_{p}16': wide(to_bayer(RGB, p)) for p in ('rggb', 'bggr', 'gbrg', 'grbg')},
}
GREYS = {'mono8': GREY, '8UC1': GREY, 'mono16': wide(GREY)}


def test_tables_cover_every_encoding():
    assert {*PLAIN, *GREYS} == set(ENCODINGS)


@pytest.mark.parametrize('encoding', [*PLAIN, *GREYS])
def test_encoding_keeps_colours(encoding):
    frame = decode_image(image({**PLAIN, **GREYS}[encoding], encoding))
    assert frame.stamp_ns == 7_000_000_000
    assert frame.image_HWC.shape == (48, 64, 3)
    assert frame.image_HWC.dtype == np.uint8
    expected = np.dstack([GREY] * 3) if encoding in GREYS else RGB
    # The middle of every bar, away from subsampled and interpolated edges.
    got = frame.image_HWC[8:40, 6::16].astype(int)
    assert np.abs(got - expected[8:40, 6::16]).max() <= 6


def test_big_endian_keeps_the_high_byte():
    data = wide(RGB).astype('>u2')
    frame = decode_image(image(data, 'rgb16', is_bigendian=1))
    assert (frame.image_HWC == RGB).all()


@pytest.mark.parametrize('encoding', ['bgr8', 'nv12', 'mono8', 'rgb16'])
def test_padded_rows(encoding):
    data = {**PLAIN, **GREYS}[encoding]
    rows = np.frombuffer(data.tobytes(), np.uint8).reshape(data.shape[0], -1)
    padded = np.hstack([rows, np.full((rows.shape[0], 10), 77, np.uint8)])
    plain = decode_image(image(data, encoding, step=rows.shape[1]))
    assert (decode_image(image(padded, encoding, step=padded.shape[1])).image_HWC
            == plain.image_HWC).all()


def compressed(data, image_format='jpeg'):
    message = sensor_msgs.CompressedImage(format=image_format, data=array('B', data))
    message.header.stamp.sec = 7
    return message


def encoded(kind, rgb=RGB, **options):
    buffer = BytesIO()
    PilImage.fromarray(rgb).save(buffer, kind, **options)
    return buffer.getvalue()


def with_chunk(kind, content):
    """Return a PNG with one more chunk behind its header, with a right checksum."""
    png = encoded('PNG')
    body = kind + content
    chunk = len(content).to_bytes(4, 'big') + body + zlib.crc32(body).to_bytes(4, 'big')
    return png[:33] + chunk + png[33:]


def with_short_header():
    png = encoded('PNG')
    body = png[12:20]
    return png[:8] + (4).to_bytes(4, 'big') + body + zlib.crc32(body).to_bytes(4, 'big') + png[33:]


LONG = zlib.compress(bytes(3_000_000))
ODD_CHUNKS = {
    'short pHYs': with_chunk(b'pHYs', b'\0'),
    'long zTXt': with_chunk(b'zTXt', b'key\0\0' + LONG),
    'long iTXt': with_chunk(b'iTXt', b'key\0\1\0\0\0' + LONG),
    'long iCCP': with_chunk(b'iCCP', b'key\0\0' + LONG),
}


@pytest.mark.parametrize('name', ODD_CHUNKS)
def test_png_chunks_without_pixels_are_ignored(name):
    assert (decode_image(compressed(ODD_CHUNKS[name])).image_HWC == RGB).all()


def test_odd_png_header_is_named():
    with pytest.raises(ImageError, match='expected a readable JPEG or PNG header, got: '):
        decode_image(compressed(with_short_header()))


@pytest.mark.parametrize('padding', [
    bytes(100), b'0123456789', bytes(100_000), b'\xff' * 512, bytes(range(256)) * 100,
    b'\xff\xda\xff\xc0' * 2000])
@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
def test_whole_image_may_be_followed_by_padding(kind, padding):
    plain = decode_image(compressed(encoded(kind)))
    padded = decode_image(compressed(encoded(kind) + padding))
    assert (padded.image_HWC == plain.image_HWC).all()


@pytest.mark.parametrize('share', [0.5, 0.8, 0.99])
def test_end_of_a_thumbnail_is_not_the_end_of_the_image(share):
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    thumbnail = encoded('JPEG', RGB)
    segment = b'Exif\0\0' + thumbnail
    whole = encoded('JPEG', noise)
    whole = (whole[:2] + b'\xff\xe1' + (len(segment) + 2).to_bytes(2, 'big') + segment
             + whole[2:])
    assert decode_image(compressed(whole)).image_HWC.shape == (240, 320, 3)
    with pytest.raises(ImageError, match='cut off'):
        decode_image(compressed(whole[:int(len(whole) * share)]))


def test_png_is_exact_and_jpeg_is_near():
    assert (decode_image(compressed(encoded('PNG'))).image_HWC == RGB).all()
    jpeg = decode_image(compressed(encoded('JPEG', quality=95))).image_HWC.astype(int)
    assert np.abs(jpeg[:, 6::16] - RGB[:, 6::16]).max() <= 8
    grey = decode_image(compressed(encoded('JPEG', GREY))).image_HWC
    assert grey.shape == (48, 64, 3)


@pytest.mark.parametrize(('message', 'words'), [
    (image(RGB, 'rgb8', step=100), 'step of at least 192 bytes'),
    (image(RGB[:40], 'rgb8', step=192), '48 rows with a step'),
    (image(RGB, 'bgr8', width=65, step=192), 'step of at least 195'),
    (image(RGB, 'rgb8', height=0, step=192), 'expected sides of 16'),
    (image(RGB, 'nv12', step=64), '72 rows'),
    (image(RGB, 'yuv422', width=33, step=192), 'even sides'),
    (image(RGB, 'holographic', step=192), "got 'holographic'"),
    (image(RGB, '', step=192), 'expected one of the encodings'),
    (image(RGB[:1, :1], 'rgb8', width=1, height=1), 'got 1 x 1'),
    (image(np.zeros((16, 20_000), np.uint8), 'mono8', width=20_000, height=16), '20000 x 16'),
    (image(RGB, 'rgb8', width=2**31, step=192), 'expected sides'),
    (image(RGB, 'rgb8', width=10_000, height=10_000, step=30_000), 'at most 67108864 pixels'),
    (compressed(encoded('JPEG')[:-300]), 'cut off'),
    (compressed(encoded('PNG')[:-20]), 'cut off'),
    (compressed(encoded('JPEG')[:4] + b'\xff\xd9'), 'cut off'),
    (compressed(b''), 'expected JPEG or PNG data, got 0 bytes'),
    (compressed(b'BM' + bytes(50), 'bmp'), "format 'bmp'"),
    (compressed(encoded('PNG', np.zeros((16, 20_000, 3), np.uint8))), '20000 x 16'),
    (compressed(encoded('PNG', RGB[:2, :2])), 'got 2 x 2'),
])
def test_damaged_messages_are_named(message, words):
    with pytest.raises(ImageError, match=words):
        decode_image(message)


def test_message_without_a_stamp_is_named():
    message = image(RGB, 'rgb8')
    message.header.stamp.sec = 0
    with pytest.raises(ImageError, match='header stamp above 0'):
        decode_image(message)


@given(data=st.binary(max_size=400), encoding=st.sampled_from([*ENCODINGS, 'x']),
       width=st.integers(0, 40), height=st.integers(0, 40), step=st.integers(0, 200))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_raw_message_gives_a_frame_or_an_image_error(data, encoding, width, height, step):
    message = sensor_msgs.Image(
        height=height, width=width, encoding=encoding, step=step, data=array('B', data))
    message.header.stamp.sec = 1
    try:
        frame = decode_image(message)
    except ImageError:
        return
    assert frame.image_HWC.shape == (height, width, 3)


@given(place=st.floats(0, 1), value=st.integers(0, 255), cut=st.floats(0.0, 1.0),
       kind=st.sampled_from(['JPEG', 'PNG']))
@settings(deadline=None)
def test_any_damage_to_a_compressed_image_gives_a_frame_or_an_image_error(
        place, value, cut, kind):
    data = bytearray(encoded(kind))
    data[int(place * (len(data) - 1))] = value
    if cut < 0.5:
        data = data[:int(len(data) * cut * 2)]
    try:
        frame = decode_image(compressed(bytes(data)))
    except ImageError:
        return
    assert frame.image_HWC.shape[2] == 3


def test_frames_survive_our_own_messages():
    frame = Frame(123_456_789_012, 'optical', RGB)
    back = decode_image(raw_message(frame))
    assert (back.stamp_ns, back.frame_id) == (frame.stamp_ns, frame.frame_id)
    assert (back.image_HWC == RGB).all()
    assert decode_image(jpeg_message(frame)).stamp_ns == frame.stamp_ns
    assert stamp_to_ns(ns_to_stamp(frame.stamp_ns)) == frame.stamp_ns


def test_decisions_become_messages():
    pytest.importorskip('vision_msgs.msg')
    scores = Scores('front', 5_000_000_007, 'optical', np.zeros(3, np.float32))
    decision = Decision(
        scores=scores, probabilities_K=np.array([.2, .7, .1], np.float32), label='fall',
        confidence=0.6, onset_ns=4_000_000_000, event=Event.ONSET)
    message = classification_message(decision, ('wave', 'fall', 'lift'), 2)
    assert [(r.class_id, round(r.score, 3)) for r in message.results] == [
        ('fall', 0.7), ('wave', 0.2)]
    assert stamp_to_ns(message.header.stamp) == scores.stamp_ns
    assert message.header.frame_id == 'optical'
    action = action_message(decision)
    assert stamp_to_ns(action.header.stamp) == 4_000_000_000
    assert [(r.class_id, r.score) for r in action.results] == [('fall', 0.6)]
    info = label_info_message(('wave', 'fall'), 0.5, ns_to_stamp(1))
    assert [(c.class_id, c.class_name) for c in info.class_map] == [
        (0, 'wave'), (1, 'fall'), (2, NO_ACTION)]
    assert info.threshold == 0.5


def test_every_class_id_is_the_name_of_one_label_info_entry():
    pytest.importorskip('vision_msgs.msg')
    labels = ('wave', 'fall', 'lift')
    scores = Scores('front', 5, 'optical', np.zeros(3, np.float32))
    probabilities_K = np.array([.2, .7, .1], np.float32)
    decisions = [
        Decision(scores=scores, probabilities_K=probabilities_K, label=label, confidence=0.6,
                 onset_ns=4, event=Event.CHANGE) for label in (*labels, NO_ACTION)]
    info = label_info_message(labels, 0.5, ns_to_stamp(1))
    number = {entry.class_name: entry.class_id for entry in info.class_map}
    results = classification_message(decisions[0], labels, 3).results
    assert [number[result.class_id] for result in results] == [1, 0, 2]
    assert [probabilities_K[number[result.class_id]] for result in results] == [
        pytest.approx(result.score) for result in results]
    decided = [action_message(decision).results[0].class_id for decision in decisions]
    assert [number[class_id] for class_id in decided] == [0, 1, 2, 3]
    assert len(number) == len(info.class_map), 'every name once'
