# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The settings of one training run, read from a YAML file."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from imrs_ros.model_folders import FINDER_NAME
from imrs_ros.networks import NETWORKS, NORMALISATIONS
from imrs_ros.yaml_file import read_yaml, YamlFileError

IMAGENET = 'imagenet'
POSE = 'pose'
"""The network that sees people's keypoints alone, a teacher."""
NETWORK_NAMES = (*NETWORKS, POSE)
STREAMS = ('rgb', 'flow')
CACHED = ('features', 'maps')
OPTIMIZERS = ('adamw', 'sgd')
SCHEDULES = ('cosine', 'plateau')
KL_REDUCTIONS = ('mean', 'batchmean')
BEST_EPOCH, LAST_EPOCH = 'best', 'last'
FULL_PRECISION = '32-true'
PRECISIONS = (FULL_PRECISION, 'bf16-mixed', '16-mixed')
CHOICES = {'network': NETWORK_NAMES, 'stream': STREAMS, 'cached': CACHED,
           'optimizer': OPTIMIZERS, 'normalisation': (None, *NORMALISATIONS),
           'schedule': SCHEDULES, 'kl_reduction': KL_REDUCTIONS, 'precision': PRECISIONS,
           'chosen_epoch': (BEST_EPOCH, LAST_EPOCH)}
NUMBERS: dict[Any, str] = {int: 'a whole number', float: 'a number'}
LISTS = ('excitation_stages', 'frozen', 'teachers', 'validation_groups')
RANGES: tuple[tuple[str, Callable[[float], bool], tuple[str, ...]], ...] = (
    ('be above 0', lambda value: value > 0,
     ('num_frames', 'fps', 'size_px', 'split', 'epochs', 'clips_per_video', 'batch_size',
      'num_parts', 'learning_rate', 'width')),
    ('be in [0, 1)', lambda value: 0 <= value < 1,
     ('label_smoothing', 'dropout', 'ema_decay', 'validation_fraction')),
    ('be in (0, 1]', lambda value: 0 < value <= 1, ('smallest_crop',)),
    ('not be negative', lambda value: value >= 0,
     ('mixup_alpha', 'lambda1', 'lambda2', 'momentum', 'weight_decay', 'colour_jitter',
      'pretrained_rate_factor', 'cached_draws')))
