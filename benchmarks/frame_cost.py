# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Time one image on the executor's thread, from the serialised message to the ring of frames.

Compares two implementations, interleaved in one process. The node's reads the fields from the
bytes, crops and shrinks the square, and decodes JPEG at reduced size. The plain one deserialises
with rclpy, decodes and converts the whole image, and averages its square with OpenCV. Then times
taking a message from a subscription, with ``raw=True`` as in the node and without, from a
publisher in this process. Frames come from a real video, enlarged; without one they are noise.
Part of ``make bench``.
"""

import argparse
from array import array
from collections.abc import Callable
from itertools import islice
import os
from pathlib import Path
import time
from typing import Any

import cv2
from imrs_ros.camera_stream import CameraStream
from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.images.decoding import decode_image, decode_square, ENCODINGS, stamp_to_ns
from imrs_ros.images.preprocessing import centre_square
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.messages import jpeg_message, ns_to_stamp, raw_message, read_message
from imrs_ros.records import Frame
from imrs_ros.settings import WindowSettings
from imrs_ros.video import read_video
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import deserialize_message, serialize_message
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image
from side_by_side import save

SIZES = {'VGA': (640, 480), '1080p': (1920, 1080)}
KINDS = ('rgb8', 'bgr8', 'yuyv', 'nv12', 'mono8', 'bayer_rggb8', 'JPEG')
PLAN = (*(('to ring', kind) for kind in KINDS), ('taken', 'rgb8'), ('taken', 'JPEG'))
JPEG_QUALITY = 80
NUM_FRAMES = 16
"""Different frames, sent in a cycle."""
PERIOD_NS = 40_000_000
DISCOVERY_SEC, ARRIVAL_SEC = 5.0, 5.0

AnyKind = type[Image] | type[CompressedImage]
Timings = dict[str, list[float]]


def load_frames(video: Path | None, size: tuple[int, int]) -> list[Frame]:
    """
    Return frames of one size.

    :param video: a file; None for noise.
    :param size: width and height.
    :return: frames of different stamps.
    """
    if video is None:
        rng = np.random.default_rng(0)
        images = [rng.integers(0, 256, (size[1], size[0], 3), np.uint8) for _ in range(NUM_FRAMES)]
    else:
        images = [cv2.resize(source.image_HWC, size, interpolation=cv2.INTER_CUBIC).astype(
            np.uint8, copy=False) for source in islice(read_video(video), NUM_FRAMES)]
    return [Frame(PERIOD_NS * (i + 1), 'camera', image) for i, image in enumerate(images)]


def make_message(frame: Frame, kind: str) -> Image | CompressedImage:
    """
    Return a message of a kind; its pixels are right only where that affects the cost.

    :param frame: the frame.
    :param kind: of ``KINDS``.
    :return: the message.
    """
    if kind == 'JPEG':
        return jpeg_message(frame, JPEG_QUALITY)
    message, spec = raw_message(frame), ENCODINGS[kind]
    message.encoding, message.step = kind, message.width * spec.channels
    size = message.step * message.height * spec.rows[0] // spec.rows[1]
    message.data = array('B', frame.image_HWC.tobytes()[:size])
    return message


def node_way(stream: CameraStream, kind: AnyKind, size_px: int) -> Callable[[bytes, int], object]:
    """
    Return the node's path from bytes to the ring.

    :param stream: holds the ring.
    :param kind: the message.
    :param size_px: side of the network's frames.
    :return: the path, called with bytes and a stamp in ns.
    """
    def run(data: bytes, stamp_ns: int) -> object:
        frame = decode_square(read_message(kind, data), size_px)
        return stream.push(Frame(stamp_ns, frame.frame_id, frame.image_HWC))
    return run


def plain_way(stream: CameraStream, kind: AnyKind, size_px: int) -> Callable[[bytes, int], object]:
    """
    Return the plain path from bytes to the ring.

    :param stream: holds the ring.
    :param kind: the message.
    :param size_px: side of the network's frames.
    :return: the path, called with bytes and a stamp in ns.
    """
    def run(data: bytes, stamp_ns: int) -> object:
        frame = decode_image(deserialize_message(data, kind))
        top, left, side = centre_square(*frame.image_HWC.shape[:2])
        small: NDArray[np.uint8] = cv2.resize(
            frame.image_HWC[top:top + side, left:left + side], (size_px, size_px),
            interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        return stream.push(Frame(stamp_ns, frame.frame_id, small))
    return run


def summary(durations: Timings) -> dict[str, float]:
    """
    Reduce durations to medians, 95th percentiles and their ratio.

    :param durations: seconds, of the node's path and of the plain one.
    :return: ms, and the plain median over the node's.
    """
    found: dict[str, float] = {}
    for name, values in durations.items():
        found[f'{name}_p50_ms'] = round(float(np.median(values)) * 1e3, 3)
        found[f'{name}_p95_ms'] = round(float(np.quantile(values, 0.95)) * 1e3, 3)
    node, plain = (float(np.median(values)) for values in durations.values())
    return {**found, 'ratio': round(plain / node, 2)}


def measure(
    frames: list[Frame], kind: str, card: ModelCard, repeats: int,
) -> dict[str, float]:
    """
    Time both paths for one kind and size.

    :param frames: what to send.
    :param kind: of ``KINDS``.
    :param card: the model.
    :param repeats: frames per path.
    :return: as of ``summary``.
    """
    messages = [make_message(frame, kind) for frame in frames]
    data = [serialize_message(message) for message in messages]
    ways = {name: make(CameraStream('camera', card.spec, WindowSettings()), type(messages[0]),
                       card.spec.size_px)
            for name, make in (('node', node_way), ('plain', plain_way))}
    durations: Timings = {name: [] for name in ways}
    for i in range(repeats + NUM_FRAMES):
        for name, way in ways.items():
            start = time.perf_counter()
            way(data[i % len(data)], PERIOD_NS * (i + 1))
            # The first round warms up.
            if i >= NUM_FRAMES:
                durations[name].append(time.perf_counter() - start)
    return summary(durations)


def taken(frames: list[Frame], kind: str, repeats: int) -> dict[str, float]:
    """
    Time taking a message from the middleware, as bytes and as an rclpy message.

    :param frames: what to publish.
    :param kind: of ``KINDS``.
    :param repeats: messages.
    :return: as of ``summary``; the node's path includes reading the fields.
    """
    messages = [make_message(frame, kind) for frame in frames]
    message_kind = type(messages[0])
    node = rclpy.create_node('frame_cost')
    publisher = node.create_publisher(message_kind, 'frame_cost', qos_profile_sensor_data)
    subscriptions = {
        name: node.create_subscription(message_kind, 'frame_cost', lambda _: None,
                                       qos_profile_sensor_data, raw=is_raw)
        for name, is_raw in (('node', True), ('plain', False))}
    end_sec = time.monotonic() + DISCOVERY_SEC
    while publisher.get_subscription_count() < 2 and time.monotonic() < end_sec:
        time.sleep(0.01)
    durations: Timings = {name: [] for name in subscriptions}
    for i in range(repeats + NUM_FRAMES):
        messages[i % len(messages)].header.stamp = ns_to_stamp(PERIOD_NS * (i + 1))
        publisher.publish(messages[i % len(messages)])
        for name, subscription in subscriptions.items():
            start, message = _take(subscription)
            if name == 'node':
                message = read_message(message_kind, message)
            if i >= NUM_FRAMES:
                durations[name].append(time.perf_counter() - start)
            if stamp_to_ns(message.header.stamp) != PERIOD_NS * (i + 1):
                raise RuntimeError('expected the message that was just sent, got another')
    node.destroy_node()
    return summary(durations)


def _take(subscription: Subscription) -> tuple[float, Any]:
    """Return when a message was asked for, and the message once it has arrived."""
    end_sec = time.monotonic() + ARRIVAL_SEC
    while time.monotonic() < end_sec:
        start = time.perf_counter()
        found = subscription.handle.take_message(subscription.msg_type, subscription.raw)
        if found is not None:
            return start, found[0]
        time.sleep(0.001)
    raise RuntimeError(f'expected a message within {ARRIVAL_SEC} s, got none')


def find_video() -> Path | None:
    """
    Find a real video.

    :return: one of the data folder, or None.
    """
    return next(iter(sorted((Path(data_folder()) / SUBSET / 'videos').glob('*/*.mp4'))), None)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', default='ucf10', help='name or folder (default: %(default)s)')
    parser.add_argument('--repeats', type=int, default=100, help='frames (default: %(default)s)')
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    arguments = parser.parse_args()
    card, video = ModelCard.load(find_model(arguments.model)), find_video()
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    rclpy.init()
    rows = []
    print(f'{"ms":32} {"node p50":>9} {"p95":>8} {"plain p50":>10} {"p95":>8} {"ratio":>6}')
    for size_name, size in SIZES.items():
        frames = load_frames(video, size)
        for what, kind in PLAN:
            found = (taken(frames, kind, arguments.repeats) if what == 'taken'
                     else measure(frames, kind, card, arguments.repeats))
            rows.append({'size': size_name, 'kind': kind, 'what': what, **found})
            print(f'{size_name + " " + kind + " " + what:32} {found["node_p50_ms"]:9.3f} '
                  f'{found["node_p95_ms"]:8.3f} {found["plain_p50_ms"]:10.3f} '
                  f'{found["plain_p95_ms"]:8.3f} {found["ratio"]:6.2f}')
    rclpy.try_shutdown()
    save(arguments.json, rows)


if __name__ == '__main__':
    main()
