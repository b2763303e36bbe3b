"""
Image messages to frames, without ROS: by their fields, whoever deserialised them.

Layout legend: H height, W width, C channels.
"""

from typing import cast, Protocol

from imrs_ros.images.compressed import CompressedImage, decode_compressed
from imrs_ros.images.limits import ImageError
from imrs_ros.images.raw import decode_raw, ENCODINGS, RawImage
from imrs_ros.records import Frame

__all__ = ['CompressedImage', 'decode_image', 'decode_square', 'ENCODINGS', 'ImageError',
           'RawImage', 'stamp_to_ns']


class Stamp(Protocol):
    """The fields of ``builtin_interfaces/Time``."""

    sec: int
    nanosec: int


def stamp_to_ns(stamp: Stamp) -> int:
    """
    Give a stamp as integer nanoseconds.

    :param stamp: a header stamp.
    :return: nanoseconds of its clock.
    """
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def decode_image(msg: RawImage | CompressedImage) -> Frame:
    """
    Turn an image message into a frame.

    :param msg: of rclpy or rosbags: a raw image of any encoding in ``ENCODINGS``, or a JPEG or
        PNG.
    :return: the frame; its image may share memory with the message.
    :raises ImageError: when the message is damaged, unsupported, or has no stamp.
    """
    return _decode(msg, None)


def decode_square(msg: RawImage | CompressedImage, size_px: int) -> Frame:
    """
    Turn an image message into the frame that the network sees, at the least cost.

    :param msg: as of ``decode_image``.
    :param size_px: side of the network's frames.
    :return: the frame; its image is what ``shrink`` gives of that of ``decode_image``, but for a
        JPEG at least twice as large, where it is near: see ``compressed``.
    :raises ImageError: when the message is damaged, unsupported, or has no stamp.
    """
    return _decode(msg, size_px)


def _decode(msg: RawImage | CompressedImage, size_px: int | None) -> Frame:
    stamp_ns = stamp_to_ns(msg.header.stamp)
    if stamp_ns <= 0:
        raise ImageError('expected a header stamp above 0, got 0; the camera driver must fill it')
    image_HWC = (decode_raw(cast(RawImage, msg), size_px) if hasattr(msg, 'encoding')
                 else decode_compressed(msg, size_px))
    return Frame(stamp_ns, msg.header.frame_id, image_HWC)
