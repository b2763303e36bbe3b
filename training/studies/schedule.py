# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which runs of a study are trained, and in which order."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm
from training.studies.plan import StudyRun
from training.studies.results_file import load_results, record_result
from training.studies.run_result import RunResult


def run_all(
    runs: Sequence[StudyRun], train: Callable[[StudyRun], RunResult], results: Path,
    num_jobs: int,
) -> list[str]:
    """
    Train the runs of a study, several at a time, teachers before their students.

    :param runs: all runs.
    :param train: trains and measures one.
    :param results: JSON file to record each result in as soon as it is known.
    :param num_jobs: runs at a time.
    :return: an error for each run that failed; the others are completed.
    """
    failures: dict[str, str] = {}
    waiting = list(runs)
    with tqdm(total=len(runs), desc='study', unit='run') as bar:
        while waiting:
            # A teacher of this study that is not waiting has finished or failed.
            folders = {run.folder for run in waiting}
            ready = [run for run in waiting if not folders & set(run.config.teachers)]
            waiting = [run for run in waiting if run not in ready]
            lost = [run for run in ready if failures.keys() & set(run.config.teachers)]
            failures |= {run.folder: f'{run.folder}: its teacher failed' for run in lost}
            with ThreadPoolExecutor(num_jobs) as pool:
                pending = {run.folder: pool.submit(train, run)
                           for run in ready if run not in lost}
                for folder, future in pending.items():
                    try:
                        record_result(results, future.result())
                    except (OSError, ValueError, RuntimeError) as error:
                        failures[folder] = str(error)
                    bar.update()
    return list(failures.values())


def without_recorded(runs: Sequence[StudyRun], results: Path) -> list[StudyRun]:
    """
    Leave out runs whose result is recorded, except teachers of the runs that remain.

    :param runs: all runs.
    :param results: the JSON file.
    :return: the runs still to train.
    """
    recorded = {r.key for r in load_results(results)} if results.exists() else set()
    kept = {run.folder: run for run in runs if run.key not in recorded}
    needed = {teacher for run in kept.values() for teacher in run.config.teachers}
    return [run for run in runs if run.folder in kept or run.folder in needed]
