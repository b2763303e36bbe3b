# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The curve of recall against false actions: what other thresholds would give.

The free-response operating characteristic of Bunch et al. 1977, over time instead of images.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
import math
from typing import Any

from imrs_ros.evaluation.decide_anew import decide, decide_people
from imrs_ros.evaluation.metrics.event_metrics import background_sec, delays_ns, false_actions
from imrs_ros.evaluation.metrics.figure import round_figure, Value
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import Job, Result
from imrs_ros.settings import (
    DecisionSettings, MAX_THRESHOLD, MIN_THRESHOLD, scaled_threshold, THRESHOLD_DIGITS)
import numpy as np
from tqdm import tqdm

NUM_POINTS, NUM_EVEN = 25, 9
"""Points of the curve, and those of them that are evenly spaced; the rest go where it is steep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """What some thresholds give."""

    factor: float
    """By which all thresholds are multiplied; 1 for the present ones."""
    settings: DecisionSettings
    """With these thresholds."""
    figures: dict[str, dict[str, Value]]
    """Recall, false actions per minute of background and median delay by name, by class; the
    empty one is all classes."""

    def distance(self, other: 'CurvePoint') -> float:
        """
        Return how far two points lie apart as people see them.

        :param other: any point.
        :return: the difference of recall, plus that of the logarithm of false actions.
        """
        one, two = self.figures[''], other.figures['']
        return (abs((one['recall'] or 0) - (two['recall'] or 0)) + abs(math.log1p(
            one['false_per_min'] or 0) - math.log1p(two['false_per_min'] or 0)))


def add_curve(report: dict[str, Any], results: Sequence[Result], job: Job) -> None:
    """
    Add the curve to a report, and that of its people to their section.

    :param report: as ``build_report`` returns it; without annotations it stays as it is.
    :param results: of the same recordings.
    :param job: with the present settings.
    """
    tracks = [track for result in results for _, track in result.cameras
              if track.annotated is not None]
    if tracks:
        report['curve'] = curve_section(sweep(tracks, job.settings.decision))
    people = [[person for person in result.people
               if person.annotated is not None and person.has_scores] for result in results]

    def decide_anew(settings: DecisionSettings) -> list[Track]:
        return [person.judged for of_recording in people
                for person in decide_people(of_recording, settings)]
    # Of strangers alone, there is neither an action to be found nor any background.
    if any(person.is_annotated for of_recording in people for person in of_recording):
        report['people']['curve'] = curve_section(sweep(
            [person.judged for of_recording in people for person in of_recording],
            job.settings.decision, decide_anew))


def curve_section(points: Sequence[CurvePoint]) -> dict[str, Any]:
    """
    Create the section of a report.

    :param points: by rising thresholds.
    :return: what JSON holds: values of all points, of all classes and of each.
    """
    columns = {label: {name: [point.figures[label][name] for point in points] for name in row}
               for label, row in points[0].figures.items()}
    return {
        'factor': [round_figure(point.factor) for point in points],
        'enter_threshold': [point.settings.enter_threshold for point in points],
        'leave_threshold': [point.settings.leave_threshold for point in points],
        'operating_point': [point.factor for point in points].index(1.0),
        'figures': columns.pop(''), 'per_class': columns}


def sweep(tracks: Sequence[Track], settings: DecisionSettings,
          decide_anew: Callable[[DecisionSettings], Sequence[Track]] | None = None,
          ) -> list[CurvePoint]:
    """
    Decide anew with lower and higher thresholds, from the scores.

    The model is not run, but for every point the filter runs over all windows.

    :param tracks: annotated, as decided with the settings.
    :param settings: the present ones.
    :param decide_anew: returns the tracks as other settings decide; default: each for itself.
    :return: at most ``NUM_POINTS`` points by rising thresholds, the present ones among them.
    """
    thresholds = [settings.class_thresholds.get(label, settings.enter_threshold)
                  for label in settings.enabled_classes or tracks[0].classes]
    points = [_point(1.0, settings, tracks)]
    with tqdm(total=NUM_POINTS, initial=1, unit='point', desc='curve', disable=None) as bar:
        def add(factor: float) -> None:
            other = scaled(settings, factor)
            points.append(_point(factor, other, (
                [decide(track, other) for track in tracks] if decide_anew is None
                else decide_anew(other))))
            points.sort(key=lambda point: point.factor)
            bar.update()

        for factor in np.linspace(MIN_THRESHOLD / max(thresholds), MAX_THRESHOLD / min(thresholds),
                                  NUM_EVEN).tolist():
            add(factor)
        while len(points) < NUM_POINTS:
            gaps = [(one.distance(two), one.factor, two.factor) for one, two in pairwise(points)
                    if (two.factor - one.factor) * min(thresholds) > 2 * 10**-THRESHOLD_DIGITS]
            distance, low, high = max(gaps, default=(0.0, 0.0, 0.0))
            if not distance:
                break
            add((low + high) / 2)
    return points


def scaled(settings: DecisionSettings, factor: float) -> DecisionSettings:
    """
    Multiply all thresholds.

    :param settings: any.
    :param factor: above 0.
    :return: the same with other thresholds, within their limits; the leave threshold keeps its
        share of the enter threshold.
    """
    enter = scaled_threshold(settings.enter_threshold, factor)
    share = settings.leave_threshold / settings.enter_threshold
    return replace(
        settings, enter_threshold=enter, leave_threshold=max(enter * share, MIN_THRESHOLD),
        class_thresholds={label: scaled_threshold(threshold, factor)
                          for label, threshold in settings.class_thresholds.items()})


def _point(factor: float, settings: DecisionSettings, tracks: Sequence[Track]) -> CurvePoint:
    """Return the point of tracks that are decided with its settings."""
    actions = [(segment.label, delay) for track in tracks for segment, delay in delays_ns(track)]
    false = [decided.label for track in tracks for decided in false_actions(track)]
    minutes = sum(map(background_sec, tracks)) / 60
    annotated = {label for label, _ in actions}
    figures = {}
    for label in ('', *(label for label in tracks[0].classes if label in annotated)):
        delays = [delay for one, delay in actions if label in ('', one)]
        found_sec = [delay / 1e9 for delay in delays if delay is not None]
        num_false = false.count(label) if label else len(false)
        row = {'recall': len(found_sec) / len(delays) if delays else math.nan,
               'false_per_min': num_false / minutes if minutes else math.nan,
               'delay_median_sec': float(np.median(found_sec)) if found_sec else math.nan}
        figures[label] = {name: round_figure(value) for name, value in row.items()}
    return CurvePoint(factor=factor, settings=settings, figures=figures)
