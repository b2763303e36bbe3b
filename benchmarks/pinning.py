# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
CPU that the node leaves to others: ``PYTHONPATH=. python benchmarks/pinning.py``.

Runs the real node with one 640 x 480 JPEG camera at 30 Hz, and beside it as many processes as
there are cores, each computing without a pause: the robot's other nodes at their worst. Prints,
for every setting of threads, cores, rate and precision, the windows per second, the age of the
newest frame when its scores arrive, the CPU time of the node, and the share of their speed that
the others keep. Cases are interleaved; the figures are medians of all rounds.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
import multiprocessing
from multiprocessing.sharedctypes import Synchronized
import os
from pathlib import Path
import statistics
import time
from typing import Any

from node_process import cameras, join_domain, Listener, recognizer
import numpy as np
import rclpy
from side_by_side import save, show
from tqdm import tqdm

CAMERA, TOPIC, RATE_HZ = 'camera', '/camera/image', 30.0
WARM_UP_SEC, START_LIMIT_SEC = 2.0, 30.0
CASES: Mapping[str, Mapping[str, Any]] = {
    'default': {},
    'num_threads: 1': {'num_threads': 1},
    'cpu_cores: "0"': {'cpu_cores': '0'},
    'max_rate_hz: 2.0': {'max_rate_hz': 2.0},
    'cpu_precision: bfloat16': {'cpu_precision': 'bfloat16'},
}


def work(count: 'Synchronized[int]') -> None:
    """
    Compute without a pause.

    :param count: incremented once per iteration.
    """
    matrix = np.random.default_rng(0).random((64, 64))
    while True:
        for _ in range(20):
            matrix = np.tanh(matrix @ matrix / 64)
        count.value += 1


@contextmanager
def others(number: int) -> 'Iterator[list[Synchronized[int]]]':
    """
    Keep cores busy.

    :param number: processes to run.
    :return: iterations of each so far.
    """
    context = multiprocessing.get_context('spawn')
    counts = [context.Value('q', 0) for _ in range(number)]
    processes = [context.Process(target=work, args=(count,), daemon=True) for count in counts]
    for process in processes:
        process.start()
    try:
        yield counts
    finally:
        for process in processes:
            process.terminate()
            process.join()


def measure(parameters: Mapping[str, Any] | None, has_others: bool, seconds: float,
            ) -> dict[str, float]:
    """
    Measure one case once.

    :param parameters: of the node; None for the others alone.
    :param has_others: whether they compute.
    :param seconds: how long.
    :return: figures by name.
    """
    if parameters is None:
        with others(os.cpu_count() or 1) as counts:
            return {'work_hz': _work_hz(counts, time.sleep, seconds)}
    given = {'cameras': [TOPIC], 'transport': 'compressed', 'hop': 4, **parameters}
    with recognizer(given) as process, cameras([TOPIC], RATE_HZ, is_jpeg=True), \
            others((os.cpu_count() or 1) * has_others) as counts:
        listener = Listener([CAMERA])
        ages_sec = listener.ages_sec[CAMERA]
        limit_sec = time.monotonic() + START_LIMIT_SEC
        while not ages_sec and time.monotonic() < limit_sec:
            listener.listen(0.1)
        listener.listen(WARM_UP_SEC)
        ages_sec.clear()
        before_sec = process.cpu_sec
        work_hz = _work_hz(counts, listener.listen, seconds)
        cpu_share = (process.cpu_sec - before_sec) / seconds
        listener.node.destroy_node()
    p50_sec, p95_sec = np.percentile(ages_sec, (50, 95))
    return {'windows_hz': len(ages_sec) / seconds, 'age_ms_p50': 1000 * float(p50_sec),
            'age_ms_p95': 1000 * float(p95_sec), 'work_hz': work_hz, 'cpu_share': cpu_share}


def _work_hz(counts: 'Sequence[Synchronized[int]]', wait: Callable[[float], None],
             seconds: float) -> float:
    while counts and not all(count.value for count in counts):
        wait(0.1)
    before = sum(count.value for count in counts)
    wait(seconds)
    return (sum(count.value for count in counts) - before) / seconds


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure the CPU that the node leaves to others.')
    parser.add_argument('--seconds', type=float, default=6.0, help='measured per case and round')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    join_domain()
    rclpy.init()
    keys = [(name, has_others) for name in CASES for has_others in (False, True)]
    rounds: dict[Any, list[dict[str, float]]] = {key: [] for key in (None, *keys)}
    for _ in tqdm(range(options.rounds), disable=None):
        for key, measured in rounds.items():
            name, has_others = key or (None, True)
            measured.append(measure(None if name is None else CASES[name], has_others,
                                    options.seconds))
    figures = {key: {name: statistics.median(m[name] for m in measured) for name in measured[0]}
               for key, measured in rounds.items()}
    alone_hz = figures.pop(None)['work_hz']
    records = [{
        'setting': name, 'others': 'yes' if has_others else 'no',
        **{k: v for k, v in figures[name, has_others].items() if k != 'work_hz'},
        'others_keep': figures[name, has_others]['work_hz'] / alone_hz if has_others else None}
        for name, has_others in keys]
    show(records)
    save(options.json, records)
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
