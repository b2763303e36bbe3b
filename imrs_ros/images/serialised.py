# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Read image messages from their serialised bytes, without copying the pixels.

rclpy's own messages hold copies, whose cost ``benchmarks/frame_cost.py`` measures. The format is
plain CDR (OMG DDS-XTypes 1.3, 7.4.1: XCDR version 1 of final types), which every ROS 2 middleware
sends: a header of four bytes, then the fields, each aligned to its size.
"""

from dataclasses import dataclass
import struct
from typing import NamedTuple

from imrs_ros.images.limits import ImageError

HEADER_BYTES = 4
BYTE_ORDERS = {b'\0\0': '>', b'\0\1': '<'}
"""Byte orders of plain CDR, by representation identifier."""


class UnknownRepresentation(ImageError):
    """Bytes that are not plain CDR; another reader may understand them."""


@dataclass(frozen=True, slots=True)
class Time:
    """``builtin_interfaces/Time``."""

    sec: int
    nanosec: int


@dataclass(frozen=True, slots=True)
class Header:
    """``std_msgs/Header``."""

    stamp: Time
    frame_id: str


@dataclass(slots=True)
class SerialisedImage:
    """``sensor_msgs/Image`` whose data is a view of the serialised bytes."""

    header: Header
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: memoryview


# In class syntax, the message's field ``format`` would shadow Python's builtin.
SerialisedCompressedImage = NamedTuple(  # noqa: UP014
    'SerialisedCompressedImage', [('header', Header), ('format', str), ('data', memoryview)])
"""``sensor_msgs/CompressedImage`` whose data is a view of the serialised bytes."""


class CdrReader:
    """Reads the fields of a message in order."""

    def __init__(self, data: bytes) -> None:
        """
        Start after the header.

        :param data: one serialised message.
        :raises UnknownRepresentation: if it is not plain CDR.
        """
        if data[:2] not in BYTE_ORDERS or len(data) < HEADER_BYTES:
            raise UnknownRepresentation(f'expected plain CDR, got {data[:HEADER_BYTES]!r}')
        self._body = memoryview(data)[HEADER_BYTES:]
        self._order = BYTE_ORDERS[data[:2]]
        self._position = 0

    def number(self, kind: str) -> int:
        """
        Read an integer.

        :param kind: its format character in ``struct``.
        :return: the value.
        :raises ImageError: if the message ends before it.
        """
        size = struct.calcsize(kind)
        self._position += -self._position % size
        (value,) = struct.unpack(self._order + kind, self._take(size))
        return int(value)

    def octets(self) -> memoryview:
        """
        Read a sequence of bytes.

        :return: a view of them.
        :raises ImageError: if the message ends before it.
        """
        return self._take(self.number('I'))

    def text(self) -> str:
        """
        Read a string.

        :return: the string, without its terminating zero.
        :raises ImageError: if the message ends before it, or it is not UTF-8.
        """
        try:
            return bytes(self.octets()).removesuffix(b'\0').decode()
        except UnicodeDecodeError as error:
            raise ImageError(f'expected a string in UTF-8, got: {error}') from error

    def header(self) -> Header:
        """
        Read a header.

        :return: stamp and frame id.
        :raises ImageError: if the message ends before it.
        """
        return Header(Time(self.number('i'), self.number('I')), self.text())

    def _take(self, size: int) -> memoryview:
        end = self._position + size
        if end > len(self._body):
            raise ImageError(
                f'expected a message of at least {HEADER_BYTES + end} bytes, got '
                f'{HEADER_BYTES + len(self._body)}: cut off')
        taken = self._body[self._position:end]
        self._position = end
        return taken


def read_image(data: bytes) -> SerialisedImage:
    """
    Read a raw image.

    :param data: a serialised ``sensor_msgs/Image``; the result refers to it.
    :return: its fields.
    :raises UnknownRepresentation: if the data is not plain CDR.
    :raises ImageError: if it is cut off.
    """
    reader = CdrReader(data)
    # In the order of the message's definition: Python evaluates arguments from left to right.
    return SerialisedImage(
        reader.header(), reader.number('I'), reader.number('I'), reader.text(),
        reader.number('B'), reader.number('I'), reader.octets())


def read_compressed_image(data: bytes) -> SerialisedCompressedImage:
    """
    Read a compressed image.

    :param data: a serialised ``sensor_msgs/CompressedImage``; the result refers to it.
    :return: its fields.
    :raises UnknownRepresentation: if the data is not plain CDR.
    :raises ImageError: if it is cut off.
    """
    reader = CdrReader(data)
    return SerialisedCompressedImage(reader.header(), reader.text(), reader.octets())
