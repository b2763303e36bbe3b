# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The card of a model: ``model.yaml`` beside ``model.safetensors``, read and checked.

A model folder is data only: nothing in it is executed, and no path in it is followed. It may name
other models whose weights it uses; these lie beside it, or are installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
import hashlib
from pathlib import Path
import re
from typing import Any

from imrs_ros.card_fields import (
    CardSection, FieldKind, integer, list_of, MAX_CHARACTERS, number, optional, STRING)
from imrs_ros.model_folders import find_model
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import CPU_PRECISIONS, OperatingPoint, SettingsError
from imrs_ros.yaml_file import read_yaml

CARD_FILE = 'model.yaml'
WEIGHTS_FILE = 'model.safetensors'
CARD_FORMAT = 1
NUM_CHANNELS = 3
GOLDEN_BOUND = 0.05
"""Logits; the bound between a trained model and its export. Half precision shifts ucf10's logits
by 0.006."""
PROBABILITY = number(0, 1)
MODEL_NAME = FieldKind(
    f'the name of a model folder, of at most {MAX_CHARACTERS} letters, digits, "_" and "-"',
    lambda value: STRING.accepts(value) and value.replace('-', '').replace('_', '').isalnum())
PART_FILE = FieldKind(
    'names of .xml and .bin files of lower-case letters and "_"',
    lambda value: isinstance(value, str) and re.fullmatch(r'[a-z_]{1,40}\.(xml|bin)', value)
    is not None)
LABELS = FieldKind(
    f'a list of distinct strings other than {NO_ACTION!r}, of at most {MAX_CHARACTERS} printable '
    'characters',
    lambda value: list_of(STRING).accepts(value) and 0 < len(value) == len({*value} - {NO_ACTION}))


class ModelCardError(ValueError):
    """A model folder that cannot be used; the text names the file and the entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """Arguments of ``build_network``."""

    name: str
    """Name of the network."""
    excitation: str
    """``ce``, ``se`` or ``none``."""
    excitation_stages: tuple[int, ...] | None
    """Stages followed by an excitation module; None for all."""
    width: float
    """Width multiplier."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoneScoreSpec:
    """The network's last logit, of "none of these"; see ``networks.none_score``."""

    num_components: int
    """Dimensions of the space in which distances are measured."""

    @classmethod
    def from_section(cls, section: CardSection) -> 'NoneScoreSpec':
        """
        Read the section ``none_score`` of a card.

        :param section: the section.
        :return: the score.
        :raises ValueError: if an entry is missing or invalid.
        """
        return cls(num_components=section.read('num_components', integer(1, 4096)))


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherWeights:
    """The weights of another model folder, used as they are."""

    model: str
    """Name of the folder."""
    sha256: str
    """SHA-256 of its weights file, hexadecimal."""

    def __post_init__(self) -> None:
        """
        Check the name.

        :raises ValueError: when it is no name of a folder.
        """
        if not MODEL_NAME.accepts(self.model):
            raise ValueError(f'expected {MODEL_NAME.description}, got {self.model!r:.60}')

    @classmethod
    def from_section(cls, section: CardSection) -> 'OtherWeights':
        """
        Read a section that names another model.

        :param section: the section.
        :return: the weights.
        :raises ValueError: if an entry is missing or invalid.
        """
        return cls(model=section.read('model', MODEL_NAME), sha256=section.read('sha256', STRING))


