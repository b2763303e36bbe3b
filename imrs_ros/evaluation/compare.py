# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``compare``: the changes from one report to another, printed and as a page."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.metrics.bootstrap import LEVEL
from imrs_ros.evaluation.metrics.figure import (
    ALL_FIGURES, FIGURES, format_figure, format_interval, PEOPLE_FIGURES, Value)
from imrs_ros.evaluation.metrics.figure_table import figure_row, header_row
from imrs_ros.evaluation.metrics.intervals import difference_intervals, same_units
from imrs_ros.evaluation.metrics.units import Units
from imrs_ros.evaluation.report.files import read_report
from imrs_ros.evaluation.report.page import fill

FILE = 'compare.html'
CLASS_FIGURE = 'f1@25'
"""By which classes are compared."""
FIRST, MAX_NAMED = ('recall', 'f1@25', 'false_per_min', 'delay_median_sec', 'settled_accuracy'), 3
"""What a headline names first, and how many it names at most, better or worse."""
REPEATED = 'num_found', 'false_actions'
"""Counts whose rates a headline names."""
JUDGED_PARTS = {'figures', 'classes', 'people'}
"""Of what ``changes`` returns: rows that end with a verdict."""
WITHIN, NO_INTERVAL = 'within the interval', 'no interval'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    parser.add_argument('before', type=Path, help='report.json or its folder')
    parser.add_argument('after', type=Path, help='report.json or its folder')
    parser.add_argument('--out', type=Path, help='folder for compare.html; default: none')


def verdict(name: str, before: Value, after: Value, limits: Sequence[Value] | None) -> str:
    """
    Judge the change of a figure.

    :param name: of the figure.
    :param before: its value; None if it was undefined.
    :param after: its value now.
    :param limits: interval of the difference; None if there is none.
    :return: ``better`` or ``worse`` if the interval excludes 0, ``within the interval`` if not,
        ``better, no interval`` or ``worse, no interval`` without one; nothing if the figure is the
        same, undefined, or neither way is better.
    """
    gain = ALL_FIGURES[name].improvement(before, after)
    if not gain:
        return ''
    word = 'better' if gain > 0 else 'worse'
    if limits is None:
        return f'{word}, {NO_INTERVAL}'
    low, high = (limit or 0 for limit in limits)
    return WITHIN if low <= 0 <= high else word


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """
    Put two reports side by side.

    :param before: a report.
    :param after: another.
    :return: the differences of model, settings and recordings, how intervals were drawn, and
        all figures: name, before, after, interval of the difference, verdict; no verdict where
        the reports do not compare.
    :raises ValueError: if the units of a report are damaged.
    """
    settings: list[tuple[Any, ...]] = [
        (name, before['settings'].get(name), value)
        for name, value in after['settings'].items() if before['settings'].get(name) != value]
    if before['model'] != after['model']:
        settings.append(('model', *(f'{r["model"]["name"]} {r["model"]["weights_sha256"][:12]}'
                                    for r in (before, after))))
    how, limits = _differences(before, after)

    def row(figure: str, name: str, values: list[Value], label: str) -> tuple[Any, ...]:
        own = limits.get(label, {}).get(figure)
        return (name, *values, own, verdict(figure, values[0], values[1], own))
    # A report of another version may lack a figure.
    found = {
        'settings': settings,
        'only_in_one': _only_in_one(before, after),
        'intervals': how,
        'figures': [row(name, name, [r['figures'].get(name) for r in (before, after)], '')
                    for name in FIGURES],
        'classes': [row(CLASS_FIGURE, label, [r['per_class'].get(label, {}).get(CLASS_FIGURE)
                                              for r in (before, after)], label)
                    for label in {**before['per_class'], **after['per_class']}],
        **people_changes(before, after)}
    if _why_incomparable(found):
        for part in JUDGED_PARTS & found.keys():
            found[part] = [(*row[:-1], '') for row in found[part]]
    return {'headline': headline(found), **found}


