# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Speed of evaluating recordings: ``PYTHONPATH=. python benchmarks/replay_rate.py``.

Plays a minute of a camera (640 x 480 JPEG at 30 Hz) to the recognizer as ``python -m
imrs_ros.evaluation evaluate`` does, with the default parameters, and reports seconds of video per
second. ``resnet18`` has random weights, which does not affect its speed: 16 frames of 112 x 112
and 51 classes.
"""

import argparse
from pathlib import Path
import tempfile
import time
from typing import Any

from imrs_ros.backends import load_backend
from imrs_ros.evaluation.offline.recording_result import evaluate_recording, Job
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.node_settings import Settings
from imrs_ros.parameter_file import read_settings
from imrs_ros.records import Frame
from node_process import images
from side_by_side import model_card, save, show

CONFIG = Path(__file__).resolve().parent.parent / 'config' / 'recognizer.yaml'
TOPIC, RATE_HZ, START_NS = '/camera/image_raw/compressed', 30.0, 10**18
PRECISIONS = 'float32', 'bfloat16'
"""That every network has."""


def write_recording(path: Path, seconds: float) -> None:
    """
    Write a bag of one camera.

    :param path: folder of the bag, not there yet.
    :param seconds: its length.
    """
    pictures = images()
    with BagWriter(path) as bag:
        for i in range(round(seconds * RATE_HZ)):
            stamp_ns = START_NS + round(i * 1e9 / RATE_HZ)
            bag.image(TOPIC, Frame(stamp_ns, 'camera', pictures[i % len(pictures)]), stamp_ns)


def measure(name: str, recording: Path, settings: Settings) -> dict[str, Any]:
    """
    Evaluate a recording with one model.

    :param name: see ``model_card``.
    :param recording: bag or video.
    :param settings: of the node.
    :return: the record.
    :raises RuntimeError: when the recording cannot be evaluated.
    """
    with model_card(name) as card:
        # Not timed: the converted network is cached from the first recording on.
        load_backend(card, settings.backend).backend.close()
        start_sec = time.perf_counter()
        result = evaluate_recording(recording, Job(
            card=card, settings=settings, annotations=()))
        elapsed_sec = time.perf_counter() - start_sec
    if result.error:
        raise RuntimeError(result.error)
    camera_sec = result.duration_ns * len(result.cameras) / 1e9
    return {'network': name, 'precision': settings.backend.cpu_precision,
            'hop': settings.window.hop, 'camera_sec': camera_sec, 'elapsed_sec': elapsed_sec,
            'times_real_time': camera_sec / elapsed_sec}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure how fast recordings are evaluated.')
    parser.add_argument('--recording', type=Path, help='a bag or video to evaluate instead')
    parser.add_argument('--seconds', type=float, default=60.0, help='of the generated recording')
    parser.add_argument('--models', nargs='+', default=['ucf10', 'resnet18'])
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recording = options.recording or Path(folder) / 'camera'
        if options.recording is None:
            write_recording(recording, options.seconds)
        records = [
            measure(name, recording, read_settings(CONFIG, {'cpu_precision': precision}))
            for name in options.models for precision in PRECISIONS]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
