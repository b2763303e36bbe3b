# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Calibrate a model's scores on videos that it was not trained on.

Layout legend: M clips, K classes, T thresholds.
"""

from dataclasses import dataclass

from imrs_ros.decision import softmax
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
import torch
from torch.nn import functional

TEMPERATURES = np.geomspace(0.05, 20.0, 400)
THRESHOLDS_T = np.round(np.arange(0.0, 1.0, 0.01), 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The entry ``calibration`` of ``model.yaml``."""

    temperature: float
    """Logits are divided by it before the softmax."""
    no_action_threshold: float | None
    """Probability of the best class that best separates actions from background; None if no
    background is known."""
    class_thresholds: dict[str, float]
    """For each class, the threshold on its probability with the best F1."""


NO_CALIBRATION = Calibration(temperature=1.0, no_action_threshold=None, class_thresholds={})
"""Of a model without validation videos."""


def calibrate(
    logits_MK: NDArray[np.float32], truth_M: NDArray[np.int64],
    background_MK: NDArray[np.float32] | None, labels: tuple[str, ...],
) -> Calibration:
    """
    Fit the temperature and all thresholds.

    :param logits_MK: scores of clips of known classes, not trained on.
    :param truth_M: their classes.
    :param background_MK: scores of background clips, or None.
    :param labels: class names.
    :return: the calibration.
    """
    temperature = fit_temperature(logits_MK, truth_M)
    action_MK = softmax(logits_MK, temperature)
    empty_MK = action_MK[:0] if background_MK is None else softmax(background_MK, temperature)
    thresholds_K = fit_class_thresholds(action_MK, truth_M, empty_MK)
    return Calibration(
        temperature=temperature,
        no_action_threshold=(
            fit_no_action(action_MK, truth_M, empty_MK) if len(empty_MK) else None),
        class_thresholds=dict(zip(labels, thresholds_K.tolist(), strict=True)))


def fit_temperature(logits_MK: NDArray[np.float32], truth_M: NDArray[np.int64]) -> float:
    """
    Return the temperature with the least negative log-likelihood (Guo et al. 2017).

    :param logits_MK: scores of single clips.
    :param truth_M: their classes.
    :return: the temperature, to three digits.
    """
    logits, truth = torch.from_numpy(logits_MK), torch.from_numpy(truth_M)
    losses = [float(functional.cross_entropy(logits / t, truth)) for t in TEMPERATURES]
    return round(float(TEMPERATURES[np.argmin(losses)]), 3)


def fit_no_action(
    action_MK: NDArray[np.float32], truth_M: NDArray[np.int64], empty_MK: NDArray[np.float32],
) -> float:
    """
    Return the threshold on the best class with the highest Youden index (Youden 1950).

    Here it is the share of action clips that keep their right label, less the share of background
    clips that get any.

    :param action_MK: probabilities of clips of known classes.
    :param truth_M: their classes.
    :param empty_MK: probabilities of background clips, at least one.
    :return: the threshold, to two digits.
    """
    right_M = action_MK.argmax(axis=1) == truth_M
    kept_T = [(right_M & (action_MK.max(axis=1) >= t)).mean() for t in THRESHOLDS_T]
    false_T = [(empty_MK.max(axis=1) >= t).mean() for t in THRESHOLDS_T]
    return float(THRESHOLDS_T[np.subtract(kept_T, false_T).argmax()])


def fit_class_thresholds(
    action_MK: NDArray[np.float32], truth_M: NDArray[np.int64], empty_MK: NDArray[np.float32],
) -> NDArray[np.float64]:
    """
    Return the threshold of each class with the best F1; background clips count as negatives.

    :param action_MK: probabilities of clips of known classes.
    :param truth_M: their classes.
    :param empty_MK: probabilities of background clips; may be none.
    :return: thresholds_K, to two digits; 0 where a class has no clip.
    """
    num_classes = action_MK.shape[1]
    scores_MK = np.concatenate([action_MK, empty_MK])
    truth_MK = np.concatenate([np.eye(num_classes, dtype=bool)[truth_M],
                               np.zeros(empty_MK.shape, bool)])
    f1_TK = [f1_score(truth_MK, scores_MK >= t, average=None, zero_division=0)
             for t in THRESHOLDS_T]
    thresholds_K: NDArray[np.float64] = THRESHOLDS_T[np.argmax(f1_TK, axis=0)]
    return thresholds_K
