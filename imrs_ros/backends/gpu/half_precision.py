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

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from imrs_ros.model_card import ModelCard
from imrs_ros.networks import ClipNetwork, VideoNetwork
from imrs_ros.networks.resnet3d import ResNet3D
from imrs_ros.networks.weights import load_network
import torch
from torch import nn, Tensor
from torch.nn.utils.fusion import fuse_conv_bn_weights

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMALISATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def fold_normalisations(
    network: ClipNetwork, clips_NTHWC: Tensor, kept: Collection[nn.Module] = (),
) -> int:
    """
    Fold normalisations into the convolutions before them, in place, in float32.

    Which convolution comes before is seen by running the network, so that no name is needed.

    :param network: in evaluation mode, in float32.
    :param clips_NTHWC: uint8, any clip.
    :param kept: normalisations that are left as they are.
    :return: how many were folded.
    """
    made: dict[int, tuple[nn.Module, Tensor]] = {}
    pairs: list[tuple[nn.Module, nn.Module]] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # The tensor is kept as well: another one could get its number.
        made[id(output)] = module, output

    def pair(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if id(inputs[0]) in made:
            pairs.append((made[id(inputs[0])][0], module))
    handles = [module.register_forward_hook(keep) for module in network.modules()
               if isinstance(module, CONVOLUTIONS)]
    handles += [module.register_forward_pre_hook(pair) for module in network.modules()
                if isinstance(module, NORMALISATIONS) and module not in kept]
    with torch.inference_mode():
        network(clips_NTHWC)
    for handle in handles:
        handle.remove()
    for convolution, normalisation in dict(pairs).items():
        _fold(convolution, normalisation)
        _replace(network, normalisation, nn.Identity())
    return len(dict(pairs))


def _fold(convolution: Any, normalisation: Any) -> None:
    weight, bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, normalisation.running_mean,
        normalisation.running_var, normalisation.eps, normalisation.weight, normalisation.bias)
    convolution.weight = nn.Parameter(weight.detach(), requires_grad=False)
    convolution.bias = nn.Parameter(bias.detach(), requires_grad=False)


def _replace(network: nn.Module, old: nn.Module, new: nn.Module) -> None:
    for parent in network.modules():
        for name, child in parent.named_children():
            if child is old:
                setattr(parent, name, new)


def network_in(
    card: ModelCard, precision: str, *, is_cut: bool = False,
) -> tuple[ClipNetwork, torch.dtype]:
    """
    Load the network of a model for a precision, its normalisations folded in float32.

    :param card: the model.
    :param precision: one of ``PRECISIONS``.
    :param is_cut: whether the network will be cut into parts, too.
    :return: the network, on the CPU, and the type of its arithmetic.
    :raises ModelCardError: when the weights do not fit the card.
    """
    network, spec = load_network(card), card.spec
    # The parts of a 3D ResNet add the taps of its first convolution, and normalise only then.
    kept = (network.bn1,) if is_cut and isinstance(network, ResNet3D) else ()
    fold_normalisations(network, torch.zeros(
        (1, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), dtype=torch.uint8), kept)
    if precision == 'float16':
        return to_half(network), torch.float16
    return network, torch.float32


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
    for module in network.modules():
        if isinstance(module, VideoNetwork):
            # Not by a hook of the first convolution: frames alone do not go through it.
            to_half_precision = partial(_normalise_to_half, module.normalise)
            setattr(module, 'normalise', to_half_precision)  # noqa: B010
    return network


def _normalise_to_half(normalise: Callable[[Tensor], Tensor], image_C_last: Tensor) -> Tensor:
    return normalise(image_C_last).half()


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
