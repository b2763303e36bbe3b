# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""All figures of one or more tracks."""

from collections.abc import Iterable, Sequence
import math

from imrs_ros.evaluation.metrics.event_metrics import (
    background_sec, changes_ns, delays_ns, false_action_sec, false_actions, match_events)
from imrs_ros.evaluation.metrics.figure import EVENT_OVERLAPS, OVERLAPS, round_figure, Value
from imrs_ros.evaluation.metrics.frame_metrics import accuracy, average_precision, no_action_auroc
from imrs_ros.evaluation.metrics.segment_metrics import edit_score, match, Matches
from imrs_ros.evaluation.metrics.track import Track
import numpy as np


def figures(tracks: Sequence[Track]) -> dict[str, Value]:
    """
    Compute every figure over all windows and segments of some tracks.

    :param tracks: annotated; of others only windows and label changes count.
    :return: the rows of ``TRACK_FIGURES`` by name; None where one is undefined, as without
        any action.
    """
    annotated = [track for track in tracks if track.annotated is not None]
    minutes = sum(track.duration_ns for track in tracks) / 60e9
    precisions = average_precision(annotated)
    delays = all_delays_sec(annotated)
    background = sum(map(background_sec, annotated))
    num_actions = sum(len(t.annotated or ()) for t in annotated)
    num_false = sum(len(false_actions(track)) for track in annotated)
    found: dict[str, float] = {
        'frame_accuracy': accuracy(annotated),
        'settled_accuracy': accuracy(annotated, settled=True),
        'mean_ap': _mean([plain for plain, _ in precisions.values()]),
        'calibrated_map': _mean([calibrated for _, calibrated in precisions.values()]),
        'no_action_auroc': no_action_auroc(annotated)}
    for percent in OVERLAPS:
        found[f'f1@{percent}'] = _sum(
            match(t.decided, t.annotated or (), percent / 100) for t in annotated).f1
    found['edit'] = _mean([edit_score(t.decided, t.annotated or ()) for t in annotated])
    for percent in EVENT_OVERLAPS:
        events = _sum(match_events(t.decided, t.annotated or (), percent / 100)
                      for t in annotated)
        found[f'event_precision@{percent}'] = events.precision
        found[f'event_recall@{percent}'] = events.recall
    found |= {
        'num_actions': num_actions, 'num_found': len(delays),
        'recall': _ratio(len(delays), num_actions),
        'delay_median_sec': _percentile(delays, 50), 'delay_p95_sec': _percentile(delays, 95),
        'false_actions': num_false,
        'false_per_min': _ratio(60 * num_false, background),
        'false_time_share': _ratio(sum(map(false_action_sec, annotated)), background),
        'changes_per_min': _ratio(sum(len(changes_ns(track)) for track in tracks), minutes),
        'num_windows': sum(len(track.decided_labels) for track in tracks)}
    return {name: round_figure(value) for name, value in found.items()}


def all_delays_sec(tracks: Sequence[Track], label: str | None = None) -> list[float]:
    """
    Return the delays of all actions that were found.

    :param tracks: annotated.
    :param label: only of this class; default all.
    :return: seconds.
    """
    return [delay / 1e9 for t in tracks for segment, delay in delays_ns(t)
            if delay is not None and label in (None, segment.label)]


def per_class(tracks: Sequence[Track]) -> dict[str, dict[str, Value]]:
    """
    Compute the figures of every class that is annotated or decided.

    :param tracks: annotated.
    :return: the rows of ``CLASS_FIGURES`` by label, in the order of the model.
    """
    precisions = average_precision(tracks)
    false_labels = [segment.label for track in tracks for segment in false_actions(track)]
    table = {}
    for label in tracks[0].classes if tracks else ():
        annotated = [[s for s in t.annotated or () if s.label == label] for t in tracks]
        decided = [[s for s in t.decided if s.label == label] for t in tracks]
        if not any(annotated) and not any(decided):
            continue
        num_actions, delays = sum(map(len, annotated)), all_delays_sec(tracks, label)
        matches = _sum(match(d, a, 0.25) for d, a in zip(decided, annotated))
        plain, calibrated = precisions.get(label, (math.nan, math.nan))
        row = {
            'num_actions': num_actions, 'num_found': len(delays),
            'recall': _ratio(len(delays), num_actions),
            'average_precision': plain, 'calibrated_ap': calibrated, 'f1@25': matches.f1,
            'precision@25': matches.precision, 'recall@25': matches.recall,
            'delay_median_sec': _percentile(delays, 50),
            'false_actions': false_labels.count(label)}
        table[label] = {name: round_figure(value) for name, value in row.items()}
    return table


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else math.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _sum(matches: Iterable[Matches]) -> Matches:
    return sum(matches, Matches())
