"""
From the scores of successive windows to a label that behaviours can act on.

Layout legend: K classes.
"""

from collections.abc import Sequence
import math

from imrs_ros.records import Decision, Event, NO_ACTION, Scores
from imrs_ros.settings import DecisionSettings
import numpy as np
from numpy.typing import NDArray


def softmax(logits_K: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """
    Give calibrated probabilities (temperature scaling: Guo et al. 2017).

    :param logits_K: the model's scores.
    :param temperature: above 0; larger is less confident.
    :return: probabilities_K that sum to 1.
    """
    scaled = logits_K.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max())
    return (exponentials / exponentials.sum()).astype(np.float32)


class DecisionFilter:
    """
    Smoothing, hysteresis, minimum duration and no-action of one camera.

    All times are those of the stamps, so that a replay decides as the live run did.
    """

    def __init__(
        self, labels: Sequence[str], temperature: float, settings: DecisionSettings,
    ) -> None:
        """
        Start with no action decided.

        :param labels: class names in the order of the logits.
        :param temperature: the model's calibration.
        :param settings: thresholds and times.
        """
        self._labels = tuple(labels)
        self._temperature = temperature
        self._settings = settings
        self._label = NO_ACTION
        self._onset_ns = 0
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Forget the scores so far; the next window must earn its label anew."""
        self._smoothed_K: NDArray[np.float32] | None = None
        self._last_ns = 0
        self._candidate: str | None = None
        self._candidate_ns = 0
        self._is_fresh = True

    def update(self, scores: Scores) -> Decision:
        """
        Take the next window.

        :param scores: the model's scores; stamps rise between two resets. With a new epoch, all
            before it counts as ended: no action is decided, and nobody needs to be told.
        :return: what is decided now, and what changed.
        """
        if scores.epoch != self._epoch:
            self._epoch, self._label = scores.epoch, NO_ACTION
            self.reset()
        probabilities_K = softmax(scores.logits_K, self._temperature)
        smoothed_K = self._smooth(probabilities_K, scores.stamp_ns)
        before = self._label
        if self._is_fresh:
            self._label, self._onset_ns, self._is_fresh = NO_ACTION, scores.stamp_ns, False
        self._follow(self._target(smoothed_K), scores.stamp_ns)
        confidence = (1 - smoothed_K.max() if self._label == NO_ACTION
                      else smoothed_K[self._labels.index(self._label)])
        return Decision(
            scores=scores, probabilities_K=probabilities_K, label=self._label,
            confidence=float(confidence), onset_ns=self._onset_ns,
            event=_event(before, self._label))

    def _smooth(self, probabilities_K: NDArray[np.float32], stamp_ns: int) -> NDArray[np.float32]:
        """Average exponentially, by elapsed time instead of by number of windows."""
        if self._smoothed_K is None:
            self._smoothed_K = probabilities_K
        else:
            elapsed_sec = (stamp_ns - self._last_ns) / 1e9
            tau = self._settings.smoothing_sec
            share = 1.0 if tau == 0 else 1.0 - math.exp(-elapsed_sec / tau)
            self._smoothed_K = (
                self._smoothed_K + np.float32(share) * (probabilities_K - self._smoothed_K))
        self._last_ns = stamp_ns
        return self._smoothed_K

    def _target(self, smoothed_K: NDArray[np.float32]) -> str:
        """Give the label that the smoothed scores speak for, with hysteresis."""
        best = int(smoothed_K.argmax())
        if smoothed_K[best] >= self._settings.enter_threshold:
            return self._labels[best]
        if self._label != NO_ACTION:
            held = smoothed_K[self._labels.index(self._label)]
            if held >= self._settings.leave_threshold:
                return self._label
        return NO_ACTION

    def _follow(self, target: str, stamp_ns: int) -> None:
        """Decide the target once it has lasted long enough."""
        if target == self._label:
            self._candidate = None
            return
        if target != self._candidate:
            self._candidate, self._candidate_ns = target, stamp_ns
        if stamp_ns - self._candidate_ns >= self._settings.min_duration_sec * 1e9:
            self._label, self._onset_ns, self._candidate = target, self._candidate_ns, None


def _event(before: str, after: str) -> Event:
    if before == after:
        return Event.NONE
    if before == NO_ACTION:
        return Event.ONSET
    return Event.OFFSET if after == NO_ACTION else Event.CHANGE
