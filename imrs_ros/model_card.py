"""
The card of a model: ``model.yaml`` beside ``model.safetensors``, read and checked.

A model folder holds data only: nothing in it is executed, and no path in it is followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
from pathlib import Path
from typing import Any

from imrs_ros.card_fields import CardSection, FieldKind, list_of, number, optional, TEXT, whole
from imrs_ros.records import NO_ACTION
import yaml

CARD_FILE = 'model.yaml'
WEIGHTS_FILE = 'model.safetensors'
CARD_FORMAT = 1
NUM_CHANNELS = 3
GOLDEN_BOUND = 0.05
"""Logits; as between a trained model and its export. Half precision moves ucf10's by 0.006."""
PROBABILITY = number(0, 1)
LABELS = FieldKind(
    f'a list of different texts, {NO_ACTION!r} not among them',
    lambda value: list_of(TEXT).fits(value) and 0 < len(value) == len({*value} - {NO_ACTION}))


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

    @classmethod
    def from_section(cls, section: CardSection) -> 'InputSpec':
        """
        Read the card's section ``input``.

        :param section: its entries.
        :return: the input.
        :raises ValueError: naming a wrong entry.
        """
        mean = section.read('mean', list_of(number(-1e6, 1e6)))
        std = section.read('std', list_of(number(1e-6, 1e6)))
        if not len(mean) == len(std) == NUM_CHANNELS:
            raise ValueError(
                f'input.mean and input.std: expected {NUM_CHANNELS} channels (RGB), got '
                f'{len(mean)} and {len(std)}; flow streams are teachers only')
        return cls(
            num_frames=section.read('num_frames', whole(1, 256)),
            fps=float(section.read('fps', number(0.1, 1000))),
            size_px=section.read('size_px', whole(16, 1024)),
            mean=tuple(map(float, mean)), std=tuple(map(float, std)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Golden:
    """What the network scores for the golden clips, to check engines compiled from it."""

    bound: float
    """Largest difference of a logit that an engine may show."""
    clips_sha256: str | None = None
    """SHA-256 of the clips' bytes; None where no logits were written."""
    logits: tuple[tuple[float, ...], ...] = ()
    """Logits of each clip, by plain PyTorch in float32."""

    @classmethod
    def from_section(cls, section: CardSection, num_classes: int) -> 'Golden':
        """
        Read the card's section ``golden``.

        :param section: its entries; may be empty.
        :param num_classes: logits of a clip.
        :return: the scores.
        :raises ValueError: naming a wrong entry.
        """
        row = FieldKind(f'a list of {num_classes} numbers, one a label', lambda value: list_of(
            number(-1e6, 1e6)).fits(value) and len(value) == num_classes)
        return cls(
            bound=float(section.read('bound', number(1e-6, 1e3), default=GOLDEN_BOUND)),
            clips_sha256=section.read('clips_sha256', optional(TEXT), default=None),
            logits=tuple(map(tuple, section.read('logits', list_of(row), default=[]))))


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
    no_action_threshold: float | None
    """Calibration: probability that the best class of a window needs to be more than background;
    None where none was fitted."""
    class_thresholds: Mapping[str, float]
    """Calibration: probability that a class needs, by label; need not name all labels."""
    weights_sha256: str
    """SHA-256 of the weights file, hexadecimal."""
    folder: Path
    """Where card and weights lie."""
    provenance: Mapping[str, Any]
    """How the model was made and how well it does; for people, not for the program."""
    golden: Golden = Golden(bound=GOLDEN_BOUND)
    """What an engine is checked against; cards of old have none, and it is computed."""

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
        except (ValueError, yaml.YAMLError) as error:
            raise ModelCardError(f'{path}: {error}') from error
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
        :raises ValueError: naming an entry that is missing or wrong.
        """
        if not isinstance(values, Mapping) or values.get('format') != CARD_FORMAT:
            raise ValueError(f'expected "format: {CARD_FORMAT}", got {values!r:.60}')
        card = CardSection(values)
        network, calibration = card.section('network'), card.section('calibration')
        labels = tuple(card.read('labels', LABELS))
        stages = network.read('excitation_stages', optional(list_of(whole(1, 100))))
        return cls(
            name=card.read('name', TEXT), folder=folder, labels=labels,
            temperature=float(calibration.read('temperature', number(0.001, 1000))),
            no_action_threshold=calibration.read(
                'no_action_threshold', optional(PROBABILITY), default=None),
            class_thresholds=_class_thresholds(
                calibration.section('class_thresholds', default={}), labels),
            weights_sha256=card.section('weights').read('sha256', TEXT),
            architecture=Architecture(
                name=network.read('name', TEXT), excitation=network.read('excitation', TEXT),
                excitation_stages=None if stages is None else tuple(stages),
                width=float(network.read('width', number(0.01, 100)))),
            spec=InputSpec.from_section(card.section('input')),
            golden=Golden.from_section(card.section('golden', default={}), len(labels)),
            provenance=values.get('provenance') or {})


def _class_thresholds(section: CardSection, labels: tuple[str, ...]) -> dict[str, float]:
    unknown = [label for label in section if label not in labels]
    if unknown:
        raise ValueError(
            f'calibration.class_thresholds: expected labels of this model, got {unknown!r:.60}')
    return {label: float(section.read(label, PROBABILITY)) for label in section}
