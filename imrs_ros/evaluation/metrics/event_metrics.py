"""Figures of events: actions found, how late, and actions that were none."""

from collections.abc import Sequence
from dataclasses import dataclass

from imrs_ros.evaluation.ground_truth.segment import gaps, Segment
from imrs_ros.evaluation.metrics.segment_metrics import Matches
from imrs_ros.evaluation.metrics.track import SETTLE_NS, Track
import numpy as np


@dataclass(frozen=True, slots=True)
class DecidedAction(Segment):
    """A decided segment, and how sure its decision was."""

    confidence: float = 0.0


def events_of(track: Track) -> list[DecidedAction]:
    """
    Give the decided segments with the greatest confidence within each.

    :param track: any.
    :return: in order.
    """
    found = []
    for segment in track.decided():
        first, last = np.searchsorted(track.known_N, [segment.start_ns, segment.end_ns])
        found.append(DecidedAction(
            segment.start_ns, segment.end_ns, segment.label,
            float(track.confidences_N[first:max(last, first + 1)].max())))
    return found


def match_events(
    decided: Sequence[DecidedAction], shown: Sequence[Segment], min_iou: float,
) -> Matches:
    """
    Match one to one, the surest first, each to the best that is left.

    As detections are at a temporal intersection over union (Heilbron et al. 2015, "ActivityNet").

    :param decided: segments with confidence.
    :param shown: segments.
    :param min_iou: least intersection over union, above 0.
    :return: the counts; precision and recall are theirs.
    """
    left = list(shown)
    num_right = 0
    for event in sorted(decided, key=lambda e: (-e.confidence, e.start_ns)):
        fitting = [s for s in left if s.label == event.label and event.iou(s) >= min_iou]
        if fitting:
            left.remove(max(fitting, key=event.iou))
            num_right += 1
    return Matches(num_right, len(decided) - num_right, len(left))


def delays_ns(track: Track) -> list[tuple[Segment, int | None]]:
    """
    Give how long it took to the first right decision of every action.

    :param track: annotated.
    :return: each shown segment, and the time from its start to when its label was first known
        while it lasts; None where it never was.
    """
    decided = track.decided()
    found: list[tuple[Segment, int | None]] = []
    for shown in track.truth or ():
        starts = [max(0, d.start_ns - shown.start_ns) for d in decided
                  if d.label == shown.label and d.overlap_ns(shown) > 0]
        found.append((shown, min(starts, default=None)))
    return found


def false_actions(track: Track) -> list[Segment]:
    """
    Give the actions that were decided while none was shown.

    :param track: annotated.
    :return: decided segments that begin in unlabelled time, more than ``SETTLE_NS`` after an
        action: until then, the windows still show it.
    """
    quiet = _quiet(track)
    return [d for d in track.decided() if any(start <= d.start_ns < end for start, end in quiet)]


def quiet_sec(track: Track) -> float:
    """
    Give the time in which every action is a false one.

    :param track: annotated.
    :return: unlabelled time but for ``SETTLE_NS`` after each action, s.
    """
    return sum(end - start for start, end in _quiet(track)) / 1e9


def false_sec(track: Track) -> float:
    """
    Give how long an action was decided while none was shown.

    :param track: annotated.
    :return: the part of ``quiet_sec`` that decided segments cover, wherever they begin, s.
    """
    return sum(segment.overlap_ns(Segment(start, end, ''))
               for start, end in _quiet(track) for segment in track.decided()) / 1e9


def _quiet(track: Track) -> list[tuple[int, int]]:
    return gaps(track.truth or (), track.duration_ns, SETTLE_NS)


def num_changes(track: Track) -> int:
    """
    Count changes of the decided label.

    :param track: any.
    :return: beginnings of segments, and ends that no other segment follows at once.
    """
    decided = track.decided()
    ends = {segment.end_ns for segment in decided if segment.end_ns < track.duration_ns}
    return len({segment.start_ns for segment in decided} | ends)
