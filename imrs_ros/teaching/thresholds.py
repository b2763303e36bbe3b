# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Thresholds at which a model finds the most actions for a rate of false ones.

Looked for on decisions over time, on whole recordings: a score of single clips says nothing of how
often a robot is wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from imrs_ros.evaluation.decide_anew import decide
from imrs_ros.evaluation.metrics.count_units import count_units
from imrs_ros.evaluation.metrics.event_metrics import background_sec, false_actions
from imrs_ros.evaluation.metrics.figures import all_delays_sec, figures
from imrs_ros.evaluation.metrics.intervals import intervals
from imrs_ros.evaluation.metrics.segment_metrics import match, Matches
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.settings import DecisionSettings, OperatingPoint
import numpy as np

FALSE_PER_MIN = 1.0
"""Default of the false actions allowed per minute of background."""
FIGURES = ('num_actions', 'num_found', 'recall', 'false_actions', 'false_per_min', 'f1@25',
           'delay_median_sec', 'delay_p95_sec')
LEAVE_SHARES = (0.3, 0.5, 0.7)
"""Of the enter threshold."""
THRESHOLDS = tuple(float(round(t, 3)) for t in 1 / (1 + np.exp(-np.linspace(-3.5, 5, 35))))
"""Spaced evenly in log-odds."""
CLASS_STEPS = (-4, -3, -2, -1, 1, 2, 3, 4)
"""Of a class's threshold from that of all classes, or from its own so far, in steps of
``THRESHOLDS``."""
OVERLAP = 0.25
"""Of the segmental F1 that decides between thresholds that find as many actions."""


def fit_operating_point(
    tracks: Sequence[Track], settings: DecisionSettings, false_per_min: float,
) -> OperatingPoint:
    """
    Fit the thresholds of all classes together, then of each class.

    :param tracks: annotated, of videos that the scores were not fitted on.
    :param settings: smoothing and least duration.
    :param false_per_min: false actions allowed per minute of background.
    :return: the thresholds with the most actions found; of those, the ones with the best F1. Where
        none keeps the rate, those with the fewest false actions.
    """
    def worth(point: OperatingPoint) -> tuple[float, ...]:
        return _worth(tracks, settings, point, false_per_min)
    best = _best([_point(t, share) for share in LEAVE_SHARES for t in THRESHOLDS], worth)
    before = None
    # A false action that one class no longer makes, another may make at a lower threshold.
    while best != before:
        before = best
        for label in tracks[0].classes if tracks else ():
            best = max((best, *_variants(best, label)), key=worth)
    return best


def measured(decided: Sequence[Track], false_per_min: float) -> dict[str, Any]:
    """
    Say what thresholds reached, for a card.

    :param decided: tracks with decisions.
    :param false_per_min: false actions allowed per minute of background.
    :return: plain values: ``FIGURES``, and their intervals where they have one.
    """
    found = figures(decided)
    limits = intervals(count_units([
        (str(number), [track]) for number, track in enumerate(decided)])).get('', {})
    return {'allowed_false_per_min': false_per_min,
            'minutes': round(sum(track.duration_ns for track in decided) / 60e9, 1),
            **{name: found[name] for name in FIGURES},
            'intervals': {name: limits[name] for name in FIGURES if name in limits}}


def fit_new_thresholds(
    tracks: Sequence[Track], settings: DecisionSettings, false_per_min: float,
    start: OperatingPoint, labels: Sequence[str],
) -> OperatingPoint:
    """
    Fit the thresholds of some classes; those of the others stay.

    :param tracks: annotated, of videos that the scores were not fitted on.
    :param settings: smoothing and least duration.
    :param false_per_min: false actions allowed per minute of background.
    :param start: thresholds of the other classes, and of all without one of their own.
    :param labels: whose thresholds are fitted.
    :return: the thresholds, as in ``fit_operating_point``.
    """
    def worth(point: OperatingPoint) -> tuple[float, ...]:
        return _worth(tracks, settings, point, false_per_min)
    best = _best([_with(start, dict.fromkeys(labels, t)) for t in THRESHOLDS], worth)
    before, is_first = None, False
    while is_first or best != before:
        is_first, before = before is None, best
        for label in labels:
            place, reach = THRESHOLDS.index(best.class_thresholds[label]), CLASS_STEPS[-1]
            # From the best of all classes, that of one may be far; later, only neighbours matter.
            tried = (THRESHOLDS[::reach] if is_first
                     else THRESHOLDS[max(0, place - reach):place + reach + 1])
            found = _best([_with(best, {label: threshold}) for threshold in tried], worth)
            best = found if worth(found) > worth(best) else best
    return best


def _best(points: Sequence[OperatingPoint],
          worth: Callable[[OperatingPoint], tuple[float, ...]]) -> OperatingPoint:
    """
    Return the best point; of equally good ones in a row, the middle one.

    What was measured says nothing between them, so that the one with the most room on both sides
    is chosen: a few examples that are told apart perfectly would else get the lowest threshold.
    """
    worths = [worth(point) for point in points]
    first = worths.index(max(worths))
    last = first
    while last + 1 < len(points) and worths[last + 1] == worths[first]:
        last += 1
    return points[(first + last) // 2]


def _with(point: OperatingPoint, thresholds: Mapping[str, float]) -> OperatingPoint:
    return replace(point, class_thresholds={**point.class_thresholds, **thresholds})


def _point(threshold: float, leave_share: float) -> OperatingPoint:
    return OperatingPoint(
        enter_threshold=threshold, leave_threshold=round(threshold * leave_share, 4))


def _variants(point: OperatingPoint, label: str) -> Iterator[OperatingPoint]:
    place = THRESHOLDS.index(point.enter_threshold)
    for step in CLASS_STEPS:
        if 0 <= place + step < len(THRESHOLDS):
            yield replace(point, class_thresholds={
                **point.class_thresholds, label: THRESHOLDS[place + step]})


def _worth(tracks: Sequence[Track], settings: DecisionSettings, point: OperatingPoint,
           false_per_min: float) -> tuple[float, ...]:
    decided = [decide(track, settings.at(point)) for track in tracks]
    num_false = sum(len(false_actions(track)) for track in decided)
    allowed = false_per_min * sum(map(background_sec, decided)) / 60
    matches = sum((match(track.decided, track.annotated or (), OVERLAP) for track in decided),
                  Matches())
    return (-max(0.0, num_false - allowed), len(all_delays_sec(decided)), matches.f1)
