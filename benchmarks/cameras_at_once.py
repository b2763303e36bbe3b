# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Batches of cameras: ``PYTHONPATH=. python benchmarks/cameras_at_once.py``.

Measures whether a CPU scores windows of several cameras faster together than one by one: eight
cameras, in calls of 1, 2, 4 and 8 windows, interleaved. The figures are medians per window.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.settings import BackendSettings
from side_by_side import medians_ms, model_card, save, show, Windows

NUM_CAMERAS = 8


def measure(name: str, hop: int, sizes: list[int], rounds: int) -> dict[str, Any]:
    """
    Measure one network at one hop.

    :param name: see ``model_card``.
    :param hop: frames from window to window of a camera.
    :param sizes: windows per call.
    :param rounds: how often all cameras are scored with each size.
    :return: ms per window, by size.
    """
    with model_card(name) as card:
        backend = OpenVinoBackend(card, BackendSettings())
        cameras = {size: [Windows(card, hop, f'{size} {i}') for i in range(NUM_CAMERAS)]
                   for size in sizes}

        def score(size: int) -> None:
            clips = [camera.advance() for camera in cameras[size]]
            for first in range(0, NUM_CAMERAS, size):
                backend.infer(clips[first:first + size])
        for size in sizes * 2:
            score(size)
        times = medians_ms({str(size): partial(score, size) for size in sizes}, rounds)
        backend.close()
    return {'network': name, 'hop': hop,
            **{f'{size}_a_call_ms': ms / NUM_CAMERAS for size, ms in times.items()},
            'least_over_one': min(times.values()) / times['1']}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure windows of several cameras in a call.')
    parser.add_argument('--models', nargs='+', default=['ucf10', 'resnet18'])
    parser.add_argument('--hops', type=int, nargs='+', default=[1, 2, 4, 8])
    parser.add_argument('--sizes', type=int, nargs='+', default=[1, 2, 4, 8])
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    records = [measure(name, hop, options.sizes, options.rounds)
               for name in options.models for hop in options.hops]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
