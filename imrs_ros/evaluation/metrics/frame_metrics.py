# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Figures of single windows: each counts as one frame, its newest.

Layout legend: N windows, K classes.
"""

from collections.abc import Sequence

from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.records import NO_ACTION
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score


def accuracy(tracks: Sequence[Track], *, settled: bool = False) -> float:
    """
    Return the fraction of windows whose decided label is that of their newest frame.

    :param tracks: annotated; no action is a label, too.
    :param settled: leave out the windows that have not settled after an annotated change.
    :return: in [0, 1]; nan without windows.
    """
    right = [np.array(t.decided_labels, str) == t.annotated_labels for t in tracks]
    if settled:
        right = [one[track.is_settled_N] for one, track in zip(right, tracks)]
    joined = np.concatenate([*right, np.zeros(0, bool)])
    return float(joined.mean()) if len(joined) else float('nan')


def average_precision(tracks: Sequence[Track]) -> dict[str, tuple[float, float]]:
    """
    Compute the average precision of every class over windows, plain and calibrated.

    Windows are ranked by the probability of the class. Calibrated average precision (De Geest et
    al. 2016, "Online Action Detection", equation 2) weighs every negative by 1/w, with w the
    ratio of negatives to positives, so that rare and common actions compare.

    :param tracks: annotated.
    :return: plain and calibrated average precision by label, for the annotated labels.
    """
    probabilities_NK, annotated_N = _joined(tracks)
    found = {}
    for k, label in enumerate(tracks[0].classes if tracks else ()):
        is_positive_N = annotated_N == label
        num_positive = int(is_positive_N.sum())
        if not num_positive:
            continue
        ratio = (len(annotated_N) - num_positive) / num_positive
        # The weights of both may be multiplied by w: negatives 1, positives w.
        weights_N = np.where(is_positive_N, ratio or 1.0, 1.0)
        scores_N = probabilities_NK[:, k]
        found[label] = (
            float(average_precision_score(is_positive_N, scores_N)),
            float(average_precision_score(is_positive_N, scores_N, sample_weight=weights_N)))
    return found


def no_action_auroc(tracks: Sequence[Track]) -> float:
    """
    Measure how well the best probability separates actions from background.

    :param tracks: annotated.
    :return: area under the ROC curve (Fawcett 2006): the chance that a window of an action has a
        greater best probability than one of the background; nan unless both occur.
    """
    probabilities_NK, annotated_N = _joined(tracks)
    is_action_N = annotated_N != NO_ACTION
    if is_action_N.all() or not is_action_N.any():
        return float('nan')
    return float(roc_auc_score(is_action_N, probabilities_NK.max(1)))


def confusion(tracks: Sequence[Track], classes: Sequence[str]) -> list[list[int]]:
    """
    Count windows by annotated and decided label.

    :param tracks: annotated.
    :param classes: rows (annotated) and columns (decided), ``NO_ACTION`` among them.
    :return: the counts.
    """
    _, annotated_N = _joined(tracks)
    # scikit-learn refuses to count nothing.
    if not len(annotated_N):
        return [[0] * len(classes) for _ in classes]
    decided = [label for track in tracks for label in track.decided_labels]
    counts: list[list[int]] = confusion_matrix(annotated_N, decided, labels=classes).tolist()
    return counts


def _joined(tracks: Sequence[Track]) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Return the probabilities and annotated labels of all windows of all tracks."""
    if not tracks:
        return np.zeros((0, 1), np.float32), np.zeros(0, str)
    return (np.concatenate([track.probabilities_NK for track in tracks]),
            np.concatenate([track.annotated_labels for track in tracks]))
