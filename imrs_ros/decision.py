# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Turn the scores of successive windows into a label that behaviours can act on.

Layout legend: K classes, L logits: one for each class, and the last for none of them where the
model has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
import math

from imrs_ros.records import Decision, Event, NO_ACTION, Scores
from imrs_ros.settings import DecisionSettings, OperatingPoint
import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """
    Return calibrated probabilities (temperature scaling: Guo et al. 2017).

    :param logits: the model's scores; classes on the last axis.
    :param temperature: above 0; larger is less confident.
    :return: probabilities of the same shape; those of all classes sum to 1.
    """
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float32)


class DecisionFilter:
    """
    Smoothing, hysteresis, minimum duration and ``no_action`` of one camera.

    All times are taken from the stamps, so that a replay decides as the live run did.
    """

    def __init__(
        self, labels: Sequence[str], temperature: float, settings: DecisionSettings,
        operating_point: OperatingPoint | None = None,
    ) -> None:
        """
        Start with no action decided.

        :param labels: class names in the order of the logits.
        :param temperature: calibration of the model.
        :param settings: thresholds and times.
        :param operating_point: the model's thresholds, where the settings give none; default
            ``OperatingPoint()``.
        :raises SettingsError: if the settings name a class that is not among the labels.
        """
        self._labels = tuple(labels)
        self._temperature = temperature
        self._operating_point = operating_point or OperatingPoint()
        self._label = NO_ACTION
        self._onset_ns = 0
        self._epoch = 0
        self.change(settings)
        self.reset()

    def change(self, settings: DecisionSettings) -> None:
        """
        Apply new settings from the next window on; past scores still count.

        :param settings: thresholds and times.
        :raises SettingsError: if they name a class that is not among the labels, or contradict
            the model's thresholds.
        """
        settings.check_labels(self._labels)
        settings = settings.at(self._operating_point)
        enabled = settings.enabled_classes or self._labels
        enter_K = np.array([
            settings.class_thresholds.get(label, settings.enter_threshold)
            for label in self._labels])
        leave_K = enter_K * (settings.leave_threshold / settings.enter_threshold)
        # No probability reaches the thresholds of a disabled class.
        disabled_K = np.array([label not in enabled for label in self._labels])
        enter_K[disabled_K] = leave_K[disabled_K] = math.inf
        self._rules = _Rules(settings, enter_K, leave_K)

    def reset(self) -> None:
        """Discard past scores; the next window decides from scratch."""
        self._smoothed_K: NDArray[np.float32] | None = None
        self._last_ns = 0
        self._candidate: str | None = None
        self._candidate_ns = 0
        self._is_fresh = True

    def update(self, scores: Scores) -> Decision:
        """
        Add the scores of the next window.

        :param scores: the scores; stamps must rise between two resets. A new epoch means that
            the action was already ended elsewhere: the state is reset without an event.
        :return: the decision, and how it differs from the previous one.
        """
        rules = self._rules
        if scores.epoch != self._epoch:
            self._epoch, self._label = scores.epoch, NO_ACTION
            self.reset()
        probabilities_K = self._probabilities(scores)
        smoothed_K = self._smooth(probabilities_K, scores.stamp_ns, rules.settings.smoothing_sec)
        before = self._label
        if self._is_fresh:
            self._label, self._onset_ns, self._is_fresh = NO_ACTION, scores.stamp_ns, False
        self._follow(self._target(smoothed_K, rules), scores.stamp_ns,
                     rules.settings.min_duration_sec)
        confidence = (1 - smoothed_K.max() if self._label == NO_ACTION
                      else smoothed_K[self._labels.index(self._label)])
        return Decision(
            scores=scores, probabilities_K=probabilities_K, label=self._label,
            confidence=float(confidence), onset_ns=self._onset_ns,
            event=_event(before, self._label))

    def _probabilities(self, scores: Scores) -> NDArray[np.float32]:
        """Return calibrated probabilities of the classes; all are 0 for a still scene."""
        if scores.logits_L is None:
            return np.zeros(len(self._labels), np.float32)
        return softmax(scores.logits_L, self._temperature)[:len(self._labels)]

    def _smooth(self, probabilities_K: NDArray[np.float32], stamp_ns: int, tau_sec: float,
                ) -> NDArray[np.float32]:
        """Average exponentially over elapsed time, not over the number of windows."""
        if self._smoothed_K is None:
            self._smoothed_K = probabilities_K
        else:
            elapsed_sec = (stamp_ns - self._last_ns) / 1e9
            share = 1.0 if tau_sec == 0 else 1.0 - math.exp(-elapsed_sec / tau_sec)
            self._smoothed_K = (
                self._smoothed_K + np.float32(share) * (probabilities_K - self._smoothed_K))
        self._last_ns = stamp_ns
        return self._smoothed_K

    def _target(self, smoothed_K: NDArray[np.float32], rules: '_Rules') -> str:
        """Return the label that the smoothed probabilities support, with hysteresis."""
        entered_K = np.where(smoothed_K >= rules.enter_K, smoothed_K, -1)
        best = int(entered_K.argmax())
        if entered_K[best] >= 0:
            return self._labels[best]
        if self._label != NO_ACTION:
            held = self._labels.index(self._label)
            if smoothed_K[held] >= rules.leave_K[held]:
                return self._label
        return NO_ACTION

    def _follow(self, target: str, stamp_ns: int, min_duration_sec: float) -> None:
        """Decide the target once it has lasted long enough."""
        if target == self._label:
            self._candidate = None
            return
        if target != self._candidate:
            self._candidate, self._candidate_ns = target, stamp_ns
        if stamp_ns - self._candidate_ns >= min_duration_sec * 1e9:
            self._label, self._onset_ns, self._candidate = target, self._candidate_ns, None


@dataclass(frozen=True, slots=True)
class _Rules:
    """Settings and what is derived from them, replaced as one: another thread may do so."""

    settings: DecisionSettings
    enter_K: NDArray[np.float64]
    leave_K: NDArray[np.float64]


def _event(before: str, after: str) -> Event:
    if before == after:
        return Event.NONE
    if before == NO_ACTION:
        return Event.ONSET
    return Event.OFFSET if after == NO_ACTION else Event.CHANGE
