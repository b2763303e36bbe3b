"""A stretch of time that shows, or is said to show, one action."""

from collections.abc import Sequence
from dataclasses import dataclass

from imrs_ros.records import NO_ACTION


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """From its start up to, but not at, its end; times since the start of the recording."""

    start_ns: int
    end_ns: int
    label: str

    @property
    def sec(self) -> tuple[float, float]:
        """Give start and end in seconds, to the millisecond."""
        return round(self.start_ns / 1e9, 3), round(self.end_ns / 1e9, 3)

    def overlap_ns(self, other: 'Segment') -> int:
        """
        Give how long both last at once.

        :param other: any.
        :return: nanoseconds, 0 where they do not meet.
        """
        return max(0, min(self.end_ns, other.end_ns) - max(self.start_ns, other.start_ns))

    def iou(self, other: 'Segment') -> float:
        """
        Give temporal intersection over union.

        :param other: any.
        :return: in [0, 1]; labels do not count.
        """
        both = self.overlap_ns(other)
        either = self.end_ns - self.start_ns + other.end_ns - other.start_ns - both
        return both / either if either else 0.0


def gaps(segments: Sequence[Segment], end_ns: int, settle_ns: int) -> list[tuple[int, int]]:
    """
    Give the time that no segment covers.

    :param segments: in order, without overlaps.
    :param end_ns: of the recording.
    :param settle_ns: left out after each segment.
    :return: starts and ends of the stretches that remain.
    """
    starts = [0, *(segment.end_ns + settle_ns for segment in segments)]
    ends = [*(segment.start_ns for segment in segments), end_ns]
    return [(start, end) for start, end in zip(starts, ends) if start < end]


def runs(
    times_ns: Sequence[int], labels: Sequence[str], end_ns: int, hold_ns: int | None = None,
) -> list[Segment]:
    """
    Join labels over time to segments.

    :param times_ns: when each label was given, rising.
    :param labels: one a time; ``NO_ACTION`` makes no segment.
    :param end_ns: when the last label ends at the latest.
    :param hold_ns: how long a label lasts without another; default as long as there is none.
    :return: segments in order.
    """
    found: list[Segment] = []
    is_open = False
    for now, after, label in zip(times_ns, [*times_ns[1:], end_ns], labels):
        end = after if hold_ns is None else min(after, now + hold_ns)
        if is_open and found[-1].label == label:
            found[-1] = Segment(found[-1].start_ns, end, label)
        elif label != NO_ACTION:
            found.append(Segment(now, end, label))
        is_open = label != NO_ACTION and end == after
    return found
