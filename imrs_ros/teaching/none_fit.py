# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Fit the score of "none of these" on features of clips of known classes and of other actions.

Layout legend: M clips, X features in which distances count, P components, K classes, E evidence.
"""

from collections.abc import Sequence

from imrs_ros.teaching.last_layers import Floats, NoneLayer, NUM_EVIDENCE
import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

NUM_COMPONENTS = 128
"""Most dimensions in which distances are measured; a small data set has fewer."""
STRENGTH = 1e-3
"""Inverse of the regularisation of the extra class: features outnumber clips."""

LEAST_SHARE = 0.2
"""Of the deviation of all clips, what known ones have at least."""
RIDGE = 1e-3
"""Variance added, of 1 in all: classes of a single clip have none."""
TINY = 1e-12
LEAST_VARIANCE = 1e-6
"""Of the first component's, that a component has at least; along others, nothing is known."""


def fit_none_layer(
    known_MX: Floats, truth_M: NDArray[np.int64], other_MX: Floats, num_classes: int,
) -> NoneLayer:
    """
    Fit the extra class and the distances; the evidence is left to ``fit_evidence``.

    :param known_MX: normalised features of clips of every class, also of training.
    :param truth_M: their classes.
    :param other_MX: normalised features of clips of other actions.
    :param num_classes: K.
    :return: the layer; its weights of the evidence are zero.
    """
    extra_1X, extra_bias = fit_extra(known_MX, other_MX)
    mean_X, axes_PX = _components(known_MX)
    num_components = len(axes_PX)
    known_MP = (known_MX - mean_X) @ axes_PX.T
    centres_KP = class_means(known_MP, truth_M, num_classes)
    covariance = LedoitWolf(assume_centered=True).fit(known_MP - centres_KP[truth_M])
    # Then the squared length of a difference is its Mahalanobis distance.
    root_PP = np.linalg.cholesky(np.linalg.inv(
        covariance.covariance_ + RIDGE * np.eye(num_components)))
    whiten_PX = root_PP.T @ axes_PX
    return NoneLayer(
        extra_1D=extra_1X, extra_bias=extra_bias, whiten_PD=whiten_PX,
        whiten_bias_P=-whiten_PX @ mean_X, centres_KP=centres_KP @ root_PP,
        evidence_E=np.zeros(NUM_EVIDENCE), evidence_bias=0.0)


def _components(known_MX: Floats) -> tuple[Floats, Floats]:
    """Return the mean, and axes_PX along which the variance is 1; at least one axis."""
    # A single clip, or copies of one, have no variance at all: one axis, as good as any.
    x_MX = known_MX if len(known_MX) > 1 else np.concatenate([known_MX, known_MX])
    with np.errstate(invalid='ignore'):
        found = PCA(min(NUM_COMPONENTS, len(x_MX) - 1, x_MX.shape[1]), random_state=0).fit(x_MX)
    variance_P = found.explained_variance_
    if not variance_P[0] > TINY:
        return found.mean_, found.components_[:1]
    is_known_P = variance_P > LEAST_VARIANCE * variance_P[0]
    return found.mean_, found.components_[is_known_P] / np.sqrt(variance_P[is_known_P])[:, None]


def fit_extra(known_MX: Floats, other_MX: Floats) -> tuple[Floats, float]:
    """
    Fit the logit of an extra class, of other actions.

    :param known_MX: normalised features of clips of every class.
    :param other_MX: normalised features of clips of other actions.
    :return: weight_1X and bias.
    """
    is_other = np.r_[np.zeros(len(known_MX)), np.ones(len(other_MX))]
    extra = LogisticRegression(C=STRENGTH, class_weight='balanced', max_iter=2000).fit(
        np.concatenate([known_MX, other_MX]), is_other)
    return extra.coef_, float(extra.intercept_[0])


def class_means(known_MP: Floats, truth_M: NDArray[np.int64], num_classes: int) -> Floats:
    """
    Return the mean of every class.

    :param known_MP: of clips of every class.
    :param truth_M: their classes.
    :param num_classes: K.
    :return: means_KP.
    """
    return np.stack([known_MP[truth_M == k].mean(axis=0) for k in range(num_classes)])


def fit_evidence(known_ME: Floats, others: Sequence[Floats]) -> tuple[Floats, float]:
    """
    Fit how the pieces of evidence add up to log-odds.

    Each is divided by its standard deviation among known clips and counts the same: weights of
    their own fit the few sources at hand, and did worse on a source left out. A logistic
    regression on the sum then gives its scale.

    :param known_ME: evidence of clips of known classes that the network did not learn from.
    :param others: evidence_ME of other actions from sources that the scores did not see; every
        array counts the same.
    :return: weight_E and bias.
    """
    return scale_evidence(_evidence_weights(known_ME, others), known_ME, others)


def scale_evidence(weight_E: Floats, known_ME: Floats, others: Sequence[Floats],
                   ) -> tuple[Floats, float]:
    """
    Fit the scale of evidence whose pieces are weighted already.

    :param weight_E: of the pieces, relative to each other.
    :param known_ME: as in ``fit_evidence``.
    :param others: as in ``fit_evidence``.
    :return: weight_E, scaled to log-odds, and bias.
    """
    sums = [evidence_ME @ weight_E for evidence_ME in (known_ME, *others)]
    is_other = np.repeat([0, *(1 for _ in others)], [len(each) for each in sums])
    shares = [1.0, *(1 / len(others) for _ in others)]
    weights = np.concatenate([
        np.full(len(each), share * len(is_other) / len(each))
        for each, share in zip(sums, shares)])
    fitted = LogisticRegression().fit(np.concatenate(sums)[:, None], is_other, weights)
    return fitted.coef_[0] * weight_E, float(fitted.intercept_[0])


def _evidence_weights(known_ME: Floats, others: Sequence[Floats]) -> Floats:
    overall_E = np.concatenate([known_ME, *others]).std(axis=0)
    # Of a handful of known clips, the deviation may be next to nothing.
    weight_E: Floats = 1 / np.maximum(
        known_ME.std(axis=0), np.maximum(LEAST_SHARE * overall_E, 1e-6))
    # That a class is the best of one says nothing.
    weight_E[overall_E == 0] = 0
    return weight_E
