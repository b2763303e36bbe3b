# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Other last layers for a converted network, written without PyTorch.

The same functions as ``networks.video_network.VideoNetwork.score`` and
``networks.none_score.NoneScore.forward``; a test holds that they give the same numbers.

Layout legend: D features, K classes, P components.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from imrs_ros.part_plan import FEATURES
import numpy as np
from numpy.typing import NDArray
import openvino
from openvino import opset13 as ops

Node: TypeAlias = Any
"""Of a graph of OpenVINO, or one of its outputs."""
Weights = Mapping[str, NDArray[np.float32]]


def with_last_layers(
    body: openvino.Model, scale_D: NDArray[np.floating], shift_D: NDArray[np.floating],
    weights: Weights,
) -> openvino.Model:
    """
    Return a body with other last layers.

    :param body: converted, with logits and features as outputs.
    :param scale_D: of the normalisation of features.
    :param shift_D: of the same.
    :param weights: ``fc.weight``, ``fc.bias`` and those of ``none_score``, as in a model folder.
    :return: a body with logits of other classes and the same features.
    """
    features = body.output(FEATURES).get_node().input_value(0)
    x = ops.add(ops.multiply(features, _row(scale_D)), _row(shift_D))
    logits = _linear(x, weights, 'fc')
    if 'none_score.centres_KP' in weights:
        logits = ops.concat([logits, _none(x, logits, weights)], axis=1)
    return openvino.Model(
        [logits.output(0), features], body.get_parameters(), body.get_friendly_name())


def _none(x: Node, logits: Node, weights: Weights) -> Node:
    """Return the logit of none."""
    whitened = ops.unsqueeze(_linear(x, weights, 'none_score.whiten'), _axes(1))
    offsets = ops.subtract(whitened, ops.constant(
        weights['none_score.centres_KP'][None].astype(np.float32)))
    nearest = ops.reduce_min(
        ops.reduce_mean(ops.multiply(offsets, offsets), _axes(2)), _axes(1), keep_dims=True)
    best = ops.reduce_max(logits, _axes(1), keep_dims=True)
    total = ops.add(best, ops.log(ops.reduce_sum(
        ops.exp(ops.subtract(logits, best)), _axes(1), keep_dims=True)))
    evidence = ops.concat([
        _linear(x, weights, 'none_score.extra'),
        ops.log(ops.add(nearest, ops.constant(np.float32(1)))), ops.subtract(total, best)], axis=1)
    return ops.add(total, _linear(evidence, weights, 'none_score.evidence'))


def _linear(x: Node, weights: Weights, name: str) -> Node:
    product = ops.matmul(x, ops.constant(weights[f'{name}.weight'].astype(np.float32)),
                         transpose_a=False, transpose_b=True)
    return ops.add(product, _row(weights[f'{name}.bias']))


def _row(values: NDArray[np.floating]) -> Node:
    return ops.constant(np.asarray(values, np.float32).reshape(1, -1))


def _axes(axis: int) -> Node:
    return ops.constant(np.array([axis], np.int64))