@dataclass(frozen=True, kw_only=True, slots=True)
class PoseSpec:
    """A pose stream beside the network; see ``networks.posed_network``."""

    weight: float
    """Of its probabilities in the average."""
    num_members: int
    """Of its classifier."""
    picture: OtherWeights
    """Of the network of the whole picture."""
    finder: OtherWeights
    """Of the network that finds people."""

    @classmethod
    def from_section(cls, section: CardSection) -> 'PoseSpec':
        """
        Read the section ``pose`` of a card.

        :param section: the section.
        :return: the stream.
        :raises ValueError: if an entry is missing or invalid.
        """
        return cls(
            weight=float(section.read('weight', number(0.01, 0.99))),
            num_members=section.read('num_members', integer(1, 100)),
            picture=OtherWeights.from_section(section.section('picture')),
            finder=OtherWeights.from_section(section.section('finder')))


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpec:
    """Input of the network."""

    num_frames: int
    """T, frames per clip."""
    fps: float
    """Rate of the clip's time grid, Hz."""
    size_px: int
    """Side of the square frames."""
    mean: tuple[float, ...]
    """Per-channel mean, for pixels in [0, 255]."""
    std: tuple[float, ...]
    """Per-channel standard deviation, for pixels in [0, 255]."""

    @classmethod
    def from_section(cls, section: CardSection) -> 'InputSpec':
        """
        Read the section ``input`` of a card.

        :param section: the section.
        :return: the input.
        :raises ValueError: if an entry is missing or invalid.
        """
        mean = section.read('mean', list_of(number(-1e6, 1e6)))
        std = section.read('std', list_of(number(1e-6, 1e6)))
        if not len(mean) == len(std) == NUM_CHANNELS:
            raise ValueError(
                f'input.mean and input.std: expected {NUM_CHANNELS} channels (RGB), got '
                f'{len(mean)} and {len(std)}; a flow network can only be a teacher')
        return cls(
            num_frames=section.read('num_frames', integer(1, 256)),
            fps=float(section.read('fps', number(0.1, 1000))),
            size_px=section.read('size_px', integer(16, 1024)),
            mean=tuple(map(float, mean)), std=tuple(map(float, std)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Golden:
    """Reference logits of the golden clips, to check engines compiled from the network."""

    bound: float
    """Largest difference allowed in any logit."""
    clips_sha256: str | None = None
    """SHA-256 of the clips' bytes; None if the card has no logits."""
    logits: tuple[tuple[float, ...], ...] = ()
    """Logits of each clip, computed by PyTorch in float32."""

    @classmethod
    def from_section(cls, section: CardSection, num_logits: int) -> 'Golden':
        """
        Read the section ``golden`` of a card.

        :param section: the section; may be empty.
        :param num_logits: logits per clip.
        :return: the reference.
        :raises ValueError: if an entry is invalid.
        """
        row = FieldKind(f'a list of {num_logits} numbers, one per logit', lambda value: list_of(
            number(-1e6, 1e6)).accepts(value) and len(value) == num_logits)
        return cls(
            bound=float(section.read('bound', number(1e-6, 1e3), default=GOLDEN_BOUND)),
            clips_sha256=section.read('clips_sha256', optional(STRING), default=None),
            logits=tuple(map(tuple, section.read('logits', list_of(row), default=[]))))


@dataclass(frozen=True, kw_only=True, slots=True)
class VouchedPrecision:
    """A coarser arithmetic on a CPU in which the model was measured."""

    clip_top1: float
    """On the clips of the test list, in [0, 1]."""
    clip_top1_float32: float
    """On the same clips, in [0, 1]."""
    sha256: Mapping[str, str]
    """SHA-256, hexadecimal, of the files that it needs in the model folder, by name."""

    @classmethod
    def from_section(cls, section: CardSection) -> 'VouchedPrecision':
        """
        Read an entry of the section ``cpu_precisions`` of a card.

        :param section: the entry.
        :return: the precision.
        :raises ValueError: if a value is missing or invalid.
        """
        files = section.section('sha256', default={})
        wrong = [name for name in files if not PART_FILE.accepts(name)]
        if wrong:
            raise ValueError(f'cpu_precisions: expected {PART_FILE.description}, got '
                             f'{wrong[0]!r:.60}')
        return cls(
            clip_top1=float(section.read('clip_top1', PROBABILITY)),
            clip_top1_float32=float(section.read('clip_top1_float32', PROBABILITY)),
            sha256={name: files.read(name, STRING) for name in files})


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """Everything the run time needs to know about a model."""

    name: str
    """The model's name."""
    architecture: Architecture
    """How to build the network."""
    none_score: NoneScoreSpec | None
    """How the network scores "none of these"; None if it does not."""
    pose: PoseSpec | None
    """Its pose stream; None for a network of the whole picture alone."""
    spec: InputSpec
    """Input of the network."""
    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    temperature: float
    """Calibration: logits are divided by it before the softmax."""
    operating_point: OperatingPoint
    """Thresholds of the decision, where the settings give none."""
    weights_sha256: str
    """SHA-256 of the weights file, hexadecimal."""
    folder: Path
    """Folder of card and weights."""
    provenance: Mapping[str, Any]
    """How the model was trained and its accuracy; for people, not used by the program."""
    golden: Golden = Golden(bound=GOLDEN_BOUND)
    """Reference for checking engines; computed at load if an older card has none."""
    cpu_precisions: Mapping[str, VouchedPrecision] = field(default_factory=dict)
    """What it vouches for besides float32, by name: accuracy was measured, and is about the
    same."""

    @property
    def num_logits(self) -> int:
        """Return the number of logits: one for each label, and one for none of them."""
        return len(self.labels) + (self.none_score is not None)

    @property
    def weights_path(self) -> Path:
        """Return the path of the weights file."""
        return self.folder / WEIGHTS_FILE

    def find_weights(self, other: OtherWeights) -> Path:
        """
        Find the weights of another model that this one uses.

        :param other: from this card.
        :return: the weights file.
        :raises ModelCardError: when there is none, or it holds others.
        """
        path = self.folder.parent / other.model / WEIGHTS_FILE
        try:
            path = path if path.is_file() else find_model(other.model) / WEIGHTS_FILE
            _check_weights(path, other.sha256)
        except (OSError, ModelCardError) as error:
            raise ModelCardError(
                f'{self.folder}: expected the weights of {other.model} beside it: {error}'
            ) from error
        return path

    @classmethod
    def load(cls, folder: Path | str) -> 'ModelCard':
        """
        Read the card of a model folder and verify the SHA-256 of the weights.

        :param folder: the folder of ``model.yaml`` and ``model.safetensors``.
        :return: the card.
        :raises ModelCardError: if the folder or a file is missing, an entry is missing or invalid,
            or the weights are not those the card was written for.
        """
        folder = Path(folder)
        for name in (CARD_FILE, WEIGHTS_FILE):
            if not (folder / name).is_file():
                raise ModelCardError(
                    f'{folder}: expected a model folder with {CARD_FILE} and {WEIGHTS_FILE}, '
                    f'got no {name}')
        path = folder / CARD_FILE
        try:
            card = cls.from_mapping(read_yaml(path), folder)
        except ValueError as error:
            raise ModelCardError(f'{path}: {error}') from error
        _check_weights(card.weights_path, card.weights_sha256)
        if card.pose is not None:
            for other in (card.pose.picture, card.pose.finder):
                card.find_weights(other)
        return card

    @classmethod
    def from_mapping(cls, values: Any, folder: Path) -> 'ModelCard':
        """
        Create a card from the content of ``model.yaml``.

        :param values: the content.
        :param folder: the model folder.
        :return: the card.
        :raises ValueError: if an entry is missing or invalid.
        """
        if not isinstance(values, Mapping) or values.get('format') != CARD_FORMAT:
            raise ValueError(f'expected "format: {CARD_FORMAT}", got {values!r:.60}')
        card = CardSection(values)
        network, calibration = card.section('network'), card.section('calibration')
        labels = tuple(card.read('labels', LABELS))
        stages = network.read('excitation_stages', optional(list_of(integer(1, 100))))
        none_score = (NoneScoreSpec.from_section(card.section('none_score'))
                      if 'none_score' in values else None)
        provenance = values.get('provenance') or {}
        CardSection(provenance, 'provenance')  # Refuses anything but a mapping.
        return cls(
            name=card.read('name', STRING), folder=folder, labels=labels, none_score=none_score,
            pose=PoseSpec.from_section(card.section('pose')) if 'pose' in values else None,
            temperature=float(calibration.read('temperature', number(0.001, 1000))),
            operating_point=_operating_point(card.section('decision', default={}), labels),
            weights_sha256=card.section('weights').read('sha256', STRING),
            architecture=Architecture(
                name=network.read('name', STRING), excitation=network.read('excitation', STRING),
                excitation_stages=None if stages is None else tuple(stages),
                width=float(network.read('width', number(0.01, 100)))),
            spec=InputSpec.from_section(card.section('input')),
            golden=Golden.from_section(
                card.section('golden', default={}), len(labels) + (none_score is not None)),
            cpu_precisions=_vouched(card.section('cpu_precisions', default={})),
            provenance=provenance)


def _check_weights(path: Path, sha256: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise ModelCardError(
            f'{path}: expected SHA-256 {sha256}, as in {CARD_FILE}, got {found}; copy card and '
            'weights again, together')


def _vouched(section: CardSection) -> dict[str, VouchedPrecision]:
    unknown = [name for name in section if name not in CPU_PRECISIONS[1:]]
    if unknown:
        raise ValueError(f'cpu_precisions: expected entries of {", ".join(CPU_PRECISIONS[1:])}, '
                         f'got {unknown!r:.60}')
    return {name: VouchedPrecision.from_section(section.section(name)) for name in section}


def _operating_point(section: CardSection, labels: tuple[str, ...]) -> OperatingPoint:
    of_classes = section.section('class_thresholds', default={})
    expected = [field.name for field in fields(OperatingPoint)]
    if others := [name for name in section if name not in expected]:
        raise ValueError(
            f'decision: expected entries of {", ".join(expected)}, got {others!r:.60}')
    unknown = [label for label in of_classes if label not in labels]
    if unknown:
        raise ValueError(
            f'decision.class_thresholds: expected labels of this model, got {unknown!r:.60}')
    default = OperatingPoint()
    try:
        return OperatingPoint(
            **{name: float(section.read(name, PROBABILITY, default=getattr(default, name)))
               for name in ('enter_threshold', 'leave_threshold')},
            class_thresholds={
                label: float(of_classes.read(label, PROBABILITY)) for label in of_classes})
    except SettingsError as error:
        raise ValueError(f'decision: {error}') from error
