# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Time the person finder on one image, by threads: the network, and all that the node does with it.

Raw VGA and 1080p images, and JPEGs of them. Calls are interleaved, so that other load on the
machine affects all alike; the least time and the CPU's own suffer least from it.

    PYTHONPATH=. python benchmarks/finder_cost.py
"""

import argparse
from collections.abc import Callable, Mapping
from functools import partial
import os
from pathlib import Path
import statistics
import time
from typing import Any, TypeAlias

import cv2
from imrs_ros.backends.finder_export import FINDER_SIZE_PX
from imrs_ros.demo.sources import data_folder
from imrs_ros.images.decoding import decode_image
from imrs_ros.model_folders import find_model, FINDER_NAME
from imrs_ros.node.messages import jpeg_message, raw_message
from imrs_ros.node.people.messages import detections_message
from imrs_ros.people.detection import Detections
from imrs_ros.people.identities import Identities
from imrs_ros.person_finder.finder import Finder
from imrs_ros.person_finder.letterbox import fit_square
from imrs_ros.records import Frame
from imrs_ros.video import read_video
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from side_by_side import save, show

CLIP = 'sample-videos/one-by-one-person-detection.mp4'
FIRST_FRAME = 100
SIZES = {'VGA': (640, 480), '1080p': (1920, 1080)}
PERIOD_NS = 100_000_000
LEAST_SCORE = 0.2
ROUNDS = 40

AnyMessage: TypeAlias = Image | CompressedImage


def load_image(size_px: tuple[int, int]) -> Frame:
    """
    Return an image with a person; noise without the data folder.

    :param size_px: width and height.
    :return: the frame.
    """
    path = data_folder() / CLIP
    if not path.is_file():
        noise = np.random.default_rng(0).integers(0, 256, (size_px[1], size_px[0], 3), np.uint8)
        return Frame(PERIOD_NS, 'camera', noise)
    image = next(iter(read_video(path, FIRST_FRAME, 1))).image_HWC
    return Frame(PERIOD_NS, 'camera', np.asarray(cv2.resize(image, size_px), np.uint8))


def whole_step(finder: Finder, message: AnyMessage) -> Callable[[], object]:
    """
    Return what the node does with an image.

    :param finder: finds people.
    :param message: the image.
    :return: call it to do so once; stamps go on.
    """
    identities, stamp_ns = Identities(), 0

    def step() -> object:
        nonlocal stamp_ns
        stamp_ns += PERIOD_NS
        frame = decode_image(message)
        found = identities.assign(
            Detections(stamp_ns, finder.find(frame.image_HWC, LEAST_SCORE)))
        return detections_message(found, frame.frame_id, frame.image_HWC.shape[1::-1])
    return step


def measure(calls: Mapping[str, Callable[[], object]], rounds: int) -> list[dict[str, Any]]:
    """
    Time calls, interleaved.

    :param calls: by name.
    :param rounds: calls of each, after one more to warm up.
    :return: of each, the median and the least time, and the mean of the CPU's, ms.
    """
    wall: dict[str, list[float]] = {name: [] for name in calls}
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    for round_number in range(rounds + 1):
        for name, call in calls.items():
            start_sec, start_cpu_sec = time.perf_counter(), time.process_time()
            call()
            if round_number:
                cpu[name].append(1e3 * (time.process_time() - start_cpu_sec))
                wall[name].append(1e3 * (time.perf_counter() - start_sec))
    return [{'step': name, 'median ms': statistics.median(wall[name]), 'least ms': min(wall[name]),
             'CPU ms': statistics.mean(cpu[name])} for name in calls]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    arguments = parser.parse_args()
    threads = [number for number in (1, 2) if number <= (os.cpu_count() or 1)]
    finders = {number: Finder(find_model(FINDER_NAME), number) for number in threads}
    calls: dict[str, Callable[[], object]] = {}
    for size, size_px in SIZES.items():
        frame = load_image(size_px)
        calls[f'{size}: letterbox alone'] = partial(fit_square, frame.image_HWC, FINDER_SIZE_PX)
        for number, finder in finders.items():
            calls[f'{size}: find, {number} threads'] = partial(
                finder.find, frame.image_HWC, LEAST_SCORE)
            for kind, message in (('raw', raw_message(frame)), ('JPEG', jpeg_message(frame, 80))):
                calls[f'{size} {kind}: message to message, {number} threads'] = whole_step(
                    finder, message)
    records = measure(calls, ROUNDS)
    load = os.getloadavg()[0]
    show(records)
    print(f'load of the machine {load:.1f}, {os.cpu_count()} cores')
    save(arguments.json, records)


if __name__ == '__main__':
    main()
