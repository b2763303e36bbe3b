# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Time every stage from a 640 x 480 image message to a published window.

Runs each stage by itself, in one process; prints the median and the 95th percentile. Run with
``make stages``; needs rclpy and a model.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
import statistics
import time

from imrs_ros.backends import load_backend
from imrs_ros.camera_stream import CameraStream
from imrs_ros.decision import DecisionFilter
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.messages import (
    classification_message, decode_square, jpeg_message, raw_message, read_message)
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Frame, Scores
from imrs_ros.resampler import Resampler
from imrs_ros.ring_buffer import RingBuffer
from imrs_ros.settings import BackendSettings, DecisionSettings, WindowSettings
from imrs_ros.video import read_video
import numpy as np
import rclpy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Classification

PERIOD_NS = 40_000_000


def measure(name: str, call: Callable[[int], object], repeats: int = 200) -> None:
    """
    Time one stage and print it.

    :param name: as printed.
    :param call: the stage, called with the number of the repeat.
    :param repeats: number of timed calls.
    """
    for i in range(10):
        call(i)
    durations_ms = []
    for i in range(10, 10 + repeats):
        start = time.perf_counter()
        call(i)
        durations_ms.append((time.perf_counter() - start) * 1e3)
    ordered = sorted(durations_ms)
    print(f'{name:52} {statistics.median(ordered):8.3f} {ordered[int(.95 * repeats)]:8.3f}')


def load_image(video: Path | None) -> np.ndarray:
    """
    Return a 640 x 480 RGB image.

    :param video: source of the frame, enlarged; None for noise, which JPEG compresses badly.
    :return: image_HWC, uint8.
    """
    import cv2
    if video is None:
        return np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    return np.asarray(cv2.resize(next(read_video(video)).image_HWC, (640, 480)), np.uint8)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Time every stage from message to publication.')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--video', type=Path, help='use an image from this video')
    arguments = parser.parse_args()
    card = ModelCard.load(find_model(arguments.model))
    spec, image = card.spec, load_image(arguments.video)

    def frame(i: int) -> Frame:
        return Frame(1 + i * PERIOD_NS, 'camera', image)

    raw, jpeg = raw_message(frame(0)), jpeg_message(frame(0), 80)
    bgr = raw_message(frame(0))
    bgr.encoding = 'bgr8'
    wires = {Image: serialize_message(raw), CompressedImage: serialize_message(jpeg)}
    small = shrink(image, spec.size_px)
    resampler = Resampler(spec.fps, 0.5)
    ring = RingBuffer(spec.num_frames, small.shape)
    stream = CameraStream('camera', spec, WindowSettings(hop=1))
    print(f'{"stage, ms":52} {"p50":>8} {"p95":>8}')
    print('message to ring, executor thread')
    measure('  read_message Image', lambda i: read_message(Image, wires[Image]))
    measure('  read_message CompressedImage',
            lambda i: read_message(CompressedImage, wires[CompressedImage]))
    measure('  decode_square rgb8', lambda i: decode_square(raw, spec.size_px))
    measure('  decode_square bgr8', lambda i: decode_square(bgr, spec.size_px))
    measure(f'  decode_square JPEG ({len(jpeg.data) // 1000} kB)',
            lambda i: decode_square(jpeg, spec.size_px))
    measure('  Resampler.push', lambda i: resampler.push(Frame(1 + i * PERIOD_NS, '', small)))
    measure('  RingBuffer.append', lambda i: ring.append(small))
    measure('  whole, rgb8, with CameraStream.push', lambda i: stream.push(Frame(
        1 + i * PERIOD_NS, '',
        decode_square(read_message(Image, wires[Image]), spec.size_px).image_HWC)))
    print('ring to publication, worker thread')
    backend = load_backend(card, BackendSettings()).backend
    count = iter(range(1000, 10**9))

    def take(i: int) -> object:
        return stream.take_window()

    measure('  CameraStream.push + take_window', lambda i: (
        stream.push(frame(next(count))), take(i)))
    recognizer = Recognizer(card, backend, ['camera'], window=WindowSettings(hop=1))
    for i in range(spec.num_frames):
        recognizer.push('camera', frame(i))
    (decision,) = recognizer.step()
    stream.push(frame(next(count)))
    taken = stream.take_window()
    assert taken is not None
    measure(f'  Backend.infer ({backend.description.name})',
            lambda i: backend.infer([taken.clip]), 50)
    decisions = DecisionFilter(card.labels, card.temperature, DecisionSettings())
    measure('  DecisionFilter.update', lambda i: decisions.update(
        Scores('camera', i * PERIOD_NS, '', decision.scores.logits_L)))
    message = classification_message(decision, card.labels, 5)
    measure('  classification_message',
            lambda i: classification_message(decision, card.labels, 5))
    rclpy.init()
    node = rclpy.create_node('stages')
    publisher = node.create_publisher(Classification, 'stages', 10)
    measure('  publish', lambda i: publisher.publish(message))
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
