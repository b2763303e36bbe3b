# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A stretch of time with one action, annotated or decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from imrs_ros.records import NO_ACTION


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """From its start up to, not including, its end; times from the start of the recording."""

    start_ns: int
    end_ns: int
    label: str

    @property
    def sec(self) -> tuple[float, float]:
        """Start and end in seconds, to the millisecond."""
        return round(self.start_ns / 1e9, 3), round(self.end_ns / 1e9, 3)

    def overlap_ns(self, other: 'Segment') -> int:
        """
        Return how long two segments overlap.

        :param other: any segment.
        :return: nanoseconds, 0 if they do not overlap.
        """
        return max(0, min(self.end_ns, other.end_ns) - max(self.start_ns, other.start_ns))


def gaps(segments: Sequence[Segment], end_ns: int, settle_ns: int) -> list[tuple[int, int]]:
    """
    Return the time that no segment covers.

    :param segments: in order, without overlaps.
    :param end_ns: of the recording.
    :param settle_ns: left out after each segment.
    :return: start and end of every gap.
    """
    starts = [0, *(segment.end_ns + settle_ns for segment in segments)]
    ends = [*(segment.start_ns for segment in segments), end_ns]
    return [(start, end) for start, end in zip(starts, ends) if start < end]


def runs(
    times_ns: Sequence[int], labels: Sequence[str], end_ns: int, hold_ns: int | None = None,
) -> list[Segment]:
    """
    Join runs of equal labels to segments.

    :param times_ns: of the labels, rising.
    :param labels: one per time; ``NO_ACTION`` makes no segment.
    :param end_ns: when the last label ends at the latest.
    :param hold_ns: how long a label lasts without another; default: until the next one.
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
