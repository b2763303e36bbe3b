"""
Figures of single windows: each counts as one frame, the one it ends with.

Layout legend: N windows, K classes.
"""

from collections.abc import Sequence

from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.records import NO_ACTION
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score


def accuracy(tracks: Sequence[Track], *, settled: bool = False) -> float:
    """
    Give the share of windows whose decided label is that of their newest frame.

    :param tracks: annotated; no action is a label, too.
    :param settled: leave out windows within ``SETTLE_NS`` of a change of what is shown.
    :return: in [0, 1]; nan without windows.
    """
    right = [np.array([a == b for a, b in zip(track.labels, track.shown())], bool)
             for track in tracks]
    if settled:
        right = [one[track.settled()] for one, track in zip(right, tracks)]
    joined = np.concatenate([*right, np.zeros(0, bool)])
    return float(joined.mean()) if len(joined) else float('nan')


def average_precision(tracks: Sequence[Track]) -> dict[str, tuple[float, float]]:
    """
    Give the average precision of every class over windows, plain and calibrated.

    Windows are ranked by a class's probability. Calibrated average precision (De Geest et al.
    2016, "Online Action Detection", equation 2) weighs every negative by 1/w, w being the number
    of negatives over that of positives, so that rare and common actions compare.

    :param tracks: annotated.
    :return: average precision and calibrated one by label, for the labels that are shown.
    """
    probabilities_NK, shown_N = _joined(tracks)
    found = {}
    for k, label in enumerate(tracks[0].classes if tracks else ()):
        is_positive_N = shown_N == label
        num_positive = int(is_positive_N.sum())
        if not num_positive:
            continue
        ratio = (len(shown_N) - num_positive) / num_positive
        # The weights of both may be multiplied by w: negatives 1, positives w.
        weights_N = np.where(is_positive_N, ratio or 1.0, 1.0)
        scores_N = probabilities_NK[:, k]
        found[label] = (
            float(average_precision_score(is_positive_N, scores_N)),
            float(average_precision_score(is_positive_N, scores_N, sample_weight=weights_N)))
    return found


def no_action_auroc(tracks: Sequence[Track]) -> float:
    """
    Tell how well the best class's probability parts action from no action.

    :param tracks: annotated.
    :return: area under the ROC curve (Fawcett 2006): the chance that a window of an action has a
        greater best probability than one of none; nan where one of them does not occur.
    """
    probabilities_NK, shown_N = _joined(tracks)
    is_action_N = shown_N != NO_ACTION
    if is_action_N.all() or not is_action_N.any():
        return float('nan')
    return float(roc_auc_score(is_action_N, probabilities_NK.max(1)))


def confusion(tracks: Sequence[Track], classes: Sequence[str]) -> list[list[int]]:
    """
    Count windows by what they show and what was decided.

    :param tracks: annotated.
    :param classes: rows (shown) and columns (decided), ``NO_ACTION`` among them.
    :return: the counts.
    """
    index = {label: i for i, label in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), int)
    for track in tracks:
        for shown, decided in zip(track.shown(), track.labels):
            counts[index[shown], index[decided]] += 1
    return counts.tolist()


def _joined(tracks: Sequence[Track]) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Give the windows of all tracks as one list."""
    if not tracks:
        return np.zeros((0, 1), np.float32), np.zeros(0, str)
    return (np.concatenate([track.probabilities_NK for track in tracks]),
            np.array([label for track in tracks for label in track.shown()], str))
