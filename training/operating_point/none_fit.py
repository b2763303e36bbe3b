# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The score of "none of these" of a network in PyTorch, fitted by ``imrs_ros.teaching.none_fit``.

Layout legend: M clips, D features, E evidence.
"""

from collections.abc import Mapping, Sequence

from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.none_score import NoneScore
from imrs_ros.teaching import none_fit
from imrs_ros.teaching.clip_features import Features
from imrs_ros.teaching.last_layers import NONE
import numpy as np
from numpy.typing import NDArray
import torch


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
    layer = none_fit.fit_none_layer(
        _distance_features(network, known_MD), truth_M, _distance_features(network, other_MD),
        network.num_classes)
    score = network.add_none_score(len(layer.whiten_PD)).requires_grad_(False)
    values = {name.removeprefix(NONE): torch.from_numpy(array)
              for name, array in layer.tensors().items()}
    # Hints of the network have evidence of their own.
    score.load_state_dict({**values, **{
        name: value for name, value in score.state_dict().items()
        if name.startswith('evidence.')}})
    return score


def fit_evidence(
    score: NoneScore, known_ME: NDArray[np.float64], others: Sequence[NDArray[np.float64]],
) -> None:
    """
    Fit how the pieces of evidence add up to log-odds; see ``none_fit.fit_evidence``.

    :param score: gets the weights.
    :param known_ME: evidence of clips of known classes that the network did not learn from.
    :param others: evidence_ME of other actions from sources that the scores did not see.
    """
    weight_E, bias = none_fit.fit_evidence(known_ME, others)
    values: Mapping[str, torch.Tensor] = {
        'weight': torch.from_numpy(weight_E[None]).float(), 'bias': torch.tensor([bias]).float()}
    score.evidence.load_state_dict(values)


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
