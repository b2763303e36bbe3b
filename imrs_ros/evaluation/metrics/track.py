"""
What the recogniser made of one camera of a recording, beside what it showed.

Layout legend: N windows, K classes.
"""

from dataclasses import dataclass

from imrs_ros.evaluation.ground_truth.segment import runs, Segment
from imrs_ros.records import NO_ACTION
import numpy as np
from numpy.typing import NDArray

SETTLE_NS = 1_000_000_000
"""After a change of what is shown, in which windows still hold what was before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One camera of one recording; all times are since the start of the recording."""

    classes: tuple[str, ...]
    """Of the model, in the order of K."""
    duration_ns: int
    """Of the recording."""
    hold_ns: int
    """How long a label lasts when no further window comes."""
    times_N: NDArray[np.int64]
    """Of the newest frame of every window, rising."""
    known_N: NDArray[np.int64]
    """When the decision was known; offline, the time of the frame itself."""
    probabilities_NK: NDArray[np.float32]
    """Calibrated, of every window alone."""
    labels: tuple[str, ...]
    """Decided after every window."""
    confidences_N: NDArray[np.float64]
    """Of the decided labels."""
    truth: tuple[Segment, ...] | None = None
    """What is shown, in order; None where nobody said."""

    def decided(self) -> list[Segment]:
        """
        Give what was decided over time.

        :return: actions from when they were known, in order; one that the recording, or a gap in
            it, cuts off ends there.
        """
        end_ns = max(self.duration_ns, int(self.known_N[-1]) if len(self.known_N) else 0)
        return runs(self.known_N.tolist(), self.labels, end_ns, self.hold_ns)

    def shown(self) -> list[str]:
        """
        Give what every window's newest frame shows.

        :return: labels, ``NO_ACTION`` where no action is annotated.
        """
        labels = [NO_ACTION] * len(self.times_N)
        for segment in self.truth or ():
            for i in range(*np.searchsorted(self.times_N, [segment.start_ns, segment.end_ns])):
                labels[i] = segment.label
        return labels

    def settled(self) -> NDArray[np.bool_]:
        """
        Tell which windows are more than ``SETTLE_NS`` after a change of what is shown.

        :return: one truth value a window.
        """
        settled_N = np.ones(len(self.times_N), bool)
        for segment in self.truth or ():
            for change_ns in (segment.start_ns, segment.end_ns):
                settled_N &= ~((self.times_N >= change_ns)
                               & (self.times_N < change_ns + SETTLE_NS))
        return settled_N
