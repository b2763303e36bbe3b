# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Speed-up by frame reuse, by hop: ``PYTHONPATH=. python benchmarks/frame_reuse.py``.

Compares windows that share their work with the same network as one OpenVINO graph, interleaved.
``largest error`` is that of the logits, relative to the largest logit.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import multiprocessing
from pathlib import Path
from typing import Any

from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.settings import BackendSettings
import numpy as np
from side_by_side import medians_ms, model_card, save, show, whole_graph, Windows


def measure(name: str, hops: list[int], num_threads: int, rounds: int) -> list[dict[str, Any]]:
    """
    Measure one network.

    :param name: see ``model_card``.
    :param hops: frames from window to window.
    :param num_threads: of the network; 0 for the default.
    :param rounds: windows of each hop.
    :return: one record a hop.
    """
    with model_card(name) as card:
        backend = OpenVinoBackend(card, BackendSettings(num_threads=num_threads))
        score_whole = whole_graph(card, num_threads)
        cameras = {hop: Windows(card, hop, f'hop {hop}') for hop in hops}
        ready = {hop: windows.advance() for hop, windows in cameras.items()}
        errors = dict.fromkeys(hops, 0.0)

        def streamed(hop: int) -> Callable[[], object]:
            def call() -> None:
                ready[hop] = cameras[hop].advance()
                backend.infer([ready[hop]])
            return call
        # The first window of a camera, the second, which fills its memory, and two that share.
        for hop in hops * 4:
            logits, whole = backend.infer([ready[hop]]), score_whole(ready[hop])
            errors[hop] = max(
                errors[hop], float(np.abs(logits - whole).max() / np.abs(whole).max()))
            ready[hop] = cameras[hop].advance()
        times = medians_ms(
            {'whole': lambda: score_whole(ready[hops[0]]),
             **{f'hop {hop}': streamed(hop) for hop in hops}}, rounds)
        notes, memory = backend.description.notes, backend._reuse.new_memory().num_bytes / 1e6
        most_new = backend._reuse.most_new
        backend.close()
    print(f'{name}: {notes}')
    return [{
        'network': name, 'hop': hop, 'whole_ms': times['whole'],
        'streamed_ms': times[f'hop {hop}'], 'ratio': times['whole'] / times[f'hop {hop}'],
        'windows_hz': 1000 / times[f'hop {hop}'], 'shares': 'yes' if hop <= most_new else 'no',
        'most_new': most_new,
        'memory_mb': memory, 'largest_error': errors[hop]} for hop in hops]


@contextmanager
def busy(count: int) -> Iterator[None]:
    """
    Keep processors busy meanwhile.

    :param count: of the processes, each of which takes a core if it can.
    :return: the context.
    """
    processes = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _spin() -> None:
    while True:
        pass


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure what sharing frames brings.')
    parser.add_argument('--models', nargs='+', default=['resnext101', 'ucf10'])
    parser.add_argument('--hops', type=int, nargs='+', default=[1, 2, 4, 8, 16])
    parser.add_argument('--threads', type=int, default=0, help='of the network; 0: its choice')
    parser.add_argument('--rounds', type=int, default=25)
    parser.add_argument('--beside', type=int, default=0, help='processes that take a core each')
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    with busy(options.beside):
        records = [record for name in options.models
                   for record in measure(name, options.hops, options.threads, options.rounds)]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
