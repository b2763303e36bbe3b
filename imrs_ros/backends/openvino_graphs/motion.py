# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
How a clip moves, by the 3D network of lite0: residual blocks and excitation.

Layout legend: N clips, T time, C channels, H height, W width, D features.
"""

from collections.abc import Mapping

from imrs_ros.architectures.excitation import KERNEL_SIZE, num_hidden
from imrs_ros.architectures.lite0 import (
    MOTION_CHANNELS, NUM_MAP_CHANNELS, NUM_REDUCED_CHANNELS)
from imrs_ros.backends.openvino_graphs.graph_weights import GraphWeights
from imrs_ros.backends.openvino_graphs.layers import convolve, indices, linear, mean, Node
from openvino import opset13 as ops


def pool_motion(
    weights: GraphWeights, change_TCHW: Node, excitations: Mapping[int, str],
) -> Node:
    """
    Apply ``Lite0.moving_features`` to the change from frame to frame.

    :param weights: of the network.
    :param change_TCHW: of the maps, for all frames but the first.
    :param excitations: kind of the excitation module after each stage.
    :return: features_1D.
    """
    x = ops.transpose(ops.unsqueeze(change_TCHW, indices(0)), indices(0, 2, 1, 3, 4))
    x = ops.relu(convolve(x, *weights.take_normalised(
        'motion.0.0', 'motion.0.1', (NUM_REDUCED_CHANNELS, NUM_MAP_CHANNELS, 1, 1, 1))))
    num_in = NUM_REDUCED_CHANNELS
    for stage, num_out in MOTION_CHANNELS.items():
        x = _residual(weights, f'motion.{stage}', num_in, num_out, x)
        x = _excite(weights, f'ce{stage}', excitations[stage], num_out, x)
        num_in = num_out
    return mean(x, 2, 3, 4)


def _residual(
    weights: GraphWeights, name: str, num_in: int, num_out: int, x_NCTHW: Node,
) -> Node:
    """Apply ``networks.resnet3d.BasicBlock``, with stride 2."""
    padding = [(1, 1)] * 3
    out = ops.relu(convolve(x_NCTHW, *weights.take_normalised(
        f'{name}.conv1', f'{name}.bn1', (num_out, num_in, 3, 3, 3)), stride=2, padding=padding))
    out = convolve(out, *weights.take_normalised(
        f'{name}.conv2', f'{name}.bn2', (num_out, num_out, 3, 3, 3)), padding=padding)
    shortcut = convolve(x_NCTHW, *weights.take_normalised(
        f'{name}.downsample.0', f'{name}.downsample.1', (num_out, num_in, 1, 1, 1)), stride=2)
    return ops.relu(ops.add(out, shortcut))


def _excite(weights: GraphWeights, name: str, kind: str, num_channels: int, x_1CTHW: Node) -> Node:
    """Apply the module of ``networks.excitation`` of a kind."""
    if kind == 'none':
        return x_1CTHW
    y_1C = mean(x_1CTHW, 2, 3, 4)
    if kind == 'ce':
        kernel = weights.take(f'{name}.conv.weight', 1, 1, KERNEL_SIZE)
        eta = convolve(ops.unsqueeze(y_1C, indices(1)), kernel)
    else:
        hidden = num_hidden(num_channels)
        y_1H = ops.relu(linear(
            y_1C, weights.take(f'{name}.fc1.weight', hidden, num_channels),
            weights.take(f'{name}.fc1.bias', hidden)))
        eta = linear(y_1H, weights.take(f'{name}.fc2.weight', num_channels, hidden),
                     weights.take(f'{name}.fc2.bias', num_channels))
    gate = ops.reshape(ops.sigmoid(eta), indices(1, num_channels, 1, 1, 1), special_zero=False)
    return ops.multiply(x_1CTHW, gate)
