# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Figures as lines of text, for terminals."""

from collections.abc import Mapping
from typing import Any

from imrs_ros.evaluation.metrics.figure import (
    FIGURES, format_figure, format_interval, LIVE_FIGURES, PEOPLE_FIGURES, Value)
from imrs_ros.node_settings import thresholds_text
from imrs_ros.settings import scaled_threshold

RATES_PER_MIN = (0.5, 1, 2, 5)
"""Of false actions, for which the greatest recall is printed."""

MAX_MISSING_SHARE = 0.1
"""Of the windows of a live camera, beyond which its figures come with a warning."""
COUNTS_OF_ANNOTATED = ('num_actions', 'num_found', 'false_actions')
"""0 where nothing is annotated, when the other figures have no value."""


def figure_row(words: str, *values: Value, unit: str = '', note: str = '') -> str:
    """
    Format a line of a table.

    :param words: of the figure.
    :param values: one a column.
    :param unit: of the values.
    :param note: at the end of the line.
    :return: the line, as wide as that of ``header_row``.
    """
    cells = ' '.join(f'{format_figure(value):>9}' for value in values)
    return f'{words:40} {cells} {unit:5} {note}'.rstrip()


def header_row(*names: str) -> str:
    """
    Format the header of a table.

    :param names: of the columns of values.
    :return: the line.
    """
    return f'{"":40} ' + ' '.join(f'{name:>9}' for name in names)


def summary(report: Mapping[str, Any]) -> str:
    """
    Format the figures and notes of a report, and what was decided where nothing is annotated.

    :param report: as ``report.build`` returns it.
    :return: one line per figure, with its interval offline, and per point of the curve, decided
        action and note.
    """
    live, drawn = report.get('live'), report.get('intervals', {})
    intervals = drawn.get('figures', {})
    columns = [report['figures']] if live is None else [report['figures'], live['figures']]
    lines = [] if live is None else [*_slowness(live), header_row('offline', 'live')]
    # Where people alone are annotated, most figures of the whole picture say nothing.
    is_people_alone = 'people' in report and report['figures'].get('frame_accuracy') is None
    lines += [figure_row(figure.words, *(column.get(name) for column in columns),
                         unit=figure.unit, note=format_interval(intervals.get(name)))
              for name, figure in FIGURES.items() if not is_people_alone
              or name not in COUNTS_OF_ANNOTATED
              and any(column.get(name) is not None for column in columns)]
    if intervals:
        lines.append(f'in brackets: {100 * drawn["level"]:.0f} % interval'
                     f'{"" if live is None else " of offline"}, bootstrapped over '
                     f'{drawn["num_units"]} units (an action and the background before it)')
    if 'curve' in report:
        lines += _curve(report['curve'], report['settings']['class_thresholds'])
    if 'people' in report:
        lines += _people(report['people'], None if live is None else live.get('people'))
        if 'curve' in report['people']:
            lines += _curve(report['people']['curve'],
                            report['settings']['class_thresholds'])
    for recording in report['recordings']:
        lines += [line for camera in recording['cameras']
                  if camera['truth'] is None and 'people' not in camera
                  for line in _decided(f'{recording["name"]} {camera["topic"]}', camera)]
        lines += [line for camera in recording['cameras'] for person in camera.get('people', ())
                  if person['truth'] is None and person['decided'] for line in _decided(
                      f'{recording["name"]} {camera["topic"]} {person["id"]}', person)]
        lines += [f'{recording["name"]}: {note}' for note in recording['notes']]
    return '\n'.join([*lines, *(_live(live) if live is not None else ())])


def _curve(curve: Mapping[str, Any], class_thresholds: Mapping[str, float]) -> list[str]:
    """Return the greatest recall within some rates of false actions, and its thresholds."""
    found = curve['figures']
    points = [(recall, i) for i, recall in enumerate(found['recall'])
              if recall is not None and found['false_per_min'][i] is not None]
    lines = []
    for limit in RATES_PER_MIN:
        recall, i = max((point for point in points if found['false_per_min'][point[1]] <= limit),
                        default=(None, 0))
        note = ', '.join(f'{name} {curve[name][i]:.3f}'
                         for name in ('enter_threshold', 'leave_threshold'))
        if class_thresholds:
            # All of them: the model's do not hold beside an enter threshold that is given.
            note += ', class_thresholds "' + thresholds_text({
                label: scaled_threshold(threshold, curve['factor'][i])
                for label, threshold in class_thresholds.items()}) + '"'
        if recall is not None:
            lines.append(figure_row(f'recall at {limit} false actions per minute', recall,
                                    note=note))
    return lines


def _people(people: Mapping[str, Any], live: Mapping[str, Any] | None) -> list[str]:
    """Return the figures of people, one per line, offline with interval and live."""
    columns = [people['figures'], *([] if live is None else [live['figures']])]
    return [f'people ({people["source"]}):', *(
        figure_row(figure.words, *(column[figure.name] for column in columns), unit=figure.unit,
                   note=format_interval(people['intervals'].get(figure.name)))
        for figure in PEOPLE_FIGURES)]


def _decided(name: str, track: Mapping[str, Any]) -> list[str]:
    """Return the decided actions of a camera or person without annotations, one per line."""
    lines = [f'{name}, not annotated, decided: {len(track["decided"])} actions']
    return lines + [f'{start:9.2f} to {end:9.2f} s  {label}  {score:.2f}'
                    for start, end, label, score, _ in track['decided']]


def _slowness(live: Mapping[str, Any]) -> list[str]:
    """Return a line for each camera whose live figures are those of a machine too slow."""
    shares = [(camera['camera'], camera['differences'].get('missing_share') or 0.0)
              for camera in live['cameras']]
    return [f'live node, {camera}: {share:.0%} of the windows are missing, as the machine is too '
            'slow or too busy; figures of live say more of it than of the model'
            for camera, share in shares if share > MAX_MISSING_SHARE]


def _live(live: Mapping[str, Any]) -> list[str]:
    """Return the live section: each camera beside the same camera offline, and the notes."""
    lines = []
    cameras = [('', camera) for camera in live['cameras']]
    cameras += [(', people', camera) for camera in live.get('people', {}).get('cameras', ())]
    for of, camera in cameras:
        lines.append(f'live node, {camera["camera"]}{of}:')
        lines += [figure_row(figure.words, camera['differences'][figure.name], unit=figure.unit)
                  for figure in LIVE_FIGURES if figure.name in camera['differences']]
    return lines + [f'live node: {note}' for note in live['notes']]
