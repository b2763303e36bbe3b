# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Loads the network of a model folder, or says why card and weights do not fit."""

from collections.abc import Mapping
from pathlib import Path

from imrs_ros.architectures.fit import check_fit, check_same
from imrs_ros.architectures.movenet import MOVENET
from imrs_ros.model_card import ModelCard, ModelCardError
from imrs_ros.networks.build import build_network
from imrs_ros.networks.clip_network import ClipNetwork
from imrs_ros.networks.movenet import MoveNet
from imrs_ros.networks.posed_network import PosedNetwork
from safetensors import safe_open, SafetensorError
from safetensors.torch import load
from torch import Tensor

PICTURE, FINDER = 'picture.', 'finder.'
"""Prefixes of the weights of a network with a pose stream that lie in other model folders."""
NONE_SCORE = 'none_score.'
"""Prefix of the names of the weights of a score of none."""


def load_network(card: ModelCard) -> ClipNetwork:
    """
    Build the network a card describes and fill it with its weights.

    Weights may be stored in half precision; the network computes in float32.

    :param card: the card.
    :return: the network in evaluation mode, its parameters without gradients.
    :raises ModelCardError: when the weights are no safetensors file, or do not fit the network
        in names, shapes or number of labels.
    """
    try:
        network = network_of(card)
    except ValueError as error:
        raise ModelCardError(f'{card.folder}: {error}') from error
    tensors = read_weights(card.weights_path)
    if card.pose is not None:
        picture = read_weights(card.find_weights(card.pose.picture))
        tensors |= {f'{PICTURE}{name}': tensor for name, tensor in picture.items()
                    if not name.startswith(NONE_SCORE)}
        tensors |= {f'{FINDER}{name}': tensor for name, tensor in read_weights(
            card.find_weights(card.pose.finder)).items()}
    check_fit(card, shapes_of(network.state_dict()), shapes_of(tensors),
              'fc.weight' if card.pose is None else f'{PICTURE}fc.weight')
    network.load_state_dict({k: v.float() for k, v in tensors.items()}, strict=False)
    return network.eval().requires_grad_(False)


def load_finder(path: Path) -> MoveNet:
    """
    Load the network that finds people.

    :param path: its weights.
    :return: the network in evaluation mode, its parameters without gradients.
    :raises ModelCardError: when the file holds no weights, or those of another network.
    """
    tensors, network = read_weights(path), MoveNet()
    check_same(shapes_of(network.state_dict()), shapes_of(tensors),
               f'{path}: expected the weights of {MOVENET}, got others')
    network.load_state_dict({k: v.float() for k, v in tensors.items()})
    return network.eval().requires_grad_(False)


def read_weights(path: Path) -> dict[str, Tensor]:
    """
    Read a file of weights.

    :param path: a safetensors file.
    :return: tensors by name.
    :raises ModelCardError: when it is none.
    """
    try:
        # Opened for its errors, which are those of the reader without PyTorch.
        with safe_open(path, 'pt'):
            # Its tensors, and those of load_file, leak two integers each as of safetensors 0.8.
            return load(path.read_bytes())
    except (SafetensorError, OSError) as error:
        raise ModelCardError(f'{path}: expected a safetensors file, got: {error}') from error


def network_of(card: ModelCard) -> ClipNetwork:
    """
    Build the network a card describes, with initial weights.

    :param card: the card.
    :return: the network.
    :raises ValueError: when the architecture cannot be built.
    """
    architecture, spec = card.architecture, card.spec
    network: ClipNetwork
    network = picture = build_network(
        architecture.name, num_classes=len(card.labels), in_channels=len(spec.mean),
        excitation=architecture.excitation, excitation_stages=architecture.excitation_stages,
        width=architecture.width, mean=spec.mean, std=spec.std)
    if card.pose is not None:
        network = PosedNetwork(picture, card.pose.weight, card.pose.num_members)
    if card.none_score is not None:
        network.add_none_score(card.none_score.num_components)
    return network


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """
    Return the shapes of weights.

    :param tensors: by name.
    :return: shapes by name.
    """
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