def headline(found: Mapping[str, Any]) -> str:
    """
    Say in a sentence which report is better in what.

    :param found: the rows of ``changes``.
    :return: the sentence: only differences beyond their intervals count.
    """
    if why := _why_incomparable(found):
        return f'These reports do not compare: {why}.'
    rows = [(*row, '') for row in found['figures'] if row[0] not in REPEATED]
    rows += [(*row, ' of people') for row in found.get('people', ()) if row[0] not in REPEATED]
    rows.sort(key=lambda row: FIRST.index(row[0]) if row[0] in FIRST else len(FIRST))
    parts, rest = [], '; nothing else differs beyond its interval'
    for word in ('better', 'worse'):
        words = [f'{ALL_FIGURES[name].words}{of} ({format_figure(before)} to '
                 f'{format_figure(after, ALL_FIGURES[name].unit)})'
                 for name, before, after, _, judged, of in rows if judged == word]
        if words:
            listed = words[:MAX_NAMED]
            if len(words) > MAX_NAMED:
                rest = ''
                listed.append(f'{len(words) - MAX_NAMED} more')
            parts.append(f'{word} in {_join(listed)}')
    if parts:
        return f'The second report is {", but ".join(parts)}{rest}.'
    if all(before == after for _, before, after, *_ in rows):
        return 'Nothing differs: all figures are the same.'
    if not any(judged == WITHIN for *_, judged, _ in rows):
        return 'Nothing can be said: no difference has an interval.'
    return 'Nothing differs beyond its interval.'


def _why_incomparable(found: Mapping[str, Any]) -> str:
    """Say why figures say nothing about which report is better; nothing if they do."""
    if found['only_in_one']:
        return 'they are of different recordings'
    before, after = next(
        (row[1:3] for row in found['figures'] if row[0] == 'num_actions'), (0, 0))
    return '' if before == after else (
        f'they have different annotations, {before} and {after} actions')


def _only_in_one(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name what counts in one report alone: a recording, or one of its cameras."""
    counted = [{(recording['name'], camera['topic'], camera['truth'] is not None)
                for recording in r['recordings'] for camera in recording['cameras']}
               for r in (before, after)]
    names = [{name for name, *_ in one} for one in counted]
    return sorted({
        f'{name} {topic}{"" if is_annotated else " (not annotated)"}'
        if name in names[0] & names[1] else name
        for name, topic, is_annotated in counted[0] ^ counted[1]})


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f'{", ".join(words[:-1])} and {words[-1]}'


def people_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """
    Put the people of two reports side by side.

    :param before: a report.
    :param after: another.
    :return: ``people``, the figures of people as those of ``changes``; nothing unless both
        reports have people.
    :raises ValueError: if the units of a report are damaged.
    """
    if 'people' not in before or 'people' not in after:
        return {}
    sides = before['people'], after['people']
    how, differences = _differences(*sides)
    limits = differences.get('', {})
    rows = []
    for figure in PEOPLE_FIGURES:
        old, new = (side['figures'].get(figure.name) for side in sides)
        own = limits.get(figure.name)
        rows.append((figure.name, old, new, own, verdict(figure.name, old, new, own)))
    return {'people': rows, 'people_intervals': how,
            'people_sources': [side['source'] for side in sides]}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any],
                 ) -> tuple[str, dict[str, dict[str, list[Value]]]]:
    """Return how the intervals were drawn, and those of all differences, by class."""
    if 'units' not in before or 'units' not in after:
        return 'no intervals: a report of an older version; evaluate again', {}
    try:
        units = [Units.from_json(r['units']) for r in (before, after)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError('expected units as "evaluate" writes them, got '
                         f'{type(error).__name__}: {error}; evaluate again') from error
    how = ('paired: both reports have the same actions' if same_units(*units) is not None
           else 'unpaired: the reports have different actions')
    return f'intervals of {100 * LEVEL:.0f} %, {how}', difference_intervals(*units)


def format_changes(found: Mapping[str, Any]) -> str:
    """
    Format the changes as a table.

    :param found: as ``changes`` returns them.
    :return: the lines.
    """
    def line(words: str, unit: str, before: Value, after: Value,
             limits: Sequence[Value] | None, judged: str) -> str:
        note = f'{judged}, difference {format_interval(limits)}' if judged and limits else judged
        return figure_row(words, before, after, unit=unit, note=note)
    lines = [found['headline'], header_row('before', 'after')]
    lines += [line(FIGURES[name].words, FIGURES[name].unit, *row)
              for name, *row in found['figures']]
    lines += [line(f'F1@25 of {label}', '', *row) for label, *row in found['classes']]
    lines.append(found['intervals'])
    if 'people' in found:
        lines.append(f'people ({" -> ".join(found["people_sources"])}):')
        lines += [line(ALL_FIGURES[name].words, ALL_FIGURES[name].unit, *row)
                  for name, *row in found['people']]
        lines.append(found['people_intervals'])
    lines += [f'setting {name}: {before} -> {after}' for name, before, after in found['settings']]
    if found['only_in_one']:
        lines.append('the figures do not compare: in one report only: '
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
