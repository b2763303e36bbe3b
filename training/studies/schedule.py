# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which runs of a study are trained, and in which order."""

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from training.studies.plan import StudyRun
from training.studies.results_file import load_results, record_result
from training.studies.run_result import RunResult
from training.studies.study_bar import StudyBar


TrainRun = Callable[[StudyRun, Callable[[int], None]], RunResult]
"""Trains and measures a run; calls its second argument with the number of finished epochs."""


def run_all(
    runs: Sequence[StudyRun], train: TrainRun, results: Path, num_jobs: int,
) -> list[str]:
    """
    Train the runs of a study, several at a time, teachers before their students.

    :param runs: all runs.
    :param train: trains and measures one, in a thread of its own.
    :param results: JSON file to record each result in as soon as it is known.
    :param num_jobs: runs at a time.
    :return: an error for each run that failed; the others are completed.
    """
    failures: dict[str, str] = {}
    waiting = list(runs)
    with closing(StudyBar(runs)) as bar:
        while waiting:
            # A teacher of this study that is not waiting has finished or failed.
            folders = {run.folder for run in waiting}
            ready = [run for run in waiting if not folders & set(run.config.teachers)]
            waiting = [run for run in waiting if run not in ready]
            lost = [run for run in ready if failures.keys() & set(run.config.teachers)]
            for run in lost:
                failures[run.folder] = f'{run.folder}: its teacher failed'
                bar.finish(run.folder)
            with ThreadPoolExecutor(num_jobs) as pool:
                pending = {pool.submit(train, run, partial(bar.show, run.folder)): run.folder
                           for run in ready if run not in lost}
                for future in as_completed(pending):
                    try:
                        record_result(results, future.result())
                    except (OSError, ValueError, RuntimeError) as error:
                        failures[pending[future]] = str(error)
                    bar.finish(pending[future])
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
