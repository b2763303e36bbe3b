"""The network that a config names, with the weights it starts from."""

from pathlib import Path

from imrs_ros.networks import build_network, load_published, VideoNetwork
import torch
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
    two_d = config.network == 'lite0'
    memory_format = torch.channels_last if two_d else torch.channels_last_3d
    return network.to(memory_format=memory_format)  # type: ignore[call-overload, no-any-return]


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
