# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Decode image messages to frames, whatever library deserialised them.

Layout legend: H height, W width, C channels.
"""

from typing import cast, Protocol

from imrs_ros.images.bit_depth import BitDepth
from imrs_ros.images.compressed import CompressedImage, decode_compressed
from imrs_ros.images.limits import ImageError
from imrs_ros.images.raw import decode_raw, ENCODINGS, RawImage
from imrs_ros.records import Frame

__all__ = ['BitDepth', 'CompressedImage', 'decode_image', 'decode_square', 'ENCODINGS',
           'ImageError', 'RawImage', 'stamp_to_ns']


class Stamp(Protocol):
    """The fields of ``builtin_interfaces/Time``."""

    @property
    def sec(self) -> int:
        """Return whole seconds."""

    @property
    def nanosec(self) -> int:
        """Return the nanoseconds beyond them."""


def stamp_to_ns(stamp: Stamp) -> int:
    """
    Convert a stamp to integer nanoseconds.

    :param stamp: a header stamp.
    :return: nanoseconds of its clock.
    """
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def decode_image(msg: RawImage | CompressedImage, depth: BitDepth | None = None) -> Frame:
    """
    Decode an image message.

    :param msg: a message of rclpy or rosbags: a raw image in any of ``ENCODINGS``, or a JPEG or
        PNG.
    :param depth: of the camera's 16-bit values; None to take all 16 bits as used.
    :return: the frame; its image may share memory with the message.
    :raises ImageError: if the message is damaged, unsupported or has no stamp.
    """
    return _decode(msg, None, depth)


def decode_square(
    msg: RawImage | CompressedImage, size_px: int, depth: BitDepth | None = None,
) -> Frame:
    """
    Decode only the square of an image message that the network takes, which costs least.

    :param msg: as for ``decode_image``.
    :param size_px: side of the network's frames.
    :param depth: as for ``decode_image``.
    :return: the frame; its image equals the result of ``decode_image`` after ``shrink``, except
        for a JPEG at least twice as large, where it is an approximation: see ``compressed``.
    :raises ImageError: if the message is damaged, unsupported or has no stamp.
    """
    return _decode(msg, size_px, depth)


def _decode(
    msg: RawImage | CompressedImage, size_px: int | None, depth: BitDepth | None,
) -> Frame:
    stamp_ns = stamp_to_ns(msg.header.stamp)
    if stamp_ns <= 0:
        raise ImageError('expected a header stamp above 0, got 0; the camera driver must fill it')
    image_HWC = (decode_raw(cast(RawImage, msg), size_px, depth) if hasattr(msg, 'encoding')
                 else decode_compressed(msg, size_px, depth=depth))
    return Frame(stamp_ns, msg.header.frame_id, image_HWC)
