# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Fit the rows of new classes into a last layer whose other rows stay as they are.

A multinomial logistic regression over all classes (L2, full batch, L-BFGS-B of SciPy), in which
the logits of the classes that are kept are given: they lose nothing to each other, and little to
the new ones. The rows of the new classes have a normal prior. That of the still features, which
say how a scene looks, is half as wide as that of those that say how it moves: a few clips of one
person in one room tell little about what other people and rooms look like.

Layout legend: M windows, D features, K classes kept, J new classes.
"""

from collections.abc import Sequence

from imrs_ros.teaching.last_layers import Floats, LastLayers
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

STRENGTH, STILL_WIDTH = 3.0, 0.5
"""Of the prior, and the width of that of the still features. On actions of ``other-actions/dark``,
a third and three times the strength, and widths from 0.3 to 1, differ by no more than chance
(``benchmarks/teach_choices.py``)."""
FEW_BIAS = 2.0
"""Added to the logit of a new class that has one example, and by the root of their number less
where there are more: a prior that holds on to zero keeps what few examples teach below the classes
that the network knows (``benchmarks/teach_choices.py``)."""
EXTRA_STRENGTH = 20.0
"""Of the prior of the extra class: about that of ``none_fit.STRENGTH`` on a whole data set."""
SHARE_OF_CLASS = 10.0
"""Windows that all of a class count as, however many there are."""
MAX_STEPS = 200
TOLERANCE = 1e-5
"""Of the loss, relative."""


def add_classes(
    kept: LastLayers, still_dim: int, known_MD: Floats, truth_M: NDArray[np.int64],
    weight_M: Floats, num_new: int,
) -> LastLayers:
    """
    Add rows for new classes.

    :param kept: layers whose K classes stay; may have none.
    :param still_dim: how many of the features, the first ones, say how the scene looks.
    :param known_MD: normalised features of windows of all classes, kept ones and new ones.
    :param truth_M: their classes; new ones from K on.
    :param weight_M: how much each window counts; those of a clip sum up to 1.
    :param num_new: J, at least 1.
    :return: layers of K + J classes, without a score of none.
    """
    num_kept, feature_dim = kept.weight_KD.shape
    total_C = np.bincount(truth_M, weight_M, minlength=num_kept + num_new)
    rows_JD, bias_J = _fit_rows(
        known_MD, np.r_[np.full(still_dim, STILL_WIDTH), np.ones(feature_dim - still_dim)],
        kept.logits_of_classes(known_MD), np.zeros((len(truth_M), num_new)), truth_M,
        SHARE_OF_CLASS * weight_M / total_C[truth_M], STRENGTH)
    if num_kept:
        bias_J = bias_J + FEW_BIAS / np.sqrt(total_C[num_kept:])
    return LastLayers(
        scale_D=kept.scale_D, shift_D=kept.shift_D, none=None,
        weight_KD=np.concatenate([kept.weight_KD, rows_JD]), bias_K=np.r_[kept.bias_K, bias_J])


def adapt_extra(
    extra_1D: Floats, extra_bias: float, known_MD: Floats, weight_M: Floats, other_MD: Floats,
) -> tuple[Floats, float]:
    """
    Adapt the logit of the extra class, of other actions, to new classes.

    It was fitted on far more than a bank holds, so that it changes only as far as it must.

    :param extra_1D: weights so far.
    :param extra_bias: bias so far.
    :param known_MD: normalised features of windows of all classes.
    :param weight_M: how much each window counts, relative to the others.
    :param other_MD: normalised features of windows of other actions.
    :return: weights_1D and bias.
    """
    x_MD = np.concatenate([known_MD, other_MD])
    share_M = np.r_[SHARE_OF_CLASS * weight_M / weight_M.sum(),
                    np.full(len(other_MD), SHARE_OF_CLASS / len(other_MD))]
    rows_1D, bias_1 = _fit_rows(
        x_MD, np.ones(x_MD.shape[1]), np.zeros((len(x_MD), 1)),
        x_MD @ extra_1D.T + extra_bias, np.repeat([0, 1], [len(known_MD), len(other_MD)]),
        share_M, EXTRA_STRENGTH)
    return extra_1D + rows_1D, extra_bias + float(bias_1[0])


def _fit_rows(
    x_MD: Floats, width_D: Floats, given_MK: Floats, start_MJ: Floats, truth_M: NDArray[np.int64],
    share_M: Floats, strength: float,
) -> tuple[Floats, Floats]:
    """
    Fit rows_JD and bias_J that are added to the logits that new classes start from.

    :param x_MD: normalised features.
    :param width_D: of the prior.
    :param given_MK: logits of the classes that stay.
    :param start_MJ: logits of the new classes.
    :param truth_M: classes, those that stay first.
    :param share_M: how much each window counts.
    :param strength: of the prior.
    """
    scaled_MD = x_MD * width_D
    num_kept, num_new = given_MK.shape[1], start_MJ.shape[1]
    target_MJ = truth_M[:, None] == num_kept + np.arange(num_new)
    rows_M = np.arange(len(truth_M))

    def loss(flat: Floats) -> tuple[float, Floats]:
        rows_JX = flat.reshape(num_new, -1)
        logits = np.concatenate(
            [given_MK, start_MJ + scaled_MD @ rows_JX[:, :-1].T + rows_JX[:, -1]], axis=1)
        log_sum_M = logsumexp(logits, axis=1)
        value = float(share_M @ (log_sum_M - logits[rows_M, truth_M]))
        slope_MJ = (np.exp(logits[:, num_kept:] - log_sum_M[:, None]) - target_MJ) * share_M[
            :, None]
        slope_JX = np.concatenate(
            [slope_MJ.T @ scaled_MD + strength * rows_JX[:, :-1], slope_MJ.sum(axis=0)[:, None]],
            axis=1)
        return value + strength / 2 * float((rows_JX[:, :-1] ** 2).sum()), slope_JX.ravel()
    found = minimize(
        loss, np.zeros(num_new * (scaled_MD.shape[1] + 1)), jac=True, method='L-BFGS-B',
        options={'maxiter': MAX_STEPS, 'ftol': TOLERANCE})
    rows_JX = found.x.reshape(num_new, -1)
    return rows_JX[:, :-1] * width_D, rows_JX[:, -1]


def even_weights(lengths: Sequence[int]) -> Floats:
    """
    Let every clip count the same, however many windows it has.

    :param lengths: windows of each clip, at least 1.
    :return: weight_M of all windows, in order.
    """
    return np.concatenate([np.full(length, 1 / length) for length in lengths] or [np.zeros(0)])
