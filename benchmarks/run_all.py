# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Run the benchmarks and write docs/performance.json and docs/performance.md: ``make bench``.

A benchmark is a script in this folder that takes ``--json FILE`` and writes a list of records to
it, one per row. If one fails, its previous measurements stay and the exit status is 1.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
import platform
import resource
import subprocess
import sys
import tempfile
import time
from typing import Any

from imrs_ros.backends.openvino_core import openvino_core
import openvino
import psutil
import torch

FOLDER = Path(__file__).resolve().parent
DOCS = FOLDER.parent / 'docs'


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One script and the title of its table."""

    script: str
    title: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """Return the command line."""
        return ' '.join([
            'PYTHONPATH=.', 'python', f'benchmarks/{self.script}', *self.arguments])


BENCHMARKS = (
    Benchmark('against_pytorch.py', 'One clip of resnext101, against PyTorch'),
    Benchmark('alternatives.py', 'What else one could run'),
    Benchmark('frame_reuse.py', 'Windows that share frames, against the whole network'),
    Benchmark('frame_cost.py', 'One image, from message to ring'),
    Benchmark('start.py', 'From start to active, and memory'),
    Benchmark('cameras_at_once.py', 'Windows of several cameras in one call'),
    Benchmark('precision.py', 'Precisions of a CPU'),
    Benchmark('pinning.py', 'What room the node leaves to others'),
    Benchmark('replay_rate.py', 'Recordings evaluated'),
    Benchmark('node_load.py', 'Cameras and the node', ('--cameras', '1', '2', '4', '8')),
)


def machine() -> str:
    """
    Describe this machine.

    :return: processor, cores and versions.
    """
    name = openvino_core().get_property('CPU', 'FULL_DEVICE_NAME').strip()
    return (f'{name}, {os.cpu_count()} cores, Python {platform.python_version()}, OpenVINO '
            f'{openvino.get_version().split("-")[0]}, PyTorch {torch.__version__}')


def flat(record: Mapping[str, Any]) -> dict[str, str]:
    """
    Return a record as cells of a table.

    :param record: texts, numbers, and mappings or lists of them.
    :return: text by column; a list is shown as its least and largest value.
    """
    cells: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            cells |= {f'{key} {inner}': text for inner, text in flat(value).items()}
        elif isinstance(value, list):
            cells |= flat({f'{key} min': min(value), f'{key} max': max(value)} if value else {})
        else:
            cells[key] = (f'{value:.3g}' if isinstance(value, float) else
                          '' if value is None else str(value))
    return cells


def table(records: Sequence[Mapping[str, Any]]) -> str:
    """
    Return records as a table in Markdown.

    :param records: one per row.
    :return: the table.
    """
    rows = [flat(record) for record in records]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [[column.replace('_', ' ') for column in columns], ['---'] * len(columns),
             *([row.get(column, '') for column in columns] for row in rows)]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """
    Return all results as a page.

    :param results: of each script: title, command, machine and records.
    :return: Markdown.
    """
    parts = ['# Performance', 'Written by `make bench` from `docs/performance.json`.']
    for result in results.values():
        # Of older measurements it is not known.
        others = (f' Other processes took {result["other_cores"]:.1f} cores meanwhile.'
                  if 'other_cores' in result else '')
        parts += [f'## {result["title"]}',
                  f'`{result["command"]}` on {result["machine"]}.{others}',
                  table(result['records'])]
    return '\n\n'.join(parts) + '\n'


class OtherLoad:
    """CPU time that neither this process nor those that it started took."""

    def __init__(self) -> None:
        """Start to count."""
        self._start_sec, self._before_sec = time.monotonic(), self._others_sec()

    @staticmethod
    def _others_sec() -> float:
        times = psutil.cpu_times()
        own = sum(usage.ru_utime + usage.ru_stime for usage in (
            resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(
                resource.RUSAGE_CHILDREN)))
        return float(sum(times) - times.idle - getattr(times, 'iowait', 0.0) - own)

    def cores(self) -> float:
        """
        Return how many cores others kept busy since the start.

        :return: at least 0; children count as others until they ended.
        """
        elapsed_sec = time.monotonic() - self._start_sec
        return max(0.0, (self._others_sec() - self._before_sec) / elapsed_sec)


def run(benchmark: Benchmark) -> dict[str, Any] | None:
    """
    Run a benchmark.

    :param benchmark: the script to run.
    :return: title, command, machine, load and records; None where it fails, or writes no JSON.
    """
    load = OtherLoad()
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / 'records.json'
        done = subprocess.run([sys.executable, FOLDER / benchmark.script,
                               *benchmark.arguments, '--json', written], check=False,
                              env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(
                                  None, [str(FOLDER.parent), os.environ.get('PYTHONPATH')]))})
        try:
            # NaN is not JSON; other readers would reject the file.
            records = json.loads(written.read_text(encoding='utf-8'), parse_constant=_refuse)
        except (OSError, ValueError) as error:
            print(f'{benchmark.script}: {error}', file=sys.stderr)
            return None
    return None if done.returncode else {
        'title': benchmark.title, 'command': benchmark.command, 'machine': machine(),
        'other_cores': load.cores(), 'records': records}


def _refuse(constant: str) -> None:
    raise ValueError(f'expected a number or null, got {constant}')


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Run benchmarks and write their page.')
    parser.add_argument('--only', nargs='+', default=[b.script for b in BENCHMARKS])
    options = parser.parse_args()
    store = DOCS / 'performance.json'
    results = json.loads(store.read_text(encoding='utf-8')) if store.exists() else {}
    failed = []
    for benchmark in (b for b in BENCHMARKS if b.script in options.only):
        result = run(benchmark)
        if result is None:
            failed.append(benchmark.script)
            continue
        results[benchmark.script] = result
        store.write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')
        (DOCS / 'performance.md').write_text(page(results), encoding='utf-8')
    if failed:
        sys.exit(f'failed: {", ".join(failed)}')


if __name__ == '__main__':
    main()
