# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What was decided for one camera of a recording, beside its annotations.

Layout legend: N windows, K classes.
"""

from dataclasses import dataclass
from functools import cached_property

from imrs_ros.evaluation.ground_truth.segment import gaps, runs, Segment
from imrs_ros.records import NO_ACTION
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DecidedAction(Segment):
    """A decided segment and the confidence of its decision."""

    confidence: float = 0.0


# Without slots: what is derived is cached, and computed once however many figures ask for it.
@dataclass(frozen=True, kw_only=True)
class Track:
    """One camera of one recording; all times count from the start of the recording."""

    classes: tuple[str, ...]
    """Of the model, in the order of K."""
    duration_ns: int
    """Of the recording."""
    hold_ns: int
    """How long a label lasts when no further window comes."""
    settle_ns: int
    """After a change of the annotated label: windows still contain what was before."""
    times_N: NDArray[np.int64]
    """Of the newest frame of every window, rising."""
    known_N: NDArray[np.int64]
    """When the decision was known; offline, the time of the frame itself."""
    probabilities_NK: NDArray[np.float32]
    """Calibrated, of every window alone."""
    decided_labels: tuple[str, ...]
    """Decided after every window."""
    confidences_N: NDArray[np.float64]
    """Of the decided labels."""
    annotated: tuple[Segment, ...] | None = None
    """Annotated actions, in order; None if the recording is not annotated."""
    has_scores: bool = True
    """Whether the probabilities are known; a live node publishes only what it decided on people,
    and all of them are 0 then."""

    @cached_property
    def decided(self) -> tuple[DecidedAction, ...]:
        """
        Decided actions in order, each with its greatest confidence.

        They start when they were known; one that the recording, or a gap in it, cuts off ends
        there.
        """
        end_ns = max(self.duration_ns, int(self.known_N[-1]) if len(self.known_N) else 0)
        segments = runs(self.known_N.tolist(), self.decided_labels, end_ns, self.hold_ns)
        starts = np.searchsorted(self.known_N, [s.start_ns for s in segments])
        ends = np.searchsorted(self.known_N, [s.end_ns for s in segments])
        return tuple(
            DecidedAction(s.start_ns, s.end_ns, s.label,
                          float(self.confidences_N[first:max(last, first + 1)].max()))
            for s, first, last in zip(segments, starts, ends))

    @cached_property
    def annotated_labels(self) -> NDArray[np.str_]:
        """Annotated label of every window's newest frame; ``NO_ACTION`` in the background."""
        labels_N = np.full(len(self.times_N), NO_ACTION, object)
        for segment in self.annotated or ():
            first, last = np.searchsorted(self.times_N, [segment.start_ns, segment.end_ns])
            labels_N[first:last] = segment.label
        return labels_N.astype(str)

    @cached_property
    def is_settled_N(self) -> NDArray[np.bool_]:
        """Whether each window is at least ``settle_ns`` after the last annotated change."""
        is_settled_N = np.ones(len(self.times_N), bool)
        for segment in self.annotated or ():
            for change_ns in (segment.start_ns, segment.end_ns):
                first, last = np.searchsorted(
                    self.times_N, [change_ns, change_ns + self.settle_ns])
                is_settled_N[first:last] = False
        return is_settled_N

    @cached_property
    def background(self) -> list[tuple[int, int]]:
        """Time without annotation, less ``settle_ns`` after actions: pairs of start and end."""
        return gaps(self.annotated or (), self.duration_ns, self.settle_ns)
