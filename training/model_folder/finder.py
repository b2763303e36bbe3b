# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The people finder that ships: where its weights lie, and what they are."""

from dataclasses import dataclass
import hashlib
from pathlib import Path

from imrs_ros.atomic_file import replace_file
from imrs_ros.model_card import OtherWeights, WEIGHTS_FILE
from imrs_ros.networks.movenet import MoveNet
from safetensors.torch import save_file


@dataclass(frozen=True, slots=True)
class FinderWeights:
    """Weights of the people finder."""

    path: Path
    """The file."""
    reference: OtherWeights
    """How a card names it."""


def finder_weights(folder: Path) -> FinderWeights:
    """
    Return the weights of a people finder.

    :param folder: its folder.
    :return: the file, and how a card names it.
    :raises FileNotFoundError: when the folder has no weights.
    """
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise FileNotFoundError(f'{path}: expected the weights of a people finder, got no file')
    return FinderWeights(path, OtherWeights(
        model=folder.resolve().name, sha256=hashlib.sha256(path.read_bytes()).hexdigest()))


def write_finder(network: MoveNet, folder: Path) -> Path:
    """
    Write the weights of a people finder.

    :param network: the finder.
    :param folder: created where missing.
    :return: the weights file, float16.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replace_file(folder / WEIGHTS_FILE) as new:
        save_file({name: tensor.half().contiguous()
                   for name, tensor in network.state_dict().items()}, new)
    return folder / WEIGHTS_FILE
