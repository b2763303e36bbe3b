# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Figures of events: actions found, their delays, and false actions."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.segment_metrics import ious, Matches, overlaps_ns
from imrs_ros.evaluation.metrics.track import DecidedAction, Track


def matched_events(
    decided: Sequence[DecidedAction], annotated: Sequence[Segment], min_iou: float,
) -> list[int]:
    """
    Match one to one, the most confident first, each to the best that is left.

    As detections are at a temporal intersection over union (Heilbron et al. 2015, "ActivityNet").

    :param decided: segments with confidence.
    :param annotated: segments.
    :param min_iou: least intersection over union, above 0.
    :return: indices of the annotated segments that have a match.
    """
    if not decided or not annotated:
        return []
    ious_DA = ious(decided, annotated)
    found = []
    for d in sorted(range(len(decided)), key=lambda d: (-decided[d].confidence,
                                                        decided[d].start_ns)):
        best = int(ious_DA[d].argmax())
        if ious_DA[d, best] >= min_iou:
            ious_DA[:, best] = 0
            found.append(best)
    return found


def match_events(
    decided: Sequence[DecidedAction], annotated: Sequence[Segment], min_iou: float,
) -> Matches:
    """
    Count the matches of ``matched_events``.

    :param decided: segments with confidence.
    :param annotated: segments.
    :param min_iou: least intersection over union, above 0.
    :return: the counts, with their precision and recall.
    """
    return Matches.of(len(matched_events(decided, annotated, min_iou)), decided, annotated)


def delays_ns(track: Track) -> list[tuple[Segment, int | None]]:
    """
    Measure the time to the first right decision of every action.

    :param track: annotated.
    :return: each annotated segment, and the time from its start until its label was first known
        while it lasts; None if it never was.
    """
    starts = [d.start_ns for d in track.decided]
    ends = [d.end_ns for d in track.decided]
    found: list[tuple[Segment, int | None]] = []
    for segment in track.annotated or ():
        # Decided segments are in order, and do not overlap each other.
        overlapping = track.decided[bisect_right(ends, segment.start_ns):
                                    bisect_left(starts, segment.end_ns)]
        found.append((segment, next(
            (max(0, d.start_ns - segment.start_ns) for d in overlapping
             if d.label == segment.label and d.overlap_ns(segment) > 0), None)))
    return found


def false_actions(track: Track) -> list[DecidedAction]:
    """
    Return the actions that were decided in the background.

    :param track: annotated.
    :return: decided segments that start in ``Track.background``. Until an action has settled,
        windows still contain it, and deciding it is not false.
    """
    starts = [start for start, _ in track.background]
    before = [bisect_right(starts, d.start_ns) - 1 for d in track.decided]
    return [d for d, i in zip(track.decided, before)
            if i >= 0 and d.start_ns < track.background[i][1]]


def background_sec(track: Track) -> float:
    """
    Return the time in which every decided action is a false one.

    :param track: annotated.
    :return: the length of ``Track.background``, s.
    """
    return sum(end - start for start, end in track.background) / 1e9


def false_action_sec(track: Track) -> float:
    """
    Return how long actions were decided in the background.

    :param track: annotated.
    :return: the part of ``Track.background`` that decided segments cover, wherever they start, s.
    """
    background = [Segment(start, end, '') for start, end in track.background]
    return float(overlaps_ns(background, track.decided).sum()) / 1e9


def changes_ns(track: Track) -> set[int]:
    """
    Return when the decided label changes.

    :param track: any.
    :return: starts of segments, and ends that no other segment follows at once.
    """
    ends = {segment.end_ns for segment in track.decided if segment.end_ns < track.duration_ns}
    return {segment.start_ns for segment in track.decided} | ends
