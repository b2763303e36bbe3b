"""
A network in half precision, for GPUs.

TensorRT 11 has no other way to it than a network that is written so: it follows the types it is
given (torch-tensorrt 2.13 has no ``enabled_precisions`` any more).

Layout legend: N clips, T frames, H height, W width, C channels.
"""

from imrs_ros.networks import VideoNetwork
import torch
from torch import nn, Tensor

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def to_half(network: VideoNetwork) -> VideoNetwork:
    """
    Turn a network into half precision, in place.

    Pixels are still normalised in float32: a mean of 114.7748 has no such value in float16. From
    the first convolution on, all is float16, the logits included.

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
    Lay out the weights of convolutions with their channels last, in place: tensor cores want it.

    ``Module.to(memory_format=...)`` takes weights of one number of dimensions only.

    :param network: any.
    :return: the same network.
    """
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    for parameter in network.parameters():
        if parameter.dim() in formats:
            parameter.data = parameter.data.to(memory_format=formats[parameter.dim()])
    return network
