"""
What a training run keeps on disk: ``last.pt`` to resume from and ``best.pt`` to export.

Both are plain tensors and numbers, read with ``weights_only=True``, and written beside their
place and moved into it, so that a kill never leaves half a file.
"""

from dataclasses import dataclass
from pathlib import Path
import pickle
from typing import Any

from imrs_ros.atomic_file import replace_file
import torch
from training.config import RunConfig
import yaml

LAST, BEST = 'last.pt', 'best.pt'


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainedModel:
    """The content of ``best.pt``."""

    config: RunConfig
    """How it was trained."""
    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    state: dict[str, torch.Tensor]
    """The network's state dict."""
    epoch: int
    """Epochs trained when it was kept."""
    validation_top1: float
    """Video accuracy on the validation groups, a fraction."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    epoch: int = 0
    """Epochs done."""
    best_top1: float = -1.0
    """Best video accuracy on the validation groups so far."""
    hours: float = 0.0
    """Time spent on them."""


def note_settings(config: RunConfig, folder: Path) -> None:
    """
    Write a run's settings into its folder, or make sure that they are those of the run there.

    :param config: the settings.
    :param folder: made where missing.
    :raises ValueError: when the folder holds a run with other settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings, noted = config.to_mapping(), folder / 'config.yaml'
    before = yaml.safe_load(noted.read_text()) if noted.exists() else settings
    if before != settings:
        changed = [key for key, value in settings.items() if before.get(key) != value]
        raise ValueError(
            f'{folder}: expected a run with these settings, got one that differs in {changed}; '
            'give another --out, or remove the folder')
    noted.write_text(yaml.safe_dump(settings, sort_keys=False))


def write_atomically(content: dict[str, Any], path: Path) -> None:
    """
    Save with ``torch.save`` so that the file is whole or absent.

    :param content: plain containers, numbers, text and tensors.
    :param path: where to.
    """
    with replace_file(path) as new:
        torch.save(content, new)


def read_saved(path: Path) -> dict[str, Any]:
    """
    Read what ``write_atomically`` wrote.

    :param path: the file.
    :return: its content.
    :raises FileNotFoundError: when there is none.
    :raises ValueError: when it is not such a file.
    """
    try:
        # Mapped, not read: runs that share a cache then share its memory.
        content = torch.load(path, map_location='cpu', weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        raise ValueError(f'{path}: expected a file written by training.train: {error}') from error
    if not isinstance(content, dict):
        raise ValueError(f'{path}: expected a dict, got {type(content).__name__}')
    return content


def write_best(model: TrainedModel, folder: Path) -> None:
    """
    Keep a model as the run's best.

    :param model: what to keep.
    :param folder: the run's folder.
    """
    write_atomically({
        'config': model.config.to_mapping(), 'labels': list(model.labels), 'state': model.state,
        'epoch': model.epoch, 'validation_top1': model.validation_top1}, folder / BEST)


def read_best(folder: Path) -> TrainedModel:
    """
    Read a run's best model.

    :param folder: the run's folder.
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
