# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Load of the node by number of cameras: ``python benchmarks/node_load.py --cameras 1 2 4 8``.

Runs the real node in one process and 640 x 480 cameras at 30 Hz in another, raw and JPEG. Prints
per camera the windows per second, the age of a window's newest frame when its scores arrive here,
and the part of that age that the node's diagnostics attribute to the model; of the node, CPU and
memory. ``without inference`` uses a hop so long that no window is ever due: the cost of receiving
images.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import time

from diagnostic_msgs.msg import DiagnosticArray
from imrs_ros.node.topics import DIAGNOSTICS
from node_process import cameras, join_domain, Listener, recognizer
import numpy as np
import rclpy

RATE_HZ = 30.0
NO_INFERENCE_HOP = 1000
PERCENTILES = {'p50': 50, 'p95': 95, 'max': 100}
WARM_UP_SEC = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """Measurements with a number of cameras."""

    num_cameras: int
    """Cameras at once."""
    transport: str
    """``raw`` or ``jpeg``."""
    has_inference: bool
    """False for the cost of receiving images alone."""
    windows_hz: list[float]
    """Windows per second of each camera."""
    age_sec: dict[str, float | None]
    """Age of the newest frame at arrival of its scores, over all cameras: p50, p95 and max; None
    without inference."""
    inference_sec_p50: float | None
    """Median time that the model took."""
    besides_ms_p50: float | None
    """The rest of the median age: everything between camera and listener but the model."""
    cpu_share: float
    """CPU time of the node over elapsed time: 1 is one core."""
    rss_mb: float
    """Memory of the node at the end."""


def measure(num_cameras: int, is_jpeg: bool, has_inference: bool, options: argparse.Namespace,
            ) -> Load:
    """
    Run the node with some cameras.

    :param num_cameras: cameras at once.
    :param is_jpeg: whether they publish JPEG.
    :param has_inference: whether windows are scored.
    :param options: of the command line.
    :return: measurements after warm-up.
    """
    names = [f'camera{i}' for i in range(num_cameras)]
    topics = [f'/{name}/image' for name in names]
    transport = 'compressed' if is_jpeg else 'raw'
    parameters = {'model': options.model, 'backend': options.backend, 'cameras': topics,
                  'transport': transport, 'num_threads': options.threads,
                  'cpu_precision': options.precision,
                  'hop': options.hop if has_inference else NO_INFERENCE_HOP}
    with recognizer(parameters) as process, cameras(topics, RATE_HZ, is_jpeg):
        listener = Listener(names)
        ages = listener.ages_sec
        inferences: list[float] = []
        listener.node.create_subscription(
            DiagnosticArray, DIAGNOSTICS, lambda msg: inferences.extend(_inferences(msg)), 10)
        listener.listen(WARM_UP_SEC)
        for received in (*ages.values(), inferences):
            received.clear()
        cpu_sec, start_sec = process.cpu_sec, time.monotonic()
        listener.listen(options.seconds)
        elapsed_sec = time.monotonic() - start_sec
        share = (process.cpu_sec - cpu_sec) / elapsed_sec
        rss_mb = process.usage.memory_info().rss / 1e6
        listener.node.destroy_node()
    together = [age for received in ages.values() for age in received] if has_inference else []
    age_sec = {name: float(np.percentile(together, q)) if together else None
               for name, q in PERCENTILES.items()}
    inference_sec = float(np.median(inferences)) if inferences and has_inference else None
    return Load(
        num_cameras=num_cameras, transport='jpeg' if is_jpeg else 'raw',
        has_inference=has_inference,
        windows_hz=[len(received) / elapsed_sec for received in ages.values()],
        age_sec=age_sec, inference_sec_p50=inference_sec,
        besides_ms_p50=None if age_sec['p50'] is None or inference_sec is None
        else 1000 * (age_sec['p50'] - inference_sec),
        cpu_share=share, rss_mb=rss_mb)


def _inferences(msg: DiagnosticArray) -> Iterator[float]:
    """Yield the inference time of each camera that had windows."""
    for status in msg.status:
        for value in status.values:
            if value.key == 'inference_p50_sec' and value.value != 'nan':
                yield float(value.value)


def describe(load: Load) -> str:
    """
    Return a measurement as a line of the table.

    :param load: what was measured.
    :return: the line.
    """
    age = ' '.join(f'{_ms(sec):>7}' for sec in load.age_sec.values())
    return (f'{load.num_cameras:7} {load.transport:>5} {"yes" if load.has_inference else "no":>9} '
            f'{min(load.windows_hz):9.2f} {age} {_ms(load.inference_sec_p50):>6} '
            f'{load.cpu_share:6.2f} {load.cpu_share / load.num_cameras:10.3f} {load.rss_mb:8.0f}')


def _ms(sec: float | None) -> str:
    return '' if sec is None else f'{1000 * sec:.1f}'


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure the load of cameras on the node.')
    parser.add_argument('--cameras', type=int, nargs='+', default=[1, 2, 4, 8])
    parser.add_argument('--seconds', type=float, default=10.0, help='measured per case')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--backend', default='auto')
    parser.add_argument('--threads', type=int, default=0, help='of the network; 0: its default')
    parser.add_argument('--precision', default='float32', help='of the network on the CPU')
    parser.add_argument('--hop', type=int, default=4)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    join_domain()
    rclpy.init()
    print('cameras        inference  least w/s  age p50     p95  max ms  model    CPU CPU/camera'
          '   RSS MB')
    loads = []
    for is_jpeg in (False, True):
        for has_inference in (False, True):
            for number in options.cameras:
                loads.append(measure(number, is_jpeg, has_inference, options))
                print(describe(loads[-1]), flush=True)
    for transport in ('raw', 'jpeg'):
        shares = {load.num_cameras: load.cpu_share / load.num_cameras for load in loads
                  if load.transport == transport and not load.has_inference}
        first, last = min(shares), max(shares)
        print(f'{transport}: CPU per camera without inference, {last} cameras over {first}: '
              f'{shares[last] / shares[first]:.2f}')
    if options.json:
        options.json.write_text(json.dumps([asdict(load) for load in loads], indent=2) + '\n')
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
