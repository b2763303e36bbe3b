# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The contract of every network at run time: uint8 clip in, logits out, through pooled features.

Layout legend: N clips, T frames of a clip, H height, W width, C channels, K classes, L logits: K,
or K + 1 with one for none of the classes; D features, X those in which distances count, E hints.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from imrs_ros.networks.none_score import NoneScore
import torch
from torch import nn, Tensor


class Scored(NamedTuple):
    """What the last layers say of clips."""

    x_NX: Tensor
    """Normalised features, in which clips of other actions lie far from those of the classes."""
    logits_NK: Tensor
    """Logits of the classes."""
    hints_NE: Tensor
    """What else is evidence that a clip shows none of the classes, larger where it is."""


class ClipNetwork(nn.Module, ABC):
    """A network that classifies clips, and may score "none of these"."""

    num_hints: int = 0
    """E."""
    none_score: NoneScore | None
    """Appends the logit of none; None for a network that has none, as in training."""
    mean: Tensor
    """Of every channel, for pixels in [0, 255]."""
    std: Tensor
    """Divisor of every channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """
        Set the normalisation: ``(pixel - mean) / std`` per channel, for pixels in [0, 255].

        :param mean: per-channel mean, its length is the number of input channels.
        :param std: per-channel divisor, all above zero.
        :raises ValueError: when the two differ in length or a divisor is not positive.
        """
        super().__init__()
        if len(mean) != len(std) or min(std) <= 0:
            raise ValueError(
                'mean and std must have one value per channel, std above zero; '
                f'got mean {list(mean)} and std {list(std)}')
        self.in_channels = len(mean)
        self.none_score = None
        self.register_buffer('mean', torch.tensor(mean, dtype=torch.float32), persistent=False)
        self.register_buffer('std', torch.tensor(std, dtype=torch.float32), persistent=False)

    @property
    @abstractmethod
    def num_classes(self) -> int:
        """Return K."""

    @abstractmethod
    def pool_clip(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Reduce whole clips to pooled features.

        :param clip_NTHWC: uint8 clips, in [0, 255].
        :return: features_ND.
        """

    @abstractmethod
    def score(self, features_ND: Tensor) -> Scored:
        """
        Apply the last layers.

        :param features_ND: pooled features.
        :return: what they say of the clips.
        """

    @abstractmethod
    def divide_logits(self, temperature: float) -> None:
        """
        Divide the logits of all classes by a temperature, from now on.

        :param temperature: above 0.
        """

    def classify(self, features_ND: Tensor) -> Tensor:
        """
        Apply the last layers, with the score of none where there is one.

        :param features_ND: pooled features.
        :return: logits_NL.
        """
        scored = self.score(features_ND)
        return scored.logits_NK if self.none_score is None else self.none_score(*scored)

    def add_none_score(self, num_components: int) -> NoneScore:
        """
        Append the logit of none to those of the classes, from now on.

        :param num_components: dimensions of the space in which distances are measured.
        :return: the score, all of its weights zero.
        """
        self.none_score = NoneScore(
            self.distance_dim, self.num_classes, num_components, self.num_hints)
        return self.none_score

    @property
    @abstractmethod
    def distance_dim(self) -> int:
        """Return X."""

    def forward(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Classify whole clips.

        :param clip_NTHWC: uint8 clips, in [0, 255].
        :return: logits_NL, float32.
        """
        return self.classify(self.pool_clip(clip_NTHWC))
