# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The network that a config selects, with its initial or trained weights."""

from dataclasses import dataclass
from pathlib import Path

from imrs_ros.model_card import CARD_FILE, ModelCard
from imrs_ros.networks import (
    build_network, ClipNetwork, load_checkpoint, MARS, NORMALISATIONS, read_published,
    VideoNetwork)
from imrs_ros.networks.checkpoints import load_matching
from imrs_ros.networks.published import PublishedCheckpoint
from imrs_ros.networks.weights import load_network
import torch
from torch import nn
from training.config import IMAGENET, POSE, RunConfig
from training.learning.pose_network import PoseNetwork
from training.learning.pretrained import load_imagenet_lite0
from training.learning.run_state import BEST, read_best, TrainedModel

CHANNELS = {'rgb': 3, 'flow': 2}


def make_network(config: RunConfig, num_classes: int) -> VideoNetwork:
    """
    Build the network that a config selects, with random weights.

    :param config: the run's settings.
    :param num_classes: number of labels.
    :return: the network, in channels-last memory format.
    """
    if config.network == POSE:
        return PoseNetwork(num_classes, config.dropout)
    mean, std = NORMALISATIONS.get(config.normalisation or '', (None, None))
    network = build_network(
        config.network, num_classes=num_classes, in_channels=CHANNELS[config.stream],
        excitation=config.excitation, excitation_stages=config.excitation_stages,
        width=config.width, dropout=config.dropout, mean=mean, std=std)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        elif isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return network


def load_pretrained(network: VideoNetwork, config: RunConfig) -> frozenset[str]:
    """
    Load the pretrained weights that a config selects.

    :param network: built by ``make_network``.
    :param config: the run's settings.
    :return: names of the loaded parameters; empty without ``pretrained``.
    :raises FileNotFoundError: when there is no such checkpoint.
    :raises ValueError: when it does not match the network.
    """
    if config.pretrained is None:
        return frozenset()
    if config.pretrained == IMAGENET:
        return frozenset(load_imagenet_lite0(network).loaded)
    if isinstance(network, PoseNetwork):
        return frozenset(network.load_finder())
    if is_trained(config.pretrained):
        return _load_further(network, Path(config.pretrained))
    checkpoint = read_published(Path(config.pretrained))
    if config.stream == 'rgb' and config.network != 'lite0':
        _check_normalisation(checkpoint, config.normalisation)
    report = load_checkpoint(network, checkpoint)
    print(f'{config.pretrained}: {report}', flush=True)
    return frozenset(report.loaded)


def is_trained(pretrained: str | None) -> bool:
    """
    Return whether weights to start from are those of a run or a model folder.

    :param pretrained: as in ``RunConfig``.
    :return: whether it is a folder.
    """
    return pretrained is not None and pretrained != IMAGENET and Path(pretrained).is_dir()


def _load_further(network: VideoNetwork, folder: Path) -> frozenset[str]:
    """Load the weights of a run or a model folder; a last layer of other classes is left out."""
    report = load_matching(network, load_finished(folder).network.state_dict())
    others = [name for name in (*report.skipped, *report.initial) if not name.startswith('fc.')]
    if others:
        raise ValueError(
            f'{folder}: expected the network that the settings describe, to train it further, got '
            f'another one, which differs in {others[:3]}')
    return frozenset(report.loaded)


def _check_normalisation(checkpoint: PublishedCheckpoint, chosen: str | None) -> None:
    """Refuse weights that were trained on other pixels than those they will get."""
    trained = checkpoint.normalisation
    if trained is None and chosen is None:
        raise ValueError(
            f'{checkpoint.path}: expected a file that tells how pixels were normalised, got none '
            f'of the signs; set normalisation to one of {list(NORMALISATIONS)} in the config')
    if trained not in (None, chosen or MARS):
        raise ValueError(
            f'{checkpoint.path}: expected pixels as it was trained with, got those of '
            f'{chosen or MARS}; set `normalisation: {trained}` in the config')


def load_trained(run: Path) -> tuple[TrainedModel, VideoNetwork]:
    """
    Load the best model of a run.

    :param run: its folder.
    :return: the saved model, and the network with its weights.
    :raises FileNotFoundError: when the run has none yet.
    :raises ValueError: when the file is damaged, or holds weights of another architecture.
    """
    model = read_best(run)
    network = make_network(model.config, len(model.labels))
    try:
        network.load_state_dict(model.state)
    except RuntimeError as error:
        lines = str(error).splitlines()
        raise ValueError(
            f'{run / BEST}: expected weights of {model.config.network} with '
            f'{len(model.labels)} classes as this version builds it, got others '
            f'({lines[-1].strip()}); train the run again') from error
    return model, network


@dataclass(frozen=True, slots=True)
class FinishedNetwork:
    """The network of a finished run or of a model folder, without a score of none."""

    network: ClipNetwork
    """With its weights."""
    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    stream: str
    """Its input, ``rgb`` or ``flow``."""
    size_px: int
    """Side of its square frames, pixels."""


def load_finished(folder: Path) -> FinishedNetwork:
    """
    Load the best model of a run, or the network of a model folder.

    :param folder: holds ``model.yaml`` or ``best.pt``.
    :return: the network.
    :raises FileNotFoundError: when it holds neither.
    :raises ValueError: when its files are damaged, or of another architecture.
    """
    if (folder / CARD_FILE).exists():
        card = ModelCard.load(folder)
        network = load_network(card)
        network.none_score = None
        return FinishedNetwork(network, card.labels, 'rgb', card.spec.size_px)
    model, trained = load_trained(folder)
    return FinishedNetwork(trained, model.labels, model.config.stream, model.config.size_px)
