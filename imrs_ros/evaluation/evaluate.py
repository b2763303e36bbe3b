# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``evaluate``: play recordings to the recognizer, and report how well it does."""

import argparse
from pathlib import Path
import time

from imrs_ros.evaluation.jobs import add_job_arguments, evaluate_all, job_of
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.recordings.source import find_recordings
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.files import check_folder, write_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    add_job_arguments(parser)
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for report.json and report.html')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, or 1 if a recording could not be evaluated.
    """
    check_folder(options.out)
    job = job_of(options)
    start_sec = time.monotonic()
    results = evaluate_all(find_recordings(options.recordings), job, options.jobs, options.dask)
    elapsed_sec = time.monotonic() - start_sec
    report = build_report(results, job)
    add_curve(report, results, job)
    write_report(report, results, options.out)
    played_sec = sum(r.duration_ns * len(r.cameras) for r in results) / 1e9
    if played_sec:
        print(f'{played_sec:.0f} s of video in {elapsed_sec:.0f} s: '
              f'{played_sec / elapsed_sec:.1f} x real time')
    return 1 if any(result.error for result in results) else 0
