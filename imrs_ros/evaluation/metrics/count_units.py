# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Tracks divided into units, and all that is counted in each.

Layout legend: U units.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.event_metrics import (
    changes_ns, delays_ns, false_actions, matched_events)
from imrs_ros.evaluation.metrics.figure import EVENT_OVERLAPS, OVERLAPS
from imrs_ros.evaluation.metrics.segment_metrics import matched, overlaps_ns
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.metrics.units import MAX_BACKGROUND_SEC, UnitCounts, UnitKey, Units
import numpy as np

CLASS_SUMS = ('num_actions', 'num_found', 'num_decided', 'right@25')
"""What is counted for each class, too."""
SUMS = (*CLASS_SUMS, *(f'right@{overlap}' for overlap in OVERLAPS if overlap != 25),
        *(f'event_right@{overlap}' for overlap in EVENT_OVERLAPS),
        'false_actions', 'background_sec', 'false_sec', 'num_changes', 'duration_sec',
        'num_windows', 'num_right', 'num_settled', 'num_settled_right')
"""What is counted in every unit."""
DELAY = 'delay_sec'

_Tally = list[tuple[int, float, str]]
"""Unit, amount and class of all that has one name."""


def count_units(recordings: Sequence[tuple[str, Sequence[Track]]]) -> Units:
    """
    Divide annotated tracks into units, and count.

    :param recordings: name and tracks of each. Those without annotations are left out, and then
        label changes, too, whose figure is of all tracks.
    :return: the units, by rising time in each recording.
    """
    index: dict[tuple[int, UnitKey], int] = {}
    names = set(SUMS)
    tallies: dict[str, _Tally] = {name: [] for name in (*SUMS, DELAY)}
    for number, (name, tracks) in enumerate(recordings):
        for track in tracks:
            if track.annotated is None:
                names.discard('num_changes')
                continue
            segments = divide(track)
            units = [index.setdefault((number, (name, *s.sec, s.label)), len(index))
                     for s in segments]
            starts = [s.start_ns for s in segments]
            for counted, time_ns, amount, label in _events(track, segments):
                unit = units[max(0, bisect_right(starts, time_ns) - 1)]
                tallies[counted].append((unit, amount, label))
    classes = next((track.classes for _, tracks in recordings for track in tracks), ())
    seen = {label for name in ('num_actions', 'num_decided') for *_, label in tallies[name]}
    return Units(
        keys=[key for _, key in index], total=_counts(
            tallies, [name for name in SUMS if name in names], len(index)),
        by_class={label: _counts(tallies, CLASS_SUMS, len(index), label)
                  for label in classes if label in seen})


def divide(track: Track) -> list[Segment]:
    """
    Divide a track into units.

    Settling does not matter here: models with other windows have the same units.

    :param track: annotated.
    :return: units without gaps or overlaps, at least one; each with the label of the action that
        ends it, or without one.
    """
    found: list[Segment] = []
    now_ns, most_ns = 0, MAX_BACKGROUND_SEC * 10**9
    end = Segment(track.duration_ns, track.duration_ns, '')
    for segment in (*(track.annotated or ()), end):
        while segment.start_ns - now_ns > most_ns:
            found.append(Segment(now_ns, now_ns + most_ns, ''))
            now_ns += most_ns
        if segment.end_ns > now_ns or not found:
            found.append(Segment(now_ns, segment.end_ns, segment.label))
        now_ns = segment.end_ns
    return found


def _events(track: Track, segments: Sequence[Segment]) -> Iterator[tuple[str, int, float, str]]:
    """Yield all that is counted: name, time, ns, amount, and class where it has one."""
    yield from _actions(track)
    for time_ns in changes_ns(track):
        yield 'num_changes', time_ns, 1, ''
    for segment in segments:
        yield 'duration_sec', segment.start_ns, (segment.end_ns - segment.start_ns) / 1e9, ''
    cuts = [segment.start_ns for segment in segments]
    background = [Segment(a, b, '') for start, end in track.background for a, b in pairwise(
        [start, *cuts[bisect_right(cuts, start):bisect_left(cuts, end)], end])]
    covered_ns = overlaps_ns(background, track.decided).sum(1)
    for segment, false_ns in zip(background, covered_ns.tolist()):
        yield 'background_sec', segment.start_ns, (segment.end_ns - segment.start_ns) / 1e9, ''
        yield 'false_sec', segment.start_ns, false_ns / 1e9, ''
    is_right_N = np.array(track.decided_labels, str) == track.annotated_labels
    for name, amounts_N in (
            ('num_windows', np.ones(len(is_right_N))), ('num_right', is_right_N),
            ('num_settled', track.is_settled_N),
            ('num_settled_right', is_right_N & track.is_settled_N)):
        for time_ns, amount in zip(track.times_N.tolist(), amounts_N.tolist()):
            yield name, time_ns, amount, ''


def _actions(track: Track) -> Iterator[tuple[str, int, float, str]]:
    """Yield what is counted of annotated actions, at their starts, and of decided ones."""
    annotated = track.annotated or ()
    for segment, delay_ns in delays_ns(track):
        yield 'num_actions', segment.start_ns, 1, segment.label
        if delay_ns is not None:
            yield 'num_found', segment.start_ns, 1, segment.label
            yield DELAY, segment.start_ns, delay_ns / 1e9, segment.label
    for names, overlaps, matches in (('right', OVERLAPS, matched),
                                     ('event_right', EVENT_OVERLAPS, matched_events)):
        for overlap in overlaps:
            for i in matches(track.decided, annotated, overlap / 100):
                yield f'{names}@{overlap}', annotated[i].start_ns, 1, annotated[i].label
    for decided in track.decided:
        yield 'num_decided', decided.start_ns, 1, decided.label
    for wrong in false_actions(track):
        yield 'false_actions', wrong.start_ns, 1, wrong.label


def _counts(tallies: Mapping[str, _Tally], names: Sequence[str], num_units: int,
            label: str | None = None) -> UnitCounts:
    """Return the counts of every unit, of a class or of all."""
    def column(name: str) -> tuple[list[int], list[float]]:
        rows = [row for row in tallies[name] if label in (None, row[2])]
        return [unit for unit, *_ in rows], [amount for _, amount, _ in rows]
    sums = {name: np.bincount(np.array(units, np.int64), amounts, num_units).astype(np.float64)
            for name in names for units, amounts in [column(name)]}
    units, delays = column(DELAY)
    return UnitCounts(sums=sums, delays_sec=np.array(delays, float),
                      delay_units=np.array(units, np.int64))
