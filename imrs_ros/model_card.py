"""
The card of a model: ``model.yaml`` beside ``model.safetensors``, read and checked.

A model folder holds data only: nothing in it is executed, and no path in it is followed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import hashlib
from pathlib import Path
from typing import Any

import yaml

CARD_FILE = 'model.yaml'
WEIGHTS_FILE = 'model.safetensors'
CARD_FORMAT = 1


class ModelCardError(ValueError):
    """A model folder that cannot be used; the text names the file and the entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """The arguments of ``build_network``."""

    name: str
    """Name of the network."""
    excitation: str
    """``ce``, ``se`` or ``none``."""
    excitation_stages: tuple[int, ...] | None
    """Stages followed by an excitation module; None for all."""
    width: float
    """Width multiplier."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpec:
    """What the network takes."""

    num_frames: int
    """T, frames of a clip."""
    fps: float
    """Rate of the clip's time grid, Hz."""
    size_px: int
    """Side of the square frames."""
    mean: tuple[float, ...]
    """Per-channel mean, for pixels in [0, 255]."""
    std: tuple[float, ...]
    """Per-channel divisor."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the entry and what came.
        """
        for name in ('num_frames', 'fps', 'size_px'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name} must be above 0, got {getattr(self, name)}')
        if len(self.mean) != len(self.std) or not self.mean or min(self.std) <= 0:
            raise ValueError('mean and std must have one value a channel, std above 0; got '
                             f'{list(self.mean)} and {list(self.std)}')


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """Everything the run time needs to know of a model."""

    name: str
    """The model's name."""
    architecture: Architecture
    """How to build the network."""
    spec: InputSpec
    """What the network takes."""
    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    temperature: float
    """Calibration: logits are divided by it before the softmax."""
    weights_sha256: str
    """SHA-256 of the weights file, hexadecimal."""
    folder: Path
    """Where card and weights lie."""
    provenance: Mapping[str, Any]
    """How the model was made and how well it does; for people, not for the program."""

    @property
    def weights_path(self) -> Path:
        """Give the weights file."""
        return self.folder / WEIGHTS_FILE

    @classmethod
    def load(cls, folder: Path | str) -> 'ModelCard':
        """
        Read the card of a model folder and check the weights against its SHA-256.

        :param folder: holds ``model.yaml`` and ``model.safetensors``.
        :return: the card.
        :raises ModelCardError: when the folder or a file is missing, an entry is missing or
            wrong, or the weights are not those the card was written for.
        """
        folder = Path(folder)
        for name in (CARD_FILE, WEIGHTS_FILE):
            if not (folder / name).is_file():
                raise ModelCardError(
                    f'{folder}: expected a model folder with {CARD_FILE} and {WEIGHTS_FILE}, '
                    f'got no {name}')
        path = folder / CARD_FILE
        try:
            card = cls.from_mapping(yaml.safe_load(path.read_text(encoding='utf-8')), folder)
        except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            what = f'no entry {error}' if isinstance(error, KeyError) else str(error)
            raise ModelCardError(f'{path}: {what}') from error
        found = hashlib.sha256(card.weights_path.read_bytes()).hexdigest()
        if found != card.weights_sha256:
            raise ModelCardError(
                f'{card.weights_path}: expected SHA-256 {card.weights_sha256} as {CARD_FILE} '
                f'says, got {found}; copy card and weights again, together')
        return card

    @classmethod
    def from_mapping(cls, values: Any, folder: Path) -> 'ModelCard':
        """
        Make a card from the content of ``model.yaml``.

        :param values: the content.
        :param folder: where it lies.
        :return: the card.
        :raises KeyError: for a missing entry.
        :raises ValueError: for a wrong entry.
        """
        if not isinstance(values, Mapping) or values.get('format') != CARD_FORMAT:
            raise ValueError(f'expected "format: {CARD_FORMAT}", got {values!r:.60}')
        network, spec = values['network'], values['input']
        stages = network['excitation_stages']
        labels = tuple(values['labels'])
        if len(set(labels)) != len(labels) or not labels or not _all_text(labels):
            raise ValueError(f'labels must be different, non-empty texts, got {labels}')
        temperature = float(values['calibration']['temperature'])
        if not temperature > 0:
            raise ValueError(f'temperature must be above 0, got {temperature}')
        return cls(
            name=str(values['name']), folder=folder, labels=labels, temperature=temperature,
            weights_sha256=str(values['weights']['sha256']),
            architecture=Architecture(
                name=str(network['name']), excitation=str(network['excitation']),
                excitation_stages=None if stages is None else tuple(stages),
                width=float(network['width'])),
            spec=InputSpec(
                num_frames=int(spec['num_frames']), fps=float(spec['fps']),
                size_px=int(spec['size_px']), mean=tuple(map(float, spec['mean'])),
                std=tuple(map(float, spec['std']))),
            provenance=values.get('provenance') or {})


def _all_text(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) and value for value in values)
