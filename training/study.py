# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Run a study: ``python -m training.study STUDY.yaml --data DIR [--frames DIR]``.

A study names runs, the splits and seeds to try them on, and grids of settings (ablations). Every
run is trained and measured by ``training.train`` and ``training.evaluate``; finished ones are not
redone. The results are written to a JSON file and into tables.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
import os
from pathlib import Path
import sys

from training.studies.marked_tables import fill_file
from training.studies.plan import read_fusions, read_study
from training.studies.result_tables import names_table
from training.studies.results_file import load_results, record_result
from training.studies.runner import StudyRunner
from training.studies.schedule import run_all, without_recorded

NUM_CORES = len(os.sched_getaffinity(0))
"""CPU cores that this process may use."""


def run_study(arguments: argparse.Namespace) -> Sequence[str]:
    """
    Train, measure, record and print what the command line asks for.

    :param arguments: see ``main``.
    :return: an error for each run that failed.
    :raises FileNotFoundError: when the study or the file with tables is missing.
    :raises ValueError: when one of the files is malformed.
    :raises RuntimeError: when a fusion cannot be measured.
    """
    results_file = arguments.results or arguments.out / 'results.json'
    runs = read_study(arguments.study, arguments.only)
    if arguments.tables is not None and not arguments.tables.is_file():
        raise FileNotFoundError(f'{arguments.tables}: expected a Markdown file with marked tables '
                                '(training/studies/marked_tables.py), got none')
    if arguments.missing:
        runs = without_recorded(runs, results_file)
    runner = StudyRunner(data=arguments.data, frames=arguments.frames, out=arguments.out,
                         num_threads=max(1, NUM_CORES // arguments.jobs))
    failures = run_all(runs, runner.train, results_file, arguments.jobs)
    for fusion in read_fusions(arguments.study, runs):
        if all(map(runner.is_finished, fusion.parts)):
            # One at a time, so that each may use all cores.
            record_result(results_file, replace(runner, num_threads=NUM_CORES).fuse(fusion))
    results = load_results(results_file) if results_file.exists() else []
    keys = {run.key for run in runs}
    print(names_table([result for result in results if result.key in keys]))
    if arguments.tables is not None:
        fill_file(arguments.tables, results)
    return failures


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.study', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('study', type=Path, help='YAML file, as in training/studies/')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--frames', type=Path, help='output folder of training.extract; needed '
                        'for flow (default: decode the videos)')
    parser.add_argument('--out', type=Path, default=Path('data/runs'), help='folder of the runs')
    parser.add_argument('--results', type=Path, help='JSON file to record the result of every run '
                        'in (default: results.json in the folder of the runs)')
    parser.add_argument('--tables', type=Path, help='Markdown file whose marked tables to fill')
    parser.add_argument('--only', nargs='+', metavar='NAME', help='only runs with these names, '
                        'and their teachers')
    parser.add_argument('--missing', action='store_true', help='skip recorded runs')
    parser.add_argument('--jobs', type=int, default=NUM_CORES, help='runs at a time')
    try:
        failures = run_study(parser.parse_args())
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'study: {error}')
    if failures:
        sys.exit('study: failed: ' + '\n'.join(failures))


if __name__ == '__main__':
    main()
