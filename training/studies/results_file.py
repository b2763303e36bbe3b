# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The results of all measured runs: a JSON file with a plain list of objects, one per run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
import fcntl
import json
import os
from pathlib import Path

from imrs_ros.atomic_file import replace_text
from training.studies.run_result import RunResult


def load_results(path: Path) -> list[RunResult]:
    """
    Read what ``record_result`` wrote.

    :param path: the file.
    :return: its runs, in the order of the file.
    :raises FileNotFoundError: when there is none.
    :raises ValueError: when it is not a list of runs, or holds a run twice.
    """
    try:
        entries = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f'{path}: expected JSON: {error}') from error
    if not isinstance(entries, list):
        raise ValueError(f'{path}: expected a list of runs, got {type(entries).__name__}')
    results = [RunResult.from_mapping(entry, f'{path}, run {number}')
               for number, entry in enumerate(entries, start=1)]
    keys = [result.key for result in results]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f'{path}: expected every study, name, split and seed once, got {twice} '
                         'more than once; remove the outdated entries')
    return results


def record_result(path: Path, result: RunResult) -> None:
    """
    Add a run, or replace the one with the same study, name, split and seed.

    The file is replaced as a whole, and processes that record at once wait for each other.

    :param path: the file; created where missing.
    :param result: the run.
    :raises ValueError: when the file holds anything but runs; it is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        results = load_results(path) if path.exists() else []
        keys = [earlier.key for earlier in results]
        place = keys.index(result.key) if result.key in keys else len(results)
        results[place:place + 1] = [result]
        replace_text(path, json.dumps([asdict(r) for r in results], indent=2) + '\n')


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder; the kernel releases it when the process dies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
