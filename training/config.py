"""The settings of one training run, read from one YAML file."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from imrs_ros.networks import NETWORKS
import yaml

PRETRAINED = (None, 'imagenet')
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
    pretrained: str | None = None
    """``imagenet`` (lite0 only) or null for initial weights."""
    frozen: tuple[str, ...] = ()
    """Patterns (fnmatch) of parameter names that keep their value; their BN statistics too."""
    cached_draws: int = 0
    """Train the last layers alone, on pooled features of so many draws of the random clips,
    computed once; 0 trains through the whole network."""
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
    seed: int = 0
    """Decides initial weights, order, crops and all else that is random."""
    epochs: int = 30
    """Passes over the training videos."""
    clips_per_video: int = 1
    """Random clips of every video in an epoch."""
    batch_size: int = 16
    """Clips of an optimiser step."""
    learning_rate: float = 1e-3
    """Peak rate of AdamW, reached after one epoch, then a cosine to 0."""
    pretrained_rate_factor: float = 1.0
    """Multiplies the rate of parameters that were loaded from pretrained weights."""
    weight_decay: float = 0.05
    """Decoupled decay of AdamW, of matrices and kernels (not BN or biases)."""
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
        if self.pretrained not in PRETRAINED:
            raise ValueError(f'pretrained must be one of {PRETRAINED}, got {self.pretrained!r}')
        for name in ('num_frames', 'fps', 'size_px', 'split', 'epochs', 'clips_per_video',
                     'batch_size', 'learning_rate', 'width'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name} must be above 0, got {getattr(self, name)!r}')
        for name in ('label_smoothing', 'dropout', 'ema_decay'):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f'{name} must be in [0, 1), got {getattr(self, name)!r}')
        if not 0 < self.smallest_crop <= 1:
            raise ValueError(f'smallest_crop must be in (0, 1], got {self.smallest_crop!r}')
        if self.cached_draws and self.frozen:
            raise ValueError('cached_draws freezes all but the last layers; frozen must be empty, '
                             f'got {list(self.frozen)}')
        for name in ('mixup_alpha', 'weight_decay', 'colour_jitter', 'pretrained_rate_factor',
                     'cached_draws'):
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
