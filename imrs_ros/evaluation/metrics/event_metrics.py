# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Figures of events: actions found, their delays, and false actions."""

from collections.abc import Sequence

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.segment_metrics import ious, Matches, overlaps_ns
from imrs_ros.evaluation.metrics.track import DecidedAction, Track


def match_events(
    decided: Sequence[DecidedAction], annotated: Sequence[Segment], min_iou: float,
) -> Matches:
    """
    Match one to one, the most confident first, each to the best that is left.

    As detections are at a temporal intersection over union (Heilbron et al. 2015, "ActivityNet").

    :param decided: segments with confidence.
    :param annotated: segments.
    :param min_iou: least intersection over union, above 0.
    :return: the counts, with their precision and recall.
    """
    if not decided or not annotated:
        return Matches(0, len(decided), len(annotated))
    ious_DA = ious(decided, annotated)
    num_right = 0
    for d in sorted(range(len(decided)), key=lambda d: (-decided[d].confidence,
                                                        decided[d].start_ns)):
        best = ious_DA[d].argmax()
        if ious_DA[d, best] >= min_iou:
            ious_DA[:, best] = 0
            num_right += 1
    return Matches(num_right, len(decided) - num_right, len(annotated) - num_right)


def delays_ns(track: Track) -> list[tuple[Segment, int | None]]:
    """
    Measure the time to the first right decision of every action.

    :param track: annotated.
    :return: each annotated segment, and the time from its start until its label was first known
        while it lasts; None if it never was.
    """
    found: list[tuple[Segment, int | None]] = []
    for segment in track.annotated or ():
        starts = [max(0, d.start_ns - segment.start_ns) for d in track.decided
                  if d.label == segment.label and d.overlap_ns(segment) > 0]
        found.append((segment, min(starts, default=None)))
    return found


def false_actions(track: Track) -> list[DecidedAction]:
    """
    Return the actions that were decided in the background.

    :param track: annotated.
    :return: decided segments that start in ``Track.background``. Until an action has settled,
        windows still contain it, and deciding it is not false.
    """
    return [d for d in track.decided
            if any(start <= d.start_ns < end for start, end in track.background)]


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


def num_changes(track: Track) -> int:
    """
    Count changes of the decided label.

    :param track: any.
    :return: starts of segments, and ends that no other segment follows at once.
    """
    ends = {segment.end_ns for segment in track.decided if segment.end_ns < track.duration_ns}
    return len({segment.start_ns for segment in track.decided} | ends)
