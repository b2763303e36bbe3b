"""One measured run: how it was trained, and what it reached."""

from dataclasses import dataclass, fields
import math
from types import NoneType
from typing import Any

from imrs_ros.networks import lite0, NETWORKS, resnet3d
from imrs_ros.networks.excitation import EXCITATIONS
from training.clips.optical_flow import FLOW_METHODS
from training.config import KL_REDUCTIONS

STREAMS = ('rgb', 'flow', 'mars', 'imrs', 'rgb+flow', 'imrs+rgb')
DISTILLED = ('mars', 'imrs', 'imrs+rgb')
"""Streams with a part that learnt from a flow stream."""
SPLITS = (1, 2, 3)
"""The official splits of HMDB51 and UCF101."""
TYPES: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), 'text'), str | None: ((str, NoneType), 'text or null'),
    int: ((int,), 'a whole number'), float: ((int, float), 'a number'),
    float | None: ((int, float, NoneType), 'a number or null'),
    tuple[int, ...] | None: ((tuple, NoneType), 'a list of stages or null')}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """One run on the test list of one split: how it was trained and what it reached."""

    study: str
    """What the run belongs to, such as ``paper`` or ``lite0``: one word."""
    name: str
    """Name of the run: one word."""
    network: str
    """Name of the network, see ``build_network``; of both streams where two are averaged."""
    stream: str
    """One of ``STREAMS``; a ``+`` averages the scores of two."""
    excitation: str
    """``ce``, ``se`` or ``none``."""
    excitation_stages: tuple[int, ...] | None
    """Stages followed by an excitation module; null for all, and for excitation ``none``."""
    kl_reduction: str | None
    """``mean`` or ``batchmean``, of the KL term; null where lambda2 is 0."""
    lambda1: float
    """Weight of the feature distance (eq. 8); 0 for streams that are not distilled."""
    lambda2: float
    """Weight of the KL term (eq. 8); 0 for streams that are not distilled."""
    split: int
    """Official split."""
    seed: int
    """The run's seed."""
    clip_top1: float
    """Fraction, as the other accuracies; see ``Accuracy``."""
    clip_top5: float
    """Clips with the right class among the best five."""
    video_top1: float
    """Videos whose best class is right."""
    video_top5: float
    """Videos with the right class among the best five."""
    validation_video_top1: float | None
    """On the held-out training groups, of the epoch that was kept; null without validation."""
    epochs: int
    """Passes over the training videos that the run was set to make."""
    hours: float
    """Time it took to train."""
    num_parameters: int
    """Of all networks that are run at test time."""
    flow: str | None
    """Optical flow it was trained with, ``tvl1`` or ``dis``; null for ``rgb``."""
    command: str
    """The exact command line that made it."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the field, what it may be, and what came.
        """
        for field in fields(self):
            value, (allowed, words) = getattr(self, field.name), TYPES[field.type]
            if not isinstance(value, allowed) or isinstance(value, bool):
                raise ValueError(f'{field.name} must be {words}, got {value!r}')
        for name in ('study', 'name'):
            if len(getattr(self, name).split()) != 1 or '|' in getattr(self, name):
                raise ValueError(f'{name} must be one word without |, got {getattr(self, name)!r}')
        choices = {'network': NETWORKS, 'stream': STREAMS, 'excitation': EXCITATIONS,
                   'flow': (None, *FLOW_METHODS),
                   'kl_reduction': (None, *KL_REDUCTIONS), 'split': SPLITS}
        for name, values in choices.items():
            if getattr(self, name) not in values:
                raise ValueError(f'{name} must be one of {values}, got {getattr(self, name)!r}')
        self._check_excitation()
        self._check_distillation()
        self._check_numbers()

    def _check_excitation(self) -> None:
        stages, present = self.excitation_stages, all_stages(self.network)
        if stages is None:
            return
        if self.excitation == 'none' or not stages:
            raise ValueError(
                'excitation_stages must be null for excitation none and not empty for others, '
                f'got {list(stages)} for {self.excitation}')
        if not all(type(stage) is int and stage in present for stage in stages):
            raise ValueError(
                f'excitation_stages of {self.network} are among {present}, got {list(stages)}')

    def _check_distillation(self) -> None:
        if self.stream not in DISTILLED and (self.lambda1 or self.lambda2):
            raise ValueError(
                f'lambda1 and lambda2 must be 0 for stream {self.stream}, which is not distilled; '
                f'got {self.lambda1} and {self.lambda2}')
        if (self.lambda2 != 0) != (self.kl_reduction is not None):
            raise ValueError('kl_reduction must be null exactly where lambda2 is 0, got '
                             f'{self.kl_reduction!r} and lambda2 {self.lambda2}')
        if (self.stream == 'rgb') != (self.flow is None):
            raise ValueError('flow must be null for stream rgb and only for it, got '
                             f'{self.flow!r} for {self.stream}')

    def _check_numbers(self) -> None:
        for name in ('clip_top1', 'clip_top5', 'video_top1', 'video_top5',
                     'validation_video_top1'):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f'{name} must be a fraction in [0, 1], got {value!r}')
        for kind, top1, top5 in (('clip', self.clip_top1, self.clip_top5),
                                 ('video', self.video_top1, self.video_top5)):
            if top1 > top5:
                raise ValueError(f'{kind}_top1 must not be above {kind}_top5, got {top1}, {top5}')
        for name in ('lambda1', 'lambda2', 'seed', 'hours'):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f'{name} must be finite and not negative, '
                                 f'got {getattr(self, name)!r}')
        for name in ('epochs', 'num_parameters'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name} must be above 0, got {getattr(self, name)!r}')

    @property
    def key(self) -> tuple[str, str, int, int]:
        """
        Tell runs apart.

        :return: study, name, split and seed.
        """
        return self.study, self.name, self.split, self.seed

    @property
    def excited_stages(self) -> tuple[int, ...]:
        """
        Spell out the stages that are followed by an excitation module.

        :return: in ascending order; empty for excitation ``none``.
        """
        if self.excitation == 'none':
            return ()
        return tuple(sorted(set(self.excitation_stages or all_stages(self.network))))

    @classmethod
    def from_mapping(cls, values: Any, origin: str) -> 'RunResult':
        """
        Make a result from plain values.

        :param values: by field name, all of them; stages may be a list.
        :param origin: named in errors.
        :return: the checked result.
        :raises ValueError: for unknown names, missing names and wrong values.
        """
        names = [field.name for field in fields(cls)]
        if not isinstance(values, dict) or set(values) != set(names):
            got = sorted(values) if isinstance(values, dict) else repr(values)
            raise ValueError(f'{origin}: expected an object with the keys {names}, got {got}')
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        try:
            return cls(**plain)
        except ValueError as error:
            raise ValueError(f'{origin}: {error}') from error


def all_stages(network: str) -> tuple[int, ...]:
    """
    Name the stages that an excitation module may follow.

    :param network: a name from ``NETWORKS``.
    :return: in ascending order.
    """
    return lite0.STAGES if network == 'lite0' else resnet3d.STAGES
