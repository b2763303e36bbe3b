# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Loads published checkpoints into a network: what fits is loaded, the rest is reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from imrs_ros.architectures.fit import COUNTER_SUFFIX
from imrs_ros.networks.published import PublishedCheckpoint, read_published
from torch import nn, Tensor


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What happened to every tensor of a checkpoint and of the network."""

    loaded: tuple[str, ...]
    """Names copied into the network."""
    skipped: Mapping[str, str]
    """Names in the checkpoint that were not used, with the reason."""
    initial: tuple[str, ...]
    """Names in the network that keep their initial value."""

    def __str__(self) -> str:
        """Return the report as lines of text."""
        lines = [f'loaded {len(self.loaded)} tensors']
        lines += [f'skipped {name}: {reason}' for name, reason in self.skipped.items()]
        lines += [f'left at its initial value: {name}' for name in self.initial]
        return '\n'.join(lines)


def load_published(network: nn.Module, path: Path | str) -> LoadReport:
    """
    Load a 3D-ResNets or MARS checkpoint, or a plain state dict, without running its pickle code.

    :param network: the network to fill; its last layer may have another number of classes.
    :param path: a file written by ``torch.save``.
    :return: what was loaded, skipped and left as it was.
    :raises FileNotFoundError: when there is no such file.
    :raises ValueError: when the file is not a checkpoint, or does not fit the network.
    """
    return load_checkpoint(network, read_published(Path(path)))


def load_checkpoint(network: nn.Module, checkpoint: PublishedCheckpoint) -> LoadReport:
    """
    Load the content of a checkpoint file.

    :param network: the network to fill; its last layer may have another number of classes.
    :param checkpoint: the content.
    :return: what was loaded, skipped and left as it was.
    :raises ValueError: when nothing in it fits the network, or its shortcuts are of type A.
    """
    if checkpoint.is_shortcut_a and any('.downsample.' in n for n in network.state_dict()):
        raise ValueError(
            f'{checkpoint.path}: expected a network with shortcuts of type B, which have weights '
            '(layer2.0.downsample), got one of type A, which has none and is not built here; '
            'choose a checkpoint that was trained with --resnet_shortcut B')
    try:
        return load_matching(network, checkpoint.tensors)
    except ValueError as error:
        raise ValueError(f'{checkpoint.path}: {error}') from error


def load_matching(network: nn.Module, tensors: Mapping[str, Tensor]) -> LoadReport:
    """
    Copy every tensor whose name and shape the network has.

    :param network: the network to fill.
    :param tensors: by name.
    :return: what was loaded, skipped and left as it was.
    :raises ValueError: when no tensor fits.
    """
    target = network.state_dict()
    fitting: dict[str, Tensor] = {}
    skipped: dict[str, str] = {}
    for name, tensor in tensors.items():
        if name not in target:
            skipped[name] = 'the network has no such tensor'
        elif target[name].shape != tensor.shape:
            skipped[name] = (f'the network has shape {tuple(target[name].shape)}, '
                             f'the checkpoint {tuple(tensor.shape)}')
        else:
            fitting[name] = tensor
    if not fitting:
        raise ValueError(
            f'no tensor of the checkpoint fits the network; it holds {sorted(tensors)[:3]}..., '
            f'the network expects {sorted(target)[:3]}...; was it made for this architecture?')
    network.load_state_dict(fitting, strict=False)
    # A missing BN counter (files older than PyTorch 0.4.1) changes nothing that is computed.
    initial = [n for n in target if n not in fitting and not n.endswith(COUNTER_SUFFIX)]
    return LoadReport(tuple(fitting), skipped, tuple(initial))
