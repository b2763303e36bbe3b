# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The files of a report: ``report.json`` for machines, ``report.html`` for people."""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import sys
from typing import Any

from imrs_ros.evaluation.metrics.figure_table import summary
from imrs_ros.evaluation.offline.recording_result import Result
from imrs_ros.evaluation.report.build import FORMAT
from imrs_ros.evaluation.report.page import report_page

JSON_FILE, PAGE_FILE = 'report.json', 'report.html'
SECTIONS = {'model': dict, 'settings': dict, 'figures': dict, 'per_class': dict,
            'recordings': list}
"""What two reports are compared by."""


def check_folder(folder: Path) -> None:
    """
    Check where a report is to be written, before hours are spent on it.

    :param folder: present or not.
    :raises FileExistsError: if it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f'{folder}: expected a folder for the report, got a file; choose '
                              'another --out')


def write_report(report: Mapping[str, Any], results: Sequence[Result], folder: Path, *,
                 is_printed: bool = True) -> None:
    """
    Write both files; print the figures, if there are any, and what could not be evaluated.

    :param report: as ``build_report`` returns it.
    :param results: the same recordings, for their images.
    :param folder: created if it is missing.
    :param is_printed: whether the figures are printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON_FILE).write_text(
        json.dumps(report, allow_nan=False, separators=(',', ':')) + '\n', encoding='utf-8')
    (folder / PAGE_FILE).write_text(report_page(report, results), encoding='utf-8')
    if is_printed and any(result.cameras for result in results):
        print(f'{summary(report)}\n{folder / PAGE_FILE}')
    for result in results:
        if result.error:
            print(f'not evaluated: {result.error}', file=sys.stderr)


def read_report(path: Path) -> dict[str, Any]:
    """
    Read a report.

    :param path: ``report.json`` or its folder.
    :return: the report.
    :raises ValueError: if it is no report, or of another format.
    """
    path = path / JSON_FILE if path.is_dir() else path
    if not path.is_file():
        raise ValueError(f'{path}: expected a report written by "evaluate", got no such file')
    try:
        report: dict[str, Any] = json.loads(
            path.read_text(encoding='utf-8'), parse_constant=_refuse)
        found = report['format']
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{path}: expected a report written by "evaluate", got '
                         f'{type(error).__name__}: {error}') from error
    if found != FORMAT:
        raise ValueError(f'{path}: expected format {FORMAT}, got {found}; evaluate again')
    if missing := [name for name, kind in SECTIONS.items()
                   if not isinstance(report.get(name), kind)]:
        raise ValueError(f'{path}: expected a report written by "evaluate", got one without '
                         f'{", ".join(missing)}; evaluate again')
    return report


def _refuse(word: str) -> None:
    raise ValueError(f'expected numbers, got {word}')
