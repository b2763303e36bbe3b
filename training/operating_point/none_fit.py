# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Fit the score of "none of these" on features of clips of known classes and of other actions.

Layout legend: M clips, D features, X features in which distances count, P components, K classes,
E evidence.
"""

from collections.abc import Mapping, Sequence

from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.none_score import NoneScore
import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
import torch
from torch import Tensor

NUM_COMPONENTS = 128
"""Most dimensions in which distances are measured; a small data set has fewer."""
STRENGTH = 1e-3
"""Inverse of the regularisation of the extra class: features outnumber clips."""

LEAST_SHARE = 0.2
"""Of the deviation of all clips, what known ones have at least."""
RIDGE = 1e-3
"""Variance added, of 1 in all: classes of a single clip have none."""

Features = NDArray[np.float32]


def fit_none_score(
    network: ClipNetwork, known_MD: Features, truth_M: NDArray[np.int64], other_MD: Features,
) -> NoneScore:
    """
    Fit the extra class and the distances; the evidence is left to ``fit_evidence``.

    :param network: without dropout; the score becomes a part of it.
    :param known_MD: pooled features of clips of every class, also of training.
    :param truth_M: their classes.
    :param other_MD: pooled features of clips of other actions.
    :return: the score.
    """
    known, other = _distance_features(network, known_MD), _distance_features(network, other_MD)
    num_components = min(NUM_COMPONENTS, len(known) - 1, known.shape[1])
    score = network.add_none_score(num_components).requires_grad_(False)
    is_other = np.r_[np.zeros(len(known)), np.ones(len(other))]
    extra = LogisticRegression(C=STRENGTH, class_weight='balanced', max_iter=2000).fit(
        np.concatenate([known, other]), is_other)
    _set(score.extra, extra.coef_, extra.intercept_)
    components = PCA(num_components, whiten=True, random_state=0).fit(known)
    known_MP = components.transform(known)
    centres_KP = np.stack([
        known_MP[truth_M == k].mean(axis=0) for k in range(network.num_classes)])
    covariance = LedoitWolf(assume_centered=True).fit(known_MP - centres_KP[truth_M])
    # Then the squared length of a difference is its Mahalanobis distance.
    root_PP = np.linalg.cholesky(np.linalg.inv(
        covariance.covariance_ + RIDGE * np.eye(num_components)))
    whiten = root_PP.T @ (components.components_
                          / np.sqrt(components.explained_variance_)[:, None])
    _set(score.whiten, whiten, -whiten @ components.mean_)
    score.centres_KP.copy_(torch.from_numpy(centres_KP @ root_PP))
    return score


def fit_evidence(
    score: NoneScore, known_ME: NDArray[np.float64], others: Sequence[NDArray[np.float64]],
) -> None:
    """
    Fit how the pieces of evidence add up to log-odds.

    Each is divided by its standard deviation among known clips and counts the same: weights of
    their own fit the few sources at hand, and did worse on a source left out. A logistic
    regression on the sum then gives its scale.

    :param score: gets the weights.
    :param known_ME: evidence of clips of known classes that the network did not learn from.
    :param others: evidence_ME of other actions from sources that the scores did not see; every
        array counts the same.
    """
    overall_E = np.concatenate([known_ME, *others]).std(axis=0)
    # Of a handful of known clips, the deviation may be next to nothing.
    weight_E = 1 / np.maximum(known_ME.std(axis=0), np.maximum(LEAST_SHARE * overall_E, 1e-6))
    sums = [evidence_ME @ weight_E for evidence_ME in (known_ME, *others)]
    is_other = np.repeat([0, *(1 for _ in others)], [len(each) for each in sums])
    shares = [1.0, *(1 / len(others) for _ in others)]
    weights = np.concatenate([
        np.full(len(each), share * len(is_other) / len(each))
        for each, share in zip(sums, shares)])
    fitted = LogisticRegression().fit(np.concatenate(sums)[:, None], is_other, weights)
    _set(score.evidence, fitted.coef_ * weight_E, fitted.intercept_)


def evidence(network: ClipNetwork, features_MD: Features) -> NDArray[np.float64]:
    """
    Return the pieces of evidence of some clips.

    :param network: with a score.
    :param features_MD: pooled features.
    :return: evidence_ME.
    :raises RuntimeError: for a network without a score.
    """
    if network.none_score is None:
        raise RuntimeError('expected a network with a score of none; fit it first')
    with torch.inference_mode():
        found: NDArray[np.float64] = network.none_score.evidence_of(
            *network.score(torch.from_numpy(features_MD))).double().numpy()
    return found


def _distance_features(network: ClipNetwork, features_MD: Features) -> NDArray[np.float64]:
    with torch.inference_mode():
        found: NDArray[np.float64] = network.eval().score(
            torch.from_numpy(features_MD)).x_NX.double().numpy()
    return found


def _set(layer: torch.nn.Linear, weight: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    values: Mapping[str, Tensor] = {
        'weight': torch.from_numpy(np.atleast_2d(weight)).float(),
        'bias': torch.from_numpy(np.atleast_1d(bias)).float()}
    layer.load_state_dict(values)
