# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Loads the network of a model folder, or says why card and weights do not fit."""

from collections.abc import Mapping

from imrs_ros.model_card import ModelCard, ModelCardError
from imrs_ros.networks.build import build_network
from imrs_ros.networks.published import COUNTER_SUFFIX
from imrs_ros.networks.video_network import VideoNetwork
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor


def load_network(card: ModelCard) -> VideoNetwork:
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
    try:
        tensors = load_file(card.weights_path)
    except (SafetensorError, OSError) as error:
        raise ModelCardError(
            f'{card.weights_path}: expected a safetensors file, got: {error}') from error
    _check_fit(card, network.state_dict(), tensors)
    network.load_state_dict({k: v.float() for k, v in tensors.items()}, strict=False)
    return network.eval().requires_grad_(False)


def network_of(card: ModelCard) -> VideoNetwork:
    """
    Build the network a card describes, with initial weights.

    :param card: the card.
    :return: the network.
    :raises ValueError: when the architecture cannot be built.
    """
    architecture, spec = card.architecture, card.spec
    return build_network(
        architecture.name, num_classes=len(card.labels), in_channels=len(spec.mean),
        excitation=architecture.excitation, excitation_stages=architecture.excitation_stages,
        width=architecture.width, mean=spec.mean, std=spec.std)


def _check_fit(
    card: ModelCard, expected: Mapping[str, Tensor], found: Mapping[str, Tensor],
) -> None:
    """Name the first few tensors that are missing, unknown or of another shape."""
    num_rows = found['fc.weight'].shape[0] if 'fc.weight' in found else None
    if num_rows is not None and num_rows != len(card.labels):
        raise ModelCardError(
            f'{card.folder}: the card names {len(card.labels)} labels, the weights give '
            f'{num_rows} logits')
    names = {n for n in expected if not n.endswith(COUNTER_SUFFIX)}
    missing, unknown = sorted(names - set(found)), sorted(set(found) - set(expected))
    wrong = [f'{n} {tuple(found[n].shape)} instead of {tuple(expected[n].shape)}'
             for n in sorted(names & set(found)) if found[n].shape != expected[n].shape]
    if missing or unknown or wrong:
        raise ModelCardError(
            f'{card.weights_path}: expected the weights of {card.architecture}; missing '
            f'{missing[:3]}, unknown {unknown[:3]}, of another shape {wrong[:3]}')
