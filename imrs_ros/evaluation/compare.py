# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``compare``: the changes from one report to another, printed and as a page."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.metrics.figure import FIGURES, Value
from imrs_ros.evaluation.metrics.figure_table import figure_row, header_row
from imrs_ros.evaluation.report.files import read_report
from imrs_ros.evaluation.report.page import fill

FILE = 'compare.html'
CLASS_FIGURE = 'f1@25'
"""By which classes are compared."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    parser.add_argument('before', type=Path, help='report.json or its folder')
    parser.add_argument('after', type=Path, help='report.json or its folder')
    parser.add_argument('--out', type=Path, help='folder for compare.html; default: none')


def verdict(name: str, before: Value, after: Value) -> str:
    """
    Judge the change of a figure.

    :param name: of the figure.
    :param before: its value; None if it was undefined.
    :param after: its value now.
    :return: ``better``, ``worse``, or nothing if it is the same or neither.
    """
    gain = FIGURES[name].improvement(before, after)
    return 'better' if gain > 0 else 'worse' if gain < 0 else ''


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """
    Put two reports side by side.

    :param before: a report.
    :param after: another.
    :return: the differences of model, settings and recordings, and all figures.
    """
    settings: list[tuple[Any, ...]] = [
        (name, before['settings'].get(name), value)
        for name, value in after['settings'].items() if before['settings'].get(name) != value]
    if before['model'] != after['model']:
        settings.append(('model', *(f'{r["model"]["name"]} {r["model"]["weights_sha256"][:12]}'
                                    for r in (before, after))))
    recordings = [{recording['name'] for recording in r['recordings']} for r in (before, after)]
    classes = {label: [r['per_class'].get(label, {}).get(CLASS_FIGURE) for r in (before, after)]
               for label in {**before['per_class'], **after['per_class']}}
    # A report of another version may lack a figure.
    values = {name: [r['figures'].get(name) for r in (before, after)] for name in FIGURES}
    return {
        'settings': settings,
        'only_in_one': sorted(recordings[0] ^ recordings[1]),
        'figures': [(name, *pair, verdict(name, *pair)) for name, pair in values.items()],
        'classes': [(label, *pair, verdict(CLASS_FIGURE, *pair))
                    for label, pair in classes.items()]}


def format_changes(found: Mapping[str, Any]) -> str:
    """
    Format the changes as a table.

    :param found: as ``changes`` returns them.
    :return: the lines.
    """
    lines = [header_row('before', 'after')]
    lines += [figure_row(FIGURES[name].words, *pair, unit=FIGURES[name].unit, note=note)
              for name, *pair, note in found['figures']]
    lines += [figure_row(f'F1@25 of {label}', *pair, note=note)
              for label, *pair, note in found['classes']]
    lines += [f'setting {name}: {before} -> {after}' for name, before, after in found['settings']]
    if found['only_in_one']:
        lines.append('the figures do not compare: recordings in one report only: '
                     + ', '.join(found['only_in_one']))
    return '\n'.join(lines)


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0.
    """
    found = changes(read_report(options.before), read_report(options.after))
    print(format_changes(found))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / FILE).write_text(fill('compare', {
            **found, 'names': [str(options.before), str(options.after)]}), encoding='utf-8')
        print(options.out / FILE)
    return 0
