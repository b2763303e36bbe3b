# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
CPU of the live view by number of cameras, while nobody looks and while a browser does.

Runs the real node, 640 x 480 cameras at 30 Hz and the view, each in a process of its own. A client
asks for updates as the page does, ten times a second.

    PYTHONPATH=. python benchmarks/view_cost.py --cameras 1 4
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
import json
import subprocess
import sys
import time
from typing import Any

from node_process import cameras, join_domain, recognizer
import psutil
from websockets.sync.client import connect
from websockets.typing import Origin

RATE_HZ = 30.0
WARM_UP_SEC = 5.0


@contextmanager
def running_view() -> Iterator[tuple[psutil.Process, str]]:
    """
    Run the view.

    :return: its process, and the address of its WebSocket without the scheme.
    :raises RuntimeError: when it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, '-u', '-m', 'imrs_ros.view', '--no-browser', '--port', '0'],
        stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise RuntimeError('expected the output of the view')
        for line in process.stdout:
            if line.startswith('view: http://'):
                yield psutil.Process(process.pid), line.split()[1].removeprefix('http://')
                return
        raise RuntimeError(f'the view ended with status {process.wait()}')
    finally:
        process.terminate()
        process.wait()


def cpu_share(process: psutil.Process, seconds: float) -> float:
    """
    Measure a process.

    :param process: the process.
    :param seconds: how long.
    :return: CPU time over elapsed time: 1 is one core.
    """
    def used_sec() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)
    before_sec, start_sec = used_sec(), time.monotonic()
    time.sleep(seconds)
    return (used_sec() - before_sec) / (time.monotonic() - start_sec)


def look(process: psutil.Process, address: str, seconds: float) -> dict[str, Any]:
    """
    Look at the view as a browser does, and measure it meanwhile.

    :param process: of the view.
    :param address: of its page, without the scheme.
    :param seconds: how long, after some time to warm up.
    :return: CPU share, updates and pictures per second, and their size.
    """
    updates = pictures = size = 0
    windows_hz: list[float] = []
    with connect(f'ws://{address}live', origin=Origin(f'http://{address.rstrip("/")}'),
                 max_size=None) as browser:
        warm_sec = time.monotonic() + WARM_UP_SEC
        while time.monotonic() < warm_sec:
            browser.send('{"type":"next"}')
            while isinstance(browser.recv(), bytes):
                pass
        before, start_sec = process.cpu_times(), time.monotonic()
        while time.monotonic() < start_sec + seconds:
            browser.send('{"type":"next"}')
            while isinstance(message := browser.recv(), bytes):
                pictures += 1
                size += len(message)
            updates += 1
            windows_hz = [camera['windows_hz'] for node in json.loads(message)['nodes']
                          for camera in node['cameras']]
        elapsed_sec, after = time.monotonic() - start_sec, process.cpu_times()
    return {'cpu_share': (after.user + after.system - before.user - before.system) / elapsed_sec,
            'updates_hz': updates / elapsed_sec, 'pictures_hz': pictures / elapsed_sec,
            'mb_per_sec': size / 1e6 / elapsed_sec, 'windows_hz': windows_hz}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='CPU of the live view.')
    parser.add_argument('--cameras', type=int, nargs='+', default=[1, 4])
    parser.add_argument('--seconds', type=float, default=20.0)
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--backend', default='auto')
    parser.add_argument('--jpeg', action='store_true', help='cameras publish JPEG')
    options = parser.parse_args()
    join_domain()
    for number in options.cameras:
        topics = [f'/camera{i}/image' for i in range(number)]
        parameters = {'model': options.model, 'backend': options.backend, 'cameras': topics}
        with (recognizer(parameters), cameras(topics, RATE_HZ, options.jpeg),
              running_view() as (process, address)):
            time.sleep(WARM_UP_SEC)
            unseen = cpu_share(process, options.seconds)
            seen = look(process, address, options.seconds)
            memory_mb = process.memory_info().rss / 1e6
        print(f'{number} cameras: {unseen:.1%} of a core while nobody looks, '
              f'{seen["cpu_share"]:.1%} while a browser does, {seen["updates_hz"]:.1f} updates/s, '
              f'{seen["pictures_hz"]:.1f} pictures/s, {seen["mb_per_sec"]:.2f} MB/s; '
              f'{memory_mb:.0f} MB of memory; windows/s {seen["windows_hz"]}', flush=True)


if __name__ == '__main__':
    main()
