# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A network in half precision, for GPUs.

TensorRT 11 takes the types of the graph as they are (torch-tensorrt 2.13 no longer has
``enabled_precisions``), so that the network itself must be in half precision.

Layout legend: N clips, T frames, H height, W width, C channels.
"""

from imrs_ros.model_card import ModelCard
from imrs_ros.networks import ClipNetwork
import torch
from torch import nn, Tensor

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
PRECISIONS = {'float16': torch.float16, 'float32': torch.float32}
"""The preferred one first."""


def precisions_of(card: ModelCard) -> dict[str, torch.dtype]:
    """
    Return the precisions in which a model may run.

    :param card: the model.
    :return: types by name, the preferred one first; float32 alone for a model with a pose stream,
        which looks for the highest value of maps: in float16, values tie.
    """
    return {name: dtype for name, dtype in PRECISIONS.items()
            if card.pose is None or dtype == torch.float32}


def to_half(network: ClipNetwork) -> ClipNetwork:
    """
    Convert a network to half precision, in place.

    Pixels are still normalised in float32, as float16 cannot represent a mean of 114.7748. From
    the first convolution on, everything is float16, the logits included.

    :param network: in evaluation mode.
    :return: the same network.
    """
    mean, std = network.mean.clone(), network.std.clone()
    network.half()
    network.mean, network.std = mean, std
    first = next(module for module in network.modules() if isinstance(module, CONVOLUTIONS))
    first.register_forward_pre_hook(_halve_input)
    return network


def _halve_input(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(item.half() for item in inputs)


def to_channels_last(network: nn.Module) -> nn.Module:
    """
    Store the weights of convolutions channels last, in place, which is faster on tensor cores.

    ``Module.to(memory_format=...)`` takes weights of one number of dimensions only.

    :param network: any network.
    :return: the same network.
    """
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    for parameter in network.parameters():
        if parameter.dim() in formats:
            parameter.data = parameter.data.to(memory_format=formats[parameter.dim()])
    return network
