"""The network that a config names, with the weights it starts from."""

from pathlib import Path

from imrs_ros.networks import build_network, load_published, VideoNetwork
import torch
from torch import nn
from training.config import IMAGENET, RunConfig
from training.pretrained import load_imagenet_lite0

CHANNELS = {'rgb': 3, 'flow': 2}


def make_network(config: RunConfig, num_classes: int) -> VideoNetwork:
    """
    Make the network a config names, with initial weights.

    :param config: the run's settings.
    :param num_classes: number of labels.
    :return: the network, in channels-last memory.
    """
    network = build_network(
        config.network, num_classes=num_classes, in_channels=CHANNELS[config.stream],
        excitation=config.excitation, excitation_stages=config.excitation_stages,
        width=config.width, dropout=config.dropout)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        elif isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return network


def load_pretrained(network: VideoNetwork, config: RunConfig) -> frozenset[str]:
    """
    Fill a network with the weights its config names.

    :param network: what ``make_network`` gave.
    :param config: the run's settings.
    :return: names of the parameters that were loaded; none without ``pretrained``.
    :raises FileNotFoundError: when there is no such checkpoint.
    :raises ValueError: when it does not fit the network.
    """
    if config.pretrained is None:
        return frozenset()
    if config.pretrained == IMAGENET:
        return frozenset(load_imagenet_lite0(network).loaded)
    report = load_published(network, Path(config.pretrained))
    print(f'{config.pretrained}: {report}', flush=True)
    return frozenset(report.loaded)
