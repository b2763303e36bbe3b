# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The result of one run."""

from dataclasses import dataclass, fields
import math
from types import NoneType
from typing import Any

from imrs_ros.architectures import lite0
from imrs_ros.architectures.excitation import EXCITATIONS
from imrs_ros.networks import resnet3d
from training.clips.optical_flow import FLOW_METHODS
from training.config import KL_REDUCTIONS, NETWORK_NAMES

STREAMS = ('rgb', 'flow', 'mars', 'imrs', 'rgb+flow', 'imrs+rgb')
DISTILLED = ('mars', 'imrs', 'imrs+rgb')
"""Streams with a student of a flow stream."""
SPLITS = (1, 2, 3)
"""The official splits of HMDB51 and UCF101."""
TYPES: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), 'text'), str | None: ((str, NoneType), 'text or null'),
    int: ((int,), 'a whole number'), float: ((int, float), 'a number'),
    float | None: ((int, float, NoneType), 'a number or null'),
    tuple[int, ...] | None: ((tuple, NoneType), 'a list of stages or null')}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """How a run was trained, and its accuracy on the test list of one split."""

    study: str
    """Name of its study, such as ``paper`` or ``lite0``: one word."""
    name: str
    """Name of the run: one word."""
    network: str
    """Name of the network, see ``build_network``; the same in both streams of a fusion."""
    stream: str
    """One of ``STREAMS``; a ``+`` is the average of two."""
    excitation: str
    """``ce``, ``se`` or ``none``."""
    excitation_stages: tuple[int, ...] | None
    """Stages followed by an excitation module; null for all, and for excitation ``none``."""
    kl_reduction: str | None
    """``mean`` or ``batchmean``, of the KL term; null where lambda2 is 0."""
    lambda1: float
    """Weight of the feature distance (eq. 8); 0 without distillation."""
    lambda2: float
    """Weight of the KL term (eq. 8); 0 without distillation."""
    split: int
    """Official split."""
    seed: int
    """Random seed of the run."""
    clip_top1: float
    """Fraction of clips whose best class is right; see ``Accuracy``."""
    clip_top5: float
    """Fraction of clips with the right class among the best five."""
    video_top1: float
    """Fraction of videos whose best class is right."""
    video_top5: float
    """Fraction of videos with the right class among the best five."""
    validation_video_top1: float | None
    """The best epoch's, on the validation videos; null without validation."""
    epochs: int
    """Passes over the training videos."""
    hours: float
    """Training time."""
    num_parameters: int
    """Of all networks that run at test time."""
    flow: str | None
    """Optical flow used in training, ``tvl1`` or ``dis``; null for ``rgb``, and for a student
    whose teachers see none."""
    command: str
    """The exact command line that produced it."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the field, the values allowed and the one given.
        """
        for field in fields(self):
            value, (allowed, words) = getattr(self, field.name), TYPES[field.type]
            if not isinstance(value, allowed) or isinstance(value, bool):
                raise ValueError(f'{field.name} must be {words}, got {value!r}')
        for name in ('study', 'name'):
            if len(getattr(self, name).split()) != 1 or '|' in getattr(self, name):
                raise ValueError(f'{name} must be one word without |, got {getattr(self, name)!r}')
        choices = {'network': NETWORK_NAMES, 'stream': STREAMS, 'excitation': EXCITATIONS,
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
        if self.stream in ('rgb', 'flow') and (self.stream == 'rgb') != (self.flow is None):
            raise ValueError('flow must be null for stream rgb and not null for stream flow, got '
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
        """Study, name, split and seed, which identify a run."""
        return self.study, self.name, self.split, self.seed

    @property
    def excited_stages(self) -> tuple[int, ...]:
        """Stages followed by an excitation module, ascending; empty for excitation ``none``."""
        if self.excitation == 'none':
            return ()
        return tuple(sorted(set(self.excitation_stages or all_stages(self.network))))

    @classmethod
    def from_mapping(cls, values: Any, origin: str) -> 'RunResult':
        """
        Create a result from plain values.

        :param values: all fields by name; stages may be a list.
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
    Return the stages that an excitation module may follow.

    :param network: its name.
    :return: in ascending order.
    """
    return lite0.STAGES if network == 'lite0' else resnet3d.STAGES
