# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
ROS messages to frames (by ``images.decoding``) and decisions to ROS messages; nothing else.

``class_id`` of an ``ObjectHypothesis``, a string in vision_msgs, is the label itself: a message
can be read on its own, without a lookup. It is the ``class_name`` of exactly one entry of
``LabelInfo``, whose integer ``class_id`` is its number.

Layout legend: H height, W width, C channels, K classes.
"""

from array import array
from collections.abc import Sequence
import sys
from typing import cast

from builtin_interfaces.msg import Time
import cv2
from imrs_ros.images.decoding import (
    BitDepth, decode_image, decode_square, ENCODINGS, ImageError, stamp_to_ns)
from imrs_ros.images.serialised import (
    read_compressed_image, read_image, SerialisedCompressedImage, SerialisedImage,
    UnknownRepresentation)
from imrs_ros.records import Decision, Frame, NO_ACTION
import numpy as np
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

try:
    from vision_msgs.msg import Classification, LabelInfo, ObjectHypothesis, VisionClass
except ImportError:
    HAS_VISION_MSGS = False
else:
    HAS_VISION_MSGS = True

__all__ = [
    'action_message', 'BitDepth', 'classification_message', 'decode_image', 'decode_square',
    'ENCODINGS', 'HAS_VISION_MSGS', 'ImageError', 'jpeg_message', 'label_info_message',
    'ns_to_stamp', 'raw_message', 'read_message', 'stamp_to_ns']

AnyImage = SerialisedImage | SerialisedCompressedImage


def read_message(kind: type[Image] | type[CompressedImage], data: bytes) -> AnyImage:
    """
    Read the fields of a serialised image message.

    :param kind: the message.
    :param data: as a subscription with ``raw=True`` delivers it.
    :return: its fields, without a copy of the pixels where the middleware sends plain CDR.
    :raises ImageError: when the data ends too early.
    """
    try:
        return read_image(data) if kind is Image else read_compressed_image(data)
    except UnknownRepresentation:
        return cast(AnyImage, deserialize_message(data, kind))


def ns_to_stamp(stamp_ns: int) -> Time:
    """
    Return integer nanoseconds as a stamp.

    :param stamp_ns: nanoseconds, not negative.
    :return: the stamp.
    """
    return Time(sec=stamp_ns // 1_000_000_000, nanosec=stamp_ns % 1_000_000_000)


def classification_message(
    decision: Decision, labels: Sequence[str], top_k: int,
) -> 'Classification':
    """
    Return the best classes of one window.

    :param decision: the decision after the window.
    :param labels: class names in the order of the probabilities.
    :param top_k: number of classes, best first.
    :return: the message, with the header of the window's newest frame; no results for a still
        scene, which the model has not seen.
    """
    num_results = 0 if decision.scores.logits_L is None else top_k
    best = np.argsort(-decision.probabilities_K, kind='stable')[:num_results]
    return Classification(
        header=_header(decision.scores.stamp_ns, decision.scores.frame_id),
        results=[ObjectHypothesis(
            class_id=labels[k], score=float(decision.probabilities_K[k])) for k in best])


def action_message(decision: Decision) -> 'Classification':
    """
    Return the decided action.

    :param decision: a decision that changed the label.
    :return: the message; its stamp is the action's onset.
    """
    return Classification(
        header=_header(decision.onset_ns, decision.scores.frame_id),
        results=[ObjectHypothesis(class_id=decision.label, score=decision.confidence)])


def label_info_message(labels: Sequence[str], threshold: float, stamp: Time) -> 'LabelInfo':
    """
    Return every label that a ``class_id`` may hold, with its number.

    :param labels: class names in the order of the logits.
    :param threshold: smoothed probability from which a class may be decided.
    :param stamp: now.
    :return: the message: the number of a class is its place among the logits; ``NO_ACTION``, which
        is decided but never scored, comes last.
    """
    return LabelInfo(
        header=Header(stamp=stamp), threshold=threshold,
        class_map=[VisionClass(class_id=number, class_name=label)
                   for number, label in enumerate((*labels, NO_ACTION))])


def raw_message(frame: Frame) -> Image:
    """
    Return a frame as a raw image.

    :param frame: RGB.
    :return: an ``rgb8`` message.
    """
    height, width = frame.image_HWC.shape[:2]
    return Image(
        header=_header(frame.stamp_ns, frame.frame_id), height=height, width=width,
        encoding='rgb8', step=3 * width, is_bigendian=sys.byteorder == 'big',
        data=_byte_array(frame.image_HWC.tobytes()))


def jpeg_message(frame: Frame, quality: int = 95) -> CompressedImage:
    """
    Return a frame as a JPEG.

    :param frame: RGB.
    :param quality: 0 to 100.
    :return: the message.
    """
    image_BGR = cv2.cvtColor(frame.image_HWC, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode('.jpg', image_BGR, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return CompressedImage(
        header=_header(frame.stamp_ns, frame.frame_id), format='rgb8; jpeg compressed bgr8',
        data=_byte_array(data.tobytes()))


def _header(stamp_ns: int, frame_id: str) -> Header:
    return Header(stamp=ns_to_stamp(stamp_ns), frame_id=frame_id)


def _byte_array(data: bytes) -> 'array[int]':
    # The message's setter checks any other type byte by byte.
    return array('B', data)
