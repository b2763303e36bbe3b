"""The settings of one training run, read from one YAML file."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from imrs_ros.networks import NETWORKS
import yaml

IMAGENET = 'imagenet'
STREAMS = ('rgb', 'flow')
CACHED = ('features', 'maps')
OPTIMIZERS = ('adamw', 'sgd')
SCHEDULES = ('cosine', 'plateau')
KL_REDUCTIONS = ('mean', 'batchmean')
FULL_PRECISION = '32-true'
PRECISIONS = (FULL_PRECISION, 'bf16-mixed', '16-mixed')
CHOICES = {'stream': STREAMS, 'cached': CACHED, 'optimizer': OPTIMIZERS, 'schedule': SCHEDULES,
           'kl_reduction': KL_REDUCTIONS, 'precision': PRECISIONS}
NUMBERS: dict[Any, str] = {int: 'a whole number', float: 'a number'}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunConfig:
    """Everything that decides a run, but for the data folder and the output folder."""

    network: str
    """Name of the network, see ``build_network``."""
    excitation: str = 'ce'
    """``ce``, ``se`` or ``none``."""
    excitation_stages: tuple[int, ...] | None = None
    """Stages followed by an excitation module; null for all."""
    width: float = 1.0
    """Width multiplier of the network."""
    stream: str = 'rgb'
    """What the network sees: ``rgb``, or ``flow`` (extracted frames only)."""
    pretrained: str | None = None
    """``imagenet`` (lite0 only), the path of a published checkpoint, or null."""
    frozen: tuple[str, ...] = ()
    """Patterns (fnmatch) of parameter names that keep their value; their BN statistics too."""
    cached_draws: int = 0
    """Compute what is frozen once, for so many draws of the random clips, and train the rest on
    that, whatever the seed; 0 trains through the whole network."""
    cached: str = 'features'
    """What is computed once: pooled ``features``, so that ``norm`` and ``fc`` learn, or the
    ``maps`` of the frame part, so that the whole clip part learns."""
    teachers: tuple[str, ...] = ()
    """Folders of finished flow runs to imitate; their features are set side by side. Empty for
    cross-entropy alone."""
    lambda1: float = 50.0
    """Weight of the mean squared error between the student's and the teacher's features."""
    lambda2: float = 200.0
    """Weight of the Kullback-Leibler divergence of the same; 0 for MARS."""
    kl_reduction: str = 'mean'
    """``mean`` over batch and features, or ``batchmean``: a sum over features."""
    num_frames: int = 16
    """Frames of a clip."""
    fps: float = 25.0
    """Rate of the clip's time grid, Hz."""
    size_px: int = 112
    """Side of the square frames."""
    split: int = 1
    """Number of the official split."""
    validation_groups: tuple[int, ...] = (8, 13, 18, 23)
    """Groups of the training list held out to choose the best epoch."""
    validation_fraction: float = 0.0
    """Share of every class held out instead, for videos without groups; needs no groups then."""
    seed: int = 0
    """Decides initial weights, order, crops and all else that is random."""
    epochs: int = 30
    """Passes over the training videos."""
    clips_per_video: int = 1
    """Random clips of every video in an epoch."""
    batch_size: int = 16
    """Clips of an optimiser step, over all processes."""
    num_parts: int = 1
    """A batch is computed in so many parts, shared by the processes; more parts need less memory.
    BN sees one part at a time."""
    optimizer: str = 'adamw'
    """``adamw`` or ``sgd``."""
    momentum: float = 0.9
    """Of SGD."""
    schedule: str = 'cosine'
    """``cosine``: a rise over one epoch, then a cosine to 0; ``plateau``: a tenth after ten epochs
    without a better validation (the paper's)."""
    learning_rate: float = 1e-3
    """Highest rate."""
    pretrained_rate_factor: float = 1.0
    """Multiplies the rate of parameters that were loaded from pretrained weights."""
    weight_decay: float = 0.05
    """Decay of matrices and kernels (not BN or biases); decoupled with AdamW."""
    label_smoothing: float = 0.1
    """Probability spread over the wrong classes, in [0, 1)."""
    mixup_alpha: float = 0.0
    """Beta parameter of mixup (Zhang et al. 2018); 0 for none."""
    dropout: float = 0.5
    """Probability of dropping a pooled feature."""
    smallest_crop: float = 0.5
    """Least side of a random crop over the short side of the image, in (0, 1]."""
    colour_jitter: float = 0.2
    """Strength of brightness, contrast and saturation changes, in [0, 1]."""
    ema_decay: float = 0.99
    """Decay of the average of weights that is evaluated and exported, per step; 0 for none."""
    precision: str = FULL_PRECISION
    """Lightning Fabric's: ``32-true``, or on a GPU ``bf16-mixed`` or ``16-mixed``."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the setting, what it may be, and what came.
        """
        for field in fields(self):
            value, is_number = getattr(self, field.name), field.type in NUMBERS
            allowed = int if field.type is int else (int, float)
            if is_number and (not isinstance(value, allowed) or isinstance(value, bool)):
                raise ValueError(
                    f'{field.name} must be {NUMBERS[field.type]}, got {value!r}')
        if self.network not in NETWORKS:
            raise ValueError(f'network must be one of {NETWORKS}, got {self.network!r}')
        for name in ('excitation_stages', 'frozen', 'teachers', 'validation_groups'):
            value = getattr(self, name)
            if value is not None and not isinstance(value, tuple):
                raise ValueError(f'{name} must be a list, got {value!r}')
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f'{name} must be one of {choices}, got {getattr(self, name)!r}')
        if bool(self.validation_groups) == (self.validation_fraction > 0):
            raise ValueError(
                'exactly one of validation_groups and validation_fraction must hold videos out, '
                f'got {list(self.validation_groups)} and {self.validation_fraction}')
        if self.stream == 'flow' and self.teachers:
            raise ValueError('a flow stream is the teacher; teachers must be empty, got '
                             f'{list(self.teachers)}')
        for name in ('num_frames', 'fps', 'size_px', 'split', 'epochs', 'clips_per_video',
                     'batch_size', 'num_parts', 'learning_rate', 'width'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name} must be above 0, got {getattr(self, name)!r}')
        for name in ('label_smoothing', 'dropout', 'ema_decay', 'validation_fraction'):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f'{name} must be in [0, 1), got {getattr(self, name)!r}')
        if not 0 < self.smallest_crop <= 1:
            raise ValueError(f'smallest_crop must be in (0, 1], got {self.smallest_crop!r}')
        if self.cached_draws and self.frozen:
            raise ValueError('cached_draws decides what is frozen; frozen must be empty, '
                             f'got {list(self.frozen)}')
        for name in ('mixup_alpha', 'lambda1', 'lambda2', 'momentum', 'weight_decay',
                     'colour_jitter', 'pretrained_rate_factor', 'cached_draws'):
            if not getattr(self, name) >= 0:
                raise ValueError(f'{name} must not be negative, got {getattr(self, name)!r}')

    @classmethod
    def from_mapping(cls, values: dict[str, Any], origin: str) -> 'RunConfig':
        """
        Make a config from plain values.

        :param values: by field name; sequences may be lists.
        :param origin: named in errors.
        :return: the checked config.
        :raises ValueError: for unknown names, missing names and wrong values.
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
        :return: the checked config.
        :raises ValueError: when it is not a mapping of known settings.
        """
        values = yaml.safe_load(path.read_text())
        if not isinstance(values, dict):
            raise ValueError(f'{path}: expected a mapping of settings, got {values!r}')
        return cls.from_mapping(values, str(path))

    def to_mapping(self) -> dict[str, Any]:
        """
        Give plain values, as YAML and checkpoints keep them.

        :return: by field name, tuples as lists.
        """
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
