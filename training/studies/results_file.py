"""What every measured run reached: a JSON file that is a plain list of objects, one a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
import fcntl
import json
import os
from pathlib import Path

from training.studies.run_result import RunResult


def load_results(path: Path) -> list[RunResult]:
    """
    Read what ``record_result`` wrote.

    :param path: the file.
    :return: its runs, in the order of the file.
    :raises FileNotFoundError: when there is none.
    :raises ValueError: when it is not a list of runs, or a run stands in it twice.
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
                         'more than once; remove the outdated ones')
    return results


def record_result(path: Path, result: RunResult) -> None:
    """
    Add a run, or replace the one of the same study, name, split and seed in its place.

    The file is moved into place whole, and processes that record at once wait for each other.

    :param path: the file; made where there is none.
    :param result: the run.
    :raises ValueError: when the file holds something else than runs; it is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        results = load_results(path) if path.exists() else []
        keys = [earlier.key for earlier in results]
        place = keys.index(result.key) if result.key in keys else len(results)
        results[place:place + 1] = [result]
        partial = path.with_name(f'{path.name}.partial')
        partial.write_text(json.dumps([asdict(r) for r in results], indent=2) + '\n')
        partial.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder; the system frees it when the process dies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
