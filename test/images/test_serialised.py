# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Image messages read from their bytes equal those read by rclpy."""

from array import array

from hypothesis import given, HealthCheck, settings, strategies as st
from imrs_ros.images.serialised import read_image
from imrs_ros.node.messages import ImageError, read_message
import pytest

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
serialization = pytest.importorskip('rclpy.serialization')

TEXTS = st.text(st.characters(exclude_characters='\0', exclude_categories=['Cs']), max_size=9)
UINT32 = st.integers(0, 2**32 - 1)


def with_header(message, sec, nanosec, frame_id):
    message.header.stamp.sec, message.header.stamp.nanosec = sec, nanosec
    message.header.frame_id = frame_id
    return message


HEADERS = (st.integers(-2**31, 2**31 - 1), UINT32, TEXTS)
DATA = st.binary(max_size=40).map(lambda data: array('B', data))
RAW = st.builds(with_header, st.builds(
    sensor_msgs.Image, height=UINT32, width=UINT32, encoding=TEXTS,
    is_bigendian=st.integers(0, 255), step=UINT32, data=DATA), *HEADERS)
COMPRESSED = st.builds(with_header, st.builds(
    sensor_msgs.CompressedImage, format=TEXTS, data=DATA), *HEADERS)


def assert_same(found, expected):
    stamp = expected.header.stamp
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == (stamp.sec, stamp.nanosec)
    assert found.header.frame_id == expected.header.frame_id
    assert bytes(found.data) == bytes(expected.data)
    names = set(expected.get_fields_and_field_types()) - {'header', 'data'}
    assert {n: getattr(found, n) for n in names} == {n: getattr(expected, n) for n in names}


@given(message=st.one_of(RAW, COMPRESSED))
@settings(deadline=None)
def test_fields_equal_those_written(message):
    data = serialization.serialize_message(message)
    assert_same(read_message(type(message), data), message)


@given(message=st.one_of(RAW, COMPRESSED), fraction=st.floats(0, 0.999))
@settings(deadline=None)
def test_truncated_message_raises_an_image_error(message, fraction):
    message.data.append(1)
    # The last byte belongs to the data; zeros after it are padding of the middleware.
    data = serialization.serialize_message(message).rstrip(b'\0')
    with pytest.raises(ImageError, match='cut off'):
        read_message(type(message), data[:max(4, int(fraction * len(data)))])


@given(data=st.binary(max_size=120))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_yield_fields_or_an_image_error(data):
    try:
        found = read_image(b'\0\1\0\0' + data)
    except ImageError:
        return
    assert len(found.data) <= len(data)


def test_big_endian():
    body = (b'\0\0\0\7' b'\0\0\0\5' b'\0\0\0\4' b'cam\0' b'\0\0\0\2' b'\0\0\1\0'
            b'\0\0\0\6' b'mono8\0' b'\1\0' b'\0\0\1\0' b'\0\0\0\3' b'abc')
    found = read_image(b'\0\0\0\0' + body)
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == (7, 5)
    assert (found.header.frame_id, found.height, found.width) == ('cam', 2, 256)
    assert (found.encoding, found.is_bigendian, found.step) == ('mono8', 1, 256)
    assert bytes(found.data) == b'abc'


def test_other_representations_are_left_to_rclpy():
    # XCDR version 2 must be passed on to rclpy.
    with pytest.raises(ImageError, match='expected plain CDR'):
        read_image(b'\0\7\0\0' + bytes(40))
