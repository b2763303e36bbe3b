# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The files of a training run: ``last.pt`` to resume from and ``best.pt`` to export.

Both hold plain tensors and numbers and are read with ``weights_only=True``. They are written
under another name and then renamed, so that a kill never leaves half a file.
"""

from dataclasses import dataclass
from pathlib import Path
import pickle
from typing import Any

from imrs_ros.atomic_file import replace_file, replace_text
import torch
from training.config import RunConfig
import yaml

LAST, BEST, CONFIG_FILE = 'last.pt', 'best.pt', 'config.yaml'


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainedModel:
    """The content of ``best.pt``."""

    config: RunConfig
    """Settings of the run."""
    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    state: dict[str, torch.Tensor]
    """State dict of the network."""
    epoch: int
    """Number of epochs trained."""
    validation_top1: float
    """Video accuracy on the validation videos, a fraction."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a run."""

    epoch: int = 0
    """Number of epochs trained."""
    best_top1: float = -1.0
    """Best video accuracy on the validation videos so far."""
    hours: float = 0.0
    """Time spent on these epochs."""


def read_last(config: RunConfig, folder: Path) -> dict[str, Any] | None:
    """
    Read the state to resume a run from.

    :param config: the settings of the run.
    :param folder: its folder, which need not exist.
    :return: the content of ``last.pt``; None for a new run.
    :raises ValueError: when the folder holds a run with other settings, or a damaged state.
    """
    settings, path = config.to_mapping(), folder / CONFIG_FILE
    # A setting that is newer than the run has its default, which changes nothing.
    before = RunConfig.load(path).to_mapping() if path.exists() else settings
    if before != settings:
        changed = [key for key, value in settings.items() if before[key] != value]
        raise ValueError(
            f'{folder}: expected a run with these settings, got one that differs in {changed}; '
            'choose another --out, or remove the folder')
    return read_saved(folder / LAST) if (folder / LAST).exists() else None


def write_settings(config: RunConfig, folder: Path) -> None:
    """
    Write the settings of a run to ``config.yaml``.

    :param config: the settings.
    :param folder: folder of the run; created if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(config.to_mapping(), sort_keys=False)
    replace_text(folder / CONFIG_FILE, text)


def write_atomically(content: dict[str, Any], path: Path) -> None:
    """
    Save with ``torch.save`` so that the file is complete or absent.

    :param content: plain containers, numbers, text and tensors.
    :param path: the file.
    """
    with replace_file(path) as new:
        torch.save(content, new)


def read_saved(path: Path) -> dict[str, Any]:
    """
    Read a file written by ``write_atomically``.

    :param path: the file.
    :return: its content.
    :raises FileNotFoundError: when there is none.
    :raises ValueError: when it is damaged.
    """
    try:
        # Memory-mapped, so that runs that share a cache share its memory.
        content = torch.load(path, map_location='cpu', weights_only=True, mmap=True)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'{path}: expected a file written by training.train, got no such file') from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        raise ValueError(f'{path}: expected a file written by training.train: {error}') from error
    if not isinstance(content, dict):
        raise ValueError(f'{path}: expected a dict, got {type(content).__name__}')
    return content


def write_best(model: TrainedModel, folder: Path) -> None:
    """
    Write the best model of a run.

    :param model: the model.
    :param folder: folder of the run.
    """
    write_atomically({
        'config': model.config.to_mapping(), 'labels': list(model.labels), 'state': model.state,
        'epoch': model.epoch, 'validation_top1': model.validation_top1}, folder / BEST)


def read_best(folder: Path) -> TrainedModel:
    """
    Read the best model of a run.

    :param folder: folder of the run.
    :return: the model.
    :raises FileNotFoundError: when the run has none yet.
    :raises ValueError: when the file is damaged.
    """
    content = read_saved(folder / BEST)
    try:
        return TrainedModel(
            config=RunConfig.from_mapping(content['config'], str(folder / BEST)),
            labels=tuple(content['labels']), state=content['state'], epoch=content['epoch'],
            validation_top1=content['validation_top1'])
    except KeyError as error:
        raise ValueError(f'{folder / BEST}: expected an entry {error}, got none') from error