"""Each requirement, its test, and the settings that must meet it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunConfig:
    """All settings of a run, except its folders."""

    network: str
    """Name of the network, see ``build_network``; or ``pose``, a teacher that finds people and
    sees how they are posed and move."""
    excitation: str = 'ce'
    """``ce``, ``se`` or ``none``."""
    excitation_stages: tuple[int, ...] | None = None
    """Stages followed by an excitation module; null for all."""
    width: float = 1.0
    """Width multiplier of the network."""
    stream: str = 'rgb'
    """Input of the network: ``rgb``, or ``flow`` (extracted frames only)."""
    pretrained: str | None = None
    """``imagenet`` (lite0 only), ``movenet`` (pose only), the path of a published checkpoint, the
    folder of a finished run or of a model of the same network, to train it further, or null."""
    normalisation: str | None = None
    """Of RGB pixels in a 3D ResNet: ``mars``, ``3d-resnets-2020``, or null for ``mars``; a
    published checkpoint must be trained on as it was before."""
    frozen: tuple[str, ...] = ()
    """Patterns (fnmatch) of parameters that do not learn; their BN statistics stay as well."""
    cached_draws: int = 0
    """Number of draws of the random clips for which the output of the frozen part is computed
    once and stored, whatever the seed; 0 trains the whole network."""
    cached: str = 'features'
    """With ``cached_draws``, what is stored: pooled ``features``, so that only ``norm`` and ``fc``
    learn, or the ``maps`` of the frame part, so that the whole clip part learns."""
    teachers: tuple[str, ...] = ()
    """Folders of finished runs to imitate, of flow, of the network ``pose`` or of RGB, or model
    folders; the distances from all of them add up. Of an RGB network, its moving features are
    imitated: a run that trains it further keeps what it has learnt of flow (Li and Hoiem 2016,
    "Learning without forgetting"). Empty for cross-entropy alone."""
    lambda1: float = 50.0
    """Weight of the mean squared error between the student's and the teacher's features."""
    lambda2: float = 200.0
    """Weight of the Kullback-Leibler divergence between the same features; 0 for MARS."""
    kl_reduction: str = 'mean'
    """``mean`` over batch and features, or ``batchmean``: the sum over features."""
    num_frames: int = 16
    """Number of frames of a clip."""
    fps: float = 25.0
    """Rate of the time grid, Hz."""
    size_px: int = 112
    """Side of the square frames, pixels."""
    split: int = 1
    """Number of the official split."""
    validation_groups: tuple[int | str, ...] = (8, 13, 18, 23)
    """Groups of the training list held out to choose the best epoch: the gXX of UCF101 names, or
    words of ``groups.txt``."""
    validation_fraction: float = 0.0
    """Fraction of every class held out instead, in whole groups where videos have groups."""
    seed: int = 0
    """Seed of initial weights, order, crops and everything else that is random."""
    epochs: int = 30
    """Passes over the training videos."""
    chosen_epoch: str = BEST_EPOCH
    """``best``: the first of the epochs with the greatest accuracy on the validation videos is
    evaluated and exported; ``last``: the last one, as is fair to a run that starts from weights
    which were chosen on the same validation videos."""
    clips_per_video: int = 1
    """Random clips of every video per epoch."""
    batch_size: int = 16
    """Clips per optimiser step, over all processes."""
    num_parts: int = 1
    """Parts of a batch, shared by the processes; more parts need less memory, and BN sees one part
    at a time."""
    optimizer: str = 'adamw'
    """``adamw`` or ``sgd``."""
    momentum: float = 0.9
    """Momentum of SGD."""
    schedule: str = 'cosine'
    """``cosine``: a linear warm-up over one epoch, then a cosine to 0; ``plateau``: a tenth after
    ten epochs without a better validation (as in the paper)."""
    learning_rate: float = 1e-3
    """Highest learning rate."""
    pretrained_rate_factor: float = 1.0
    """Factor of the learning rate of pretrained parameters."""
    weight_decay: float = 0.05
    """Weight decay of matrices and kernels (not BN or biases); decoupled in AdamW."""
    label_smoothing: float = 0.1
    """Probability spread over all classes, in [0, 1)."""
    mixup_alpha: float = 0.0
    """Parameter of the Beta distribution of mixup (Zhang et al. 2018); 0 for none."""
    dropout: float = 0.5
    """Probability of dropping a pooled feature."""
    smallest_crop: float = 0.5
    """Smallest side of a random crop over the short side of the image, in (0, 1]."""
    colour_jitter: float = 0.2
    """Strength of brightness, contrast and saturation changes, in [0, 1]."""
    ema_decay: float = 0.99
    """Decay per step of the average of weights, which is evaluated and exported; 0 for none."""
    precision: str = FULL_PRECISION
    """Lightning Fabric's: ``32-true``, or on a GPU ``bf16-mixed`` or ``16-mixed``."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the setting, what it may be, and its value.
        """
        self._check_types()
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f'{name} must be one of {choices}, got {getattr(self, name)!r}')
        for requirement, is_valid, names in RANGES:
            for name in names:
                if not is_valid(getattr(self, name)):
                    raise ValueError(f'{name} must {requirement}, got {getattr(self, name)!r}')
        if bool(self.validation_groups) == (self.validation_fraction > 0):
            raise ValueError(
                'exactly one of validation_groups and validation_fraction must hold videos out, '
                f'got {list(self.validation_groups)} and {self.validation_fraction}')
        if self.stream == 'flow' and self.teachers:
            raise ValueError('teachers must be empty for a flow stream, itself a teacher, got '
                             f'{list(self.teachers)}')
        if self.normalisation and (self.stream == 'flow' or self.network == 'lite0'):
            raise ValueError('normalisation must be null for a flow stream and for lite0, which '
                             f'have their own, got {self.normalisation}')
        if (self.network == POSE) != (self.pretrained == FINDER_NAME) or (
                self.network == POSE and (self.stream == 'flow' or self.teachers
                                          or self.excitation != 'none')):
            raise ValueError(
                f'network {POSE} must be a teacher of RGB with pretrained: {FINDER_NAME} and '
                'excitation: none, and no other has that finder, got network '
                f'{self.network}, stream {self.stream}, pretrained {self.pretrained}, excitation '
                f'{self.excitation} and teachers {list(self.teachers)}')
        if self.cached_draws and self.frozen:
            raise ValueError('frozen must be empty with cached_draws, which decides what is '
                             f'frozen, got {list(self.frozen)}')

    def _check_types(self) -> None:
        for field in fields(self):
            value, is_number = getattr(self, field.name), field.type in NUMBERS
            allowed = int if field.type is int else (int, float)
            if is_number and (not isinstance(value, allowed) or isinstance(value, bool)):
                raise ValueError(
                    f'{field.name} must be {NUMBERS[field.type]}, got {value!r}')
        for name in LISTS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, tuple):
                raise ValueError(f'{name} must be a list, got {value!r}')

    @classmethod
    def from_mapping(cls, values: dict[str, Any], origin: str) -> 'RunConfig':
        """
        Create a config from plain values.

        :param values: values by setting; sequences are lists.
        :param origin: named in errors.
        :return: the config.
        :raises ValueError: for unknown or missing settings and wrong values.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f'{origin}: unknown settings {unknown}; known are {sorted(known)}')
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        try:
            return cls(**plain)
        except (TypeError, ValueError) as error:
            raise ValueError(f'{origin}: {error}') from error

    @classmethod
    def load(cls, path: Path) -> 'RunConfig':
        """
        Read a YAML file.

        :param path: the file.
        :return: the config.
        :raises ValueError: when it is not a mapping of valid settings.
        """
        try:
            values = read_yaml(path)
        except YamlFileError as error:
            raise ValueError(f'{path}: {error}') from error
        if not isinstance(values, dict):
            raise ValueError(f'{path}: expected a mapping of settings, got {values!r}')
        return cls.from_mapping(values, str(path))

    def to_mapping(self) -> dict[str, Any]:
        """
        Return plain values, for YAML and checkpoints.

        :return: values by setting; tuples become lists.
        """
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
