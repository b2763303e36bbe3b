"""
Temperature scaling (Guo et al. 2017): one number that makes probabilities honest.

Layout legend: M clips, K classes.
"""

import numpy as np
from numpy.typing import NDArray
import torch
from torch.nn import functional

SEARCH_RANGE = (0.05, 20.0)
NUM_CANDIDATES = 400


def fit_temperature(logits_MK: NDArray[np.float32], labels_M: NDArray[np.int64]) -> float:
    """
    Find the temperature of least negative log-likelihood, on videos not trained on.

    :param logits_MK: scores of single clips.
    :param labels_M: their classes.
    :return: the temperature, to three digits.
    """
    logits, labels = torch.from_numpy(logits_MK), torch.from_numpy(labels_M)
    candidates = np.geomspace(*SEARCH_RANGE, NUM_CANDIDATES)
    losses = [float(functional.cross_entropy(logits / t, labels)) for t in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 3)
