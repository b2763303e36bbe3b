"""
Numbers that make a model's scores fit to act on, fitted on videos it was not trained on.

Layout legend: M clips, K classes.
"""

from dataclasses import dataclass

from imrs_ros.decision import softmax
import numpy as np
from numpy.typing import NDArray
import torch
from torch.nn import functional

SEARCH_RANGE = (0.05, 20.0)
NUM_CANDIDATES = 400
THRESHOLDS = np.round(np.arange(0.0, 1.0, 0.01), 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """What ``model.yaml`` keeps under ``calibration``."""

    temperature: float
    """Logits are divided by it before the softmax."""
    no_action_threshold: float | None
    """Probability of the best class that best tells actions from background; None where no
    background is known."""
    class_thresholds: dict[str, float]
    """For every class, the probability from which calling it is right most often (best F1)."""


NO_CALIBRATION = Calibration(temperature=1.0, no_action_threshold=None, class_thresholds={})
"""Of a model that no validation videos are known for."""


def calibrate(
    logits_MK: NDArray[np.float32], truth_M: NDArray[np.int64],
    background_MK: NDArray[np.float32] | None, labels: tuple[str, ...],
) -> Calibration:
    """
    Fit all of it.

    :param logits_MK: scores of clips of known classes, not trained on.
    :param truth_M: their classes.
    :param background_MK: scores of clips that show none of the classes, or None.
    :param labels: class names.
    :return: the calibration.
    """
    temperature = fit_temperature(logits_MK, truth_M)
    shown_MK = softmax_rows(logits_MK, temperature)
    empty_MK = (np.zeros((0, len(labels)), np.float32) if background_MK is None
                else softmax_rows(background_MK, temperature))
    return Calibration(
        temperature=temperature,
        no_action_threshold=None if background_MK is None else fit_no_action(
            shown_MK, truth_M, empty_MK),
        class_thresholds={label: fit_class_threshold(shown_MK, truth_M, empty_MK, k)
                          for k, label in enumerate(labels)})


def softmax_rows(logits_MK: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """
    Give calibrated probabilities of many clips.

    :param logits_MK: scores.
    :param temperature: above 0.
    :return: probabilities_MK.
    """
    return np.stack([softmax(logits_K, temperature) for logits_K in logits_MK])


def fit_temperature(logits_MK: NDArray[np.float32], labels_M: NDArray[np.int64]) -> float:
    """
    Find the temperature of least negative log-likelihood (Guo et al. 2017).

    :param logits_MK: scores of single clips.
    :param labels_M: their classes.
    :return: the temperature, to three digits.
    """
    logits, labels = torch.from_numpy(logits_MK), torch.from_numpy(labels_M)
    candidates = np.geomspace(*SEARCH_RANGE, NUM_CANDIDATES)
    losses = [float(functional.cross_entropy(logits / t, labels)) for t in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 3)


def fit_no_action(
    shown_MK: NDArray[np.float32], truth_M: NDArray[np.int64], empty_MK: NDArray[np.float32],
) -> float:
    """
    Find the threshold on the best class with the highest Youden index.

    That is the share of action clips that are named right and kept, less the share of background
    clips that are named at all (Youden 1950).

    :param shown_MK: probabilities of clips of known classes.
    :param truth_M: their classes.
    :param empty_MK: probabilities of background clips, at least one.
    :return: the threshold, to two digits.
    """
    right_M = shown_MK.argmax(axis=1) == truth_M
    kept = np.array([(right_M & (shown_MK.max(axis=1) >= t)).mean() for t in THRESHOLDS])
    named = np.array([(empty_MK.max(axis=1) >= t).mean() for t in THRESHOLDS])
    return float(THRESHOLDS[int(np.argmax(kept - named))])


def fit_class_threshold(
    shown_MK: NDArray[np.float32], truth_M: NDArray[np.int64], empty_MK: NDArray[np.float32],
    label: int,
) -> float:
    """
    Find the threshold of one class with the best F1, background counted as wrong.

    :param shown_MK: probabilities of clips of known classes.
    :param truth_M: their classes.
    :param empty_MK: probabilities of background clips; may be none.
    :param label: the class.
    :return: the threshold, to two digits; 0 where the class has no clip.
    """
    scores_M = np.concatenate([shown_MK, empty_MK])[:, label]
    is_label_M = np.concatenate([truth_M == label, np.zeros(len(empty_MK), bool)])
    named = np.array([scores_M >= t for t in THRESHOLDS])
    hits = (named & is_label_M).sum(axis=1)
    f1 = 2 * hits / np.maximum(named.sum(axis=1) + is_label_M.sum(), 1)
    return float(THRESHOLDS[int(np.argmax(f1))])
