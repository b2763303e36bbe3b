# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Weights of MoveNet MultiPose Lightning, read from Google's TFLite file.

OpenVINO reads the file; its convolutions, in order, are those of the port.
"""

from collections.abc import Iterator
import hashlib
from pathlib import Path

from imrs_ros.architectures.movenet import HEADS
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.networks.movenet import MoveNet
import numpy as np
from numpy.typing import NDArray
import openvino
import torch
from torch import nn

SHA256 = 'd4489f89e6bd6777a8b9a1a16189832131f84ff90d82fae729e670b84d7948dd'
"""Of the file that the order of the heads was read from."""
CONVOLUTIONS = ('Convolution', 'GroupConvolution')


def load_tflite(path: Path) -> MoveNet:
    """
    Build the port with the weights of a TFLite file.

    :param path: ``movenet.tflite`` as Google published it, float16 weights, input [1, H, W, 3].
    :return: the port, in evaluation mode.
    :raises ValueError: when the file is another one.
    """
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise ValueError(
            f'{path}: expected MoveNet MultiPose Lightning of SHA-256 {SHA256}, got {found}')
    network = MoveNet()
    with torch.no_grad():
        weights = list(_convolutions(openvino_core().read_model(path)))
        layers = _layers(network)
        for (weight, bias), layer in zip(weights, layers, strict=True):
            layer.weight.copy_(torch.from_numpy(weight).reshape(layer.weight.shape))
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(bias))
    return network.eval().requires_grad_(False)


def _layers(network: MoveNet) -> list[nn.Conv2d]:
    """Return the convolutions in the order of the file."""
    trunk: list[nn.Module] = [network.stem, network.stages, network.top, network.lateral[0]]
    for lateral, smooth in zip(network.lateral[1:], network.smooth):
        trunk += [lateral, smooth]
    trunk += [network.heads[name] for name in HEADS]
    return [m for part in trunk for m in part.modules() if isinstance(m, nn.Conv2d)]


def _convolutions(
    model: openvino.Model,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield kernel and bias of every convolution."""
    for operation in model.get_ordered_ops():
        if operation.get_type_name() in CONVOLUTIONS:
            (target,) = operation.output(0).get_target_inputs()
            bias = next(constant for value in target.get_node().input_values()
                        if (constant := _fold(value.get_node())) is not None)
            kernel = _fold(operation.input_value(1).get_node())
            assert kernel is not None
            yield kernel.astype(np.float32), bias.astype(np.float32).reshape(-1)


def _fold(node: openvino.Node) -> NDArray[np.float32] | None:
    """Return the value of a node that depends on constants alone, else None."""
    if node.get_type_name() == 'Constant':
        return np.array(node.get_data())
    if node.get_type_name() not in ('Convert', 'Transpose', 'Reshape', 'Unsqueeze'):
        return None
    value = _fold(node.input_value(0).get_node())
    if value is None or node.get_type_name() == 'Convert':
        return value
    argument = np.array(node.input_value(1).get_node().get_data())
    match node.get_type_name():
        case 'Transpose':
            return value.transpose(argument)
        case 'Unsqueeze':
            return np.expand_dims(value, tuple(argument.reshape(-1)))
        case _:
            return value.reshape([value.shape[i] if n == 0 else n
                                  for i, n in enumerate(argument.tolist())])
