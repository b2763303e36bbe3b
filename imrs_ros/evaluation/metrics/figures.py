"""All figures of one or more tracks."""

from collections.abc import Iterable, Sequence
import math

from imrs_ros.evaluation.metrics.event_metrics import (
    delays_ns, events_of, false_actions, false_sec, match_events, num_changes, quiet_sec)
from imrs_ros.evaluation.metrics.frame_metrics import accuracy, average_precision, no_action_auroc
from imrs_ros.evaluation.metrics.segment_metrics import edit_score, match, Matches
from imrs_ros.evaluation.metrics.track import Track
import numpy as np

OVERLAPS = (10, 25, 50)
"""Of segmental F1, in percent, as in Lea et al. 2017."""
EVENT_OVERLAPS = (30, 50, 70)
"""Of event precision and recall, in percent."""
DIGITS = 4


def figures(tracks: Sequence[Track]) -> dict[str, float | int | None]:
    """
    Compute every figure over all windows and segments of some tracks.

    :param tracks: annotated ones; of others only the changes of label count.
    :return: figures by name; None where one is not defined, as without any action.
    """
    annotated = [track for track in tracks if track.truth is not None]
    minutes = sum(track.duration_ns for track in tracks) / 60e9
    precisions = average_precision(annotated)
    delays = all_delays_sec(annotated)
    quiet = sum(map(quiet_sec, annotated))
    num_false = sum(len(false_actions(track)) for track in annotated)
    found: dict[str, float] = {
        'frame_accuracy': accuracy(annotated),
        'settled_accuracy': accuracy(annotated, settled=True),
        'mean_ap': _mean([plain for plain, _ in precisions.values()]),
        'calibrated_map': _mean([calibrated for _, calibrated in precisions.values()]),
        'no_action_auroc': no_action_auroc(annotated)}
    decided = {id(track): events_of(track) for track in annotated}
    for percent in OVERLAPS:
        found[f'f1@{percent}'] = _sum(
            match(decided[id(t)], t.truth or (), percent / 100) for t in annotated).f1
    found['edit'] = _mean([edit_score(decided[id(t)], t.truth or ()) for t in annotated])
    for percent in EVENT_OVERLAPS:
        events = _sum(match_events(decided[id(t)], t.truth or (), percent / 100)
                      for t in annotated)
        found[f'event_precision@{percent}'] = events.precision
        found[f'event_recall@{percent}'] = events.recall
    found |= {
        'num_actions': sum(len(t.truth or ()) for t in annotated),
        'num_found': len(delays),
        'delay_median_sec': float(np.median(delays)) if delays else math.nan,
        'delay_p95_sec': float(np.percentile(delays, 95)) if delays else math.nan,
        'false_actions': num_false,
        'false_per_min': 60 * num_false / quiet if quiet else math.nan,
        'false_time_share': sum(map(false_sec, annotated)) / quiet if quiet else math.nan,
        'changes_per_min': sum(map(num_changes, tracks)) / minutes if minutes else math.nan,
        'num_windows': sum(len(track.labels) for track in tracks)}
    return {name: plain(value) for name, value in found.items()}


def all_delays_sec(tracks: Sequence[Track]) -> list[float]:
    """
    Give the delays of all actions that were found.

    :param tracks: annotated.
    :return: seconds.
    """
    return [delay / 1e9 for t in tracks for _, delay in delays_ns(t) if delay is not None]


def per_class(tracks: Sequence[Track]) -> dict[str, dict[str, float | int | None]]:
    """
    Compute the figures of every class that is shown or decided.

    :param tracks: annotated.
    :return: figures by label, in the order of the model.
    """
    precisions = average_precision(tracks)
    table = {}
    for label in tracks[0].classes if tracks else ():
        shown = [[s for s in t.truth or () if s.label == label] for t in tracks]
        decided = [[s for s in t.decided() if s.label == label] for t in tracks]
        if not any(shown) and not any(decided):
            continue
        delays = [delay / 1e9 for t in tracks for s, delay in delays_ns(t)
                  if s.label == label and delay is not None]
        matches = _sum(match(d, s, 0.25) for d, s in zip(decided, shown))
        ap = precisions.get(label, (math.nan, math.nan))
        row = {
            'num_actions': sum(map(len, shown)), 'num_found': len(delays),
            'average_precision': ap[0], 'calibrated_ap': ap[1], 'f1@25': matches.f1,
            'precision@25': matches.precision, 'recall@25': matches.recall,
            'delay_median_sec': float(np.median(delays)) if delays else math.nan,
            'false_actions': sum(s.label == label for t in tracks for s in false_actions(t))}
        table[label] = {name: plain(value) for name, value in row.items()}
    return table


def plain(value: float) -> float | int | None:
    """
    Give a figure as JSON holds it.

    :param value: any number.
    :return: rounded to ``DIGITS``; None for nan.
    """
    if isinstance(value, int):
        return int(value)
    return None if math.isnan(value) else round(float(value), DIGITS)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _sum(matches: Iterable[Matches]) -> Matches:
    return sum(matches, Matches())
