# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Last layers of a graph, written for a network or in place of those of a converted one.

The same functions as ``networks.video_network.VideoNetwork.score`` and
``networks.none_score.NoneScore.forward``; a test holds that they give the same numbers.

Layout legend: N clips, D features, K classes, L logits: K, or K + 1 with that of none; P
components.
"""

from collections.abc import Mapping

from imrs_ros.backends.openvino_graphs.layers import constant, indices, linear, mean, Node
from imrs_ros.part_plan import FEATURES
import numpy as np
from numpy.typing import NDArray
import openvino
from openvino import opset13 as ops

NUM_EVIDENCE = 3
"""Pieces of evidence of a score of none."""
Weights = Mapping[str, NDArray[np.floating]]


def with_last_layers(
    body: openvino.Model, scale_D: NDArray[np.floating], shift_D: NDArray[np.floating],
    weights: Weights,
) -> openvino.Model:
    """
    Return a body with other last layers.

    :param body: converted, with logits and features as outputs.
    :param scale_D: of the normalisation of features.
    :param shift_D: of the same.
    :param weights: as of ``classify``.
    :return: a body with logits of other classes and the same features.
    """
    features = body.output(FEATURES).get_node().input_value(0)
    logits = classify(features, scale_D, shift_D, weights)
    return openvino.Model(
        [logits.output(0), features], body.get_parameters(), body.get_friendly_name())


def classify(
    features_ND: Node, scale_D: NDArray[np.floating], shift_D: NDArray[np.floating],
    weights: Weights,
) -> Node:
    """
    Apply last layers.

    :param features_ND: pooled features.
    :param scale_D: of the normalisation of features.
    :param shift_D: of the same.
    :param weights: ``fc.weight``, ``fc.bias`` and those of ``none_score``, as in a model folder.
    :return: logits_NL.
    """
    x_ND = ops.add(ops.multiply(features_ND, constant(scale_D.reshape(1, -1))),
                   constant(shift_D.reshape(1, -1)))
    logits_NK = _layer(x_ND, weights, 'fc')
    if 'none_score.centres_KP' not in weights:
        return logits_NK
    return ops.concat([logits_NK, _none(x_ND, logits_NK, weights)], axis=1)


def _none(x_ND: Node, logits_NK: Node, weights: Weights) -> Node:
    """Return the logit of none."""
    whitened_N1P = ops.unsqueeze(_layer(x_ND, weights, 'none_score.whiten'), indices(1))
    offsets_NKP = ops.subtract(whitened_N1P, constant(weights['none_score.centres_KP'][None]))
    nearest_N1 = ops.reduce_min(
        mean(ops.multiply(offsets_NKP, offsets_NKP), 2), indices(1), keep_dims=True)
    best_N1 = ops.reduce_max(logits_NK, indices(1), keep_dims=True)
    total_N1 = ops.add(best_N1, ops.log(ops.reduce_sum(
        ops.exp(ops.subtract(logits_NK, best_N1)), indices(1), keep_dims=True)))
    evidence = ops.concat([
        _layer(x_ND, weights, 'none_score.extra'), ops.log(ops.add(nearest_N1, constant(1))),
        ops.subtract(total_N1, best_N1)], axis=1)
    return ops.add(total_N1, _layer(evidence, weights, 'none_score.evidence'))


def _layer(x_ND: Node, weights: Weights, name: str) -> Node:
    return linear(x_ND, weights[f'{name}.weight'], weights[f'{name}.bias'])
