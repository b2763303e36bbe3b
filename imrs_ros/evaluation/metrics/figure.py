# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Every figure of a report: its name, words, unit, which way is better, and where it comes from.

Tables, pages, comparisons and the goals of ``tune`` follow from these rows. A new figure is a row
here, its function, called in ``figures``, and its line in docs/evaluate_your_robot.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math
from typing import Literal

Value = float | int | None
"""Of a figure: a count, a measurement, or None if it is undefined."""
OVERLAPS = (10, 25, 50)
"""Of segmental F1, in percent, as in Lea et al. 2017."""
EVENT_OVERLAPS = (30, 50, 70)
"""Of event precision and recall, in percent."""
STORED_DIGITS = 4
SHOWN_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the registry."""

    name: str
    """Key in report.json and on the command line."""
    words: str
    """As tables and pages call it."""
    unit: str
    """Shown after the value; empty for counts and ratios."""
    better: Literal['higher', 'lower', 'neither']
    """Which way is an improvement."""
    source: str
    """The paper that defines it, or the definition itself."""

    def improvement(self, before: Value, after: Value) -> float:
        """
        Compare two values.

        :param before: a value.
        :param after: another.
        :return: above 0 if ``after`` is better, below 0 if it is worse; 0 if they are equal,
            incomparable, or either is undefined.
        """
        if before is None or after is None or self.better == 'neither':
            return 0.0
        return after - before if self.better == 'higher' else before - after


def round_figure(value: float) -> Value:
    """
    Round a figure to what the report stores.

    :param value: any number.
    :return: an integer as it is, a float with ``STORED_DIGITS`` decimals; None for nan and
        infinity.
    """
    if isinstance(value, int):
        return int(value)
    return None if not math.isfinite(value) else round(float(value), STORED_DIGITS)


def format_interval(interval: Sequence[Value] | None) -> str:
    """
    Format an interval for people.

    :param interval: its limits; None if there is none.
    :return: such as ``[0.720, 0.890]``, or nothing.
    """
    return f'[{", ".join(map(format_figure, interval))}]' if interval else ''


def format_figure(value: Value, unit: str = '') -> str:
    """
    Format a figure for people.

    :param value: None if it is undefined.
    :param unit: of the value; default: shown elsewhere.
    :return: the text.
    """
    if value is None:
        return '-'
    text = str(value) if isinstance(value, int) else f'{value:.{SHOWN_DIGITS}f}'
    return f'{text} {unit}'.rstrip()


DE_GEEST, LEA_2016, LEA_2017, HEILBRON = (
    'De Geest et al. 2016', 'Lea et al. 2016', 'Lea et al. 2017', 'Heilbron et al. 2015')
_EVENTS = 'decided against annotated segments, matched one to one, most confident first'
_BACKGROUND = 'time without annotation, less the settling time after each action'

TRACK_FIGURES = (
    Figure('frame_accuracy', 'windows with the right label', '', 'higher',
           'right windows over all windows; no action is a label'),
    Figure('settled_accuracy', 'windows with the right label, settled', '', 'higher',
           'the same without the settling time after each change of the annotated label'),
    Figure('mean_ap', 'mean average precision', '', 'higher', DE_GEEST),
    Figure('calibrated_map', 'calibrated mean average precision', '', 'higher', DE_GEEST),
    Figure('no_action_auroc', 'AUROC, action against background', '', 'higher', 'Fawcett 2006'),
    *(Figure(f'f1@{overlap}', f'segmental F1 at {overlap} % overlap', '', 'higher', LEA_2017)
      for overlap in OVERLAPS),
    Figure('edit', 'edit score', '', 'higher', LEA_2016),
    *(Figure(f'event_{rate}@{overlap}', f'event {rate} at tIoU {overlap / 100}', '', 'higher',
             f'{HEILBRON}: {_EVENTS}')
      for overlap in EVENT_OVERLAPS for rate in ('precision', 'recall')),
    Figure('num_actions', 'annotated actions', '', 'neither', 'annotated segments'),
    Figure('num_found', 'actions found', '', 'higher',
           'annotated segments whose label is decided while they last'),
    Figure('recall', 'fraction of actions found', '', 'higher',
           'actions found over annotated actions'),
    Figure('delay_median_sec', 'delay, median', 's', 'lower',
           'from the start of a found action to its label'),
    Figure('delay_p95_sec', 'delay, 95th percentile', 's', 'lower',
           'from the start of a found action to its label'),
    Figure('false_actions', 'false actions', '', 'lower',
           f'decided segments that start in the background: {_BACKGROUND}'),
    Figure('false_per_min', 'false actions per minute of background', '1/min', 'lower',
           f'false actions over the background: {_BACKGROUND}'),
    Figure('false_time_share', 'false-action time ratio', '', 'lower',
           'fraction of the background in which an action is decided'),
    Figure('changes_per_min', 'label changes per minute', '1/min', 'lower',
           'changes of the decided label over the length of the recordings'),
    Figure('num_windows', 'windows scored', '', 'neither', 'windows with a decision'))
"""Computed from tracks by ``figures.figures``; what decisions can improve may be tuned for."""

PLAYBACK_FIGURES = (
    Figure('num_skipped', 'windows skipped', '', 'lower',
           'windows that a newer one replaced before they were scored'),
    Figure('num_frames', 'frames', '', 'neither', 'frames that reached the recognizer'),
    Figure('num_dropped', 'frames dropped', '', 'lower', 'frames that could not be used'),
    Figure('num_restarts', 'window restarts', '', 'lower',
           'windows emptied because stamps jumped or frames were missing'))
"""Counted while a recording is played, whatever is decided."""

FIGURES = {figure.name: figure for figure in (*TRACK_FIGURES, *PLAYBACK_FIGURES)}
"""The figures of a report by name, in the order of its tables."""

CLASS_FIGURES = (
    Figure('num_actions', 'annotated', '', 'neither', 'annotated segments of the class'),
    Figure('num_found', 'found', '', 'higher', 'those whose label is decided while they last'),
    Figure('recall', 'recall', '', 'higher', 'found over annotated'),
    Figure('average_precision', 'AP', '', 'higher', DE_GEEST),
    Figure('calibrated_ap', 'calibrated AP', '', 'higher', DE_GEEST),
    Figure('f1@25', 'F1@25', '', 'higher', LEA_2017),
    Figure('precision@25', 'precision@25', '', 'higher', LEA_2017),
    Figure('recall@25', 'recall@25', '', 'higher', LEA_2017),
    Figure('delay_median_sec', 'delay', 's', 'lower', 'median of the class'),
    Figure('false_actions', 'false', '', 'lower', 'false actions of the class'))
"""Of every class; computed by ``figures.per_class``."""

_SHARED = {row.name: row for row in TRACK_FIGURES}
CLEAR_MOT = 'Bernardin & Stiefelhagen 2008'
PEOPLE_FIGURES = (
    Figure('num_people', 'annotated people', '', 'neither', 'people with a line of their own'),
    Figure('num_followed', 'people followed', '', 'neither',
           'appearances with a window, as the recognizer counts them'),
    Figure('num_unmatched', 'people followed who are not annotated', '', 'lower',
           'appearances that match nobody who is annotated in any window'),
    *(_SHARED[name] for name in (
        'num_actions', 'num_found', 'recall', 'f1@25', 'delay_median_sec', 'delay_p95_sec',
        'false_actions', 'false_per_min')),
    Figure('video_accuracy', 'actions with the right label by mean probability', '', 'higher',
           'annotated actions whose label has the greatest mean probability over their windows'),
    Figure('decided_accuracy', 'actions whose most decided label is right', '', 'higher',
           'annotated actions in which no other label is decided as often'),
    Figure('id_switches', 'id switches', '', 'lower',
           f'times that a person is followed as somebody else than before: {CLEAR_MOT}'),
    Figure('id_switches_per_min', 'id switches per minute of a person', '1/min', 'lower',
           'id switches over the time in which the annotated people are there'),
    Figure('num_people_windows', 'windows of people scored', '', 'neither',
           'windows of people with a decision'))
"""Of people, each of whom is judged like a camera; computed by ``people_figures``."""

ALL_FIGURES = {**FIGURES, **{figure.name: figure for figure in PEOPLE_FIGURES}}
"""Figures by name; those of people that cameras have, too, are the same."""

LIVE_FIGURES = (
    Figure('windows_offline', 'windows, offline', '', 'neither', 'windows scored offline'),
    Figure('windows_live', 'windows, live', '', 'higher', 'windows the node published'),
    Figure('missing_share', 'fraction of windows missing live', '', 'lower',
           '1 less the ratio of the two'),
    Figure('age_median_sec', 'result age, median', 's', 'lower',
           'from the stamp of the newest frame to the arrival of its result'),
    Figure('age_p95_sec', 'result age, 95th percentile', 's', 'lower', 'the same'),
    Figure('age_max_sec', 'result age, maximum', 's', 'lower', 'the same'),
    Figure('same_label_share', 'fraction of live windows labelled as offline', '', 'higher',
           'against the newest offline window that is not later'),
    Figure('score_difference', 'largest score difference of a window', '', 'lower',
           'over the windows that both scored, and all classes'),
    Figure('num_dropped', 'images dropped by the node', '', 'lower', 'diagnostics of the node'),
    Figure('num_skipped_windows', 'windows skipped by the node', '', 'lower',
           'diagnostics of the node'),
    Figure('num_restarts', 'window restarts of the node', '', 'lower', 'diagnostics of the node'))
"""Of a live camera beside the same camera offline; computed by ``live.live_track``."""
