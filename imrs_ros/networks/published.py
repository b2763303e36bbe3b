# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A checkpoint file of 3D-ResNets or MARS, read without running its pickle code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import pickle

from imrs_ros.architectures.fit import COUNTER_SUFFIX
import torch
from torch import Tensor

PARALLEL_PREFIX = 'module.'
MARS, RESNETS_2020 = 'mars', '3d-resnets-2020'
NORMALISATIONS: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    MARS: ((114.7748, 107.7354, 99.4750), (1.0,) * 3),
    RESNETS_2020: ((0.4345 * 255, 0.4051 * 255, 0.3775 * 255),
                   (0.2768 * 255, 0.2713 * 255, 0.2737 * 255))}
"""
Mean and divisor of pixels in [0, 255].

``mars``: the mean of ActivityNet (``mean.py`` of MARS and of 3D-ResNets until 2018). Of 2020: mean
and deviation of Kinetics (``mean.py`` of 3D-ResNets since April 2020, for pixels / 255).
"""
HEADS = {
    b'<': 'a web page: Google Drive asks before it sends a large file; open the link in a '
          'browser, confirm, and save the file itself',
    b'version https://git-lfs': 'a pointer of Git LFS; fetch the file itself with `git lfs pull`'}
"""First bytes of files that are no checkpoints, and what they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedCheckpoint:
    """The content of a file."""

    path: Path
    """The file."""
    tensors: Mapping[str, Tensor]
    """By the name in the network, without ``module.``."""
    normalisation: str | None
    """Key of ``NORMALISATIONS`` that the network was trained with; None if the file does not tell:
    the scripts of 2020 save their scheduler, and those before saved no counters of batches."""

    @property
    def is_shortcut_a(self) -> bool:
        """Whether it is a 3D ResNet whose shortcuts pad with zeros where the shape changes."""
        return 'layer2.0.conv1.weight' in self.tensors and not any(
            '.downsample.' in name for name in self.tensors)


def read_published(path: Path) -> PublishedCheckpoint:
    """
    Read a 3D-ResNets or MARS checkpoint, or a plain state dict.

    :param path: a file written by ``torch.save``.
    :return: its content.
    :raises FileNotFoundError: when there is no such file.
    :raises ValueError: when the file is not a checkpoint, naming what it is where that is known.
    """
    with path.open('rb') as file:
        head = file.read(512).lstrip(b'\xef\xbb\xbf \t\r\n')
    for start, kind in HEADS.items():
        if head.startswith(start):
            raise ValueError(f'{path}: expected a checkpoint, got {kind}')
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, KeyError) as error:
        raise ValueError(
            f'{path}: expected a checkpoint of plain tensors (a state dict, or a dict with '
            f'"state_dict") that weights_only=True can read, got: {error}') from error
    state = content.get('state_dict', content) if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise ValueError(f'{path}: expected a dict of tensors, got {type(content).__name__}')
    tensors = {_plain_name(k): v for k, v in state.items() if isinstance(v, Tensor)}
    is_before_2020 = not any(name.endswith(COUNTER_SUFFIX) for name in tensors)
    return PublishedCheckpoint(path=path, tensors=tensors, normalisation=(
        RESNETS_2020 if 'scheduler' in content else MARS if is_before_2020 else None))


def _plain_name(name: str) -> str:
    while name.startswith(PARALLEL_PREFIX):
        name = name.removeprefix(PARALLEL_PREFIX)
    return name
