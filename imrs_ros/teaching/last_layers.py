# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The last layers of a network as arrays: what teaching changes, and all that it changes.

The same functions as ``networks.video_network`` and ``networks.none_score`` compute, for those
who have no PyTorch; ``backends.openvino_graphs.last_layers`` writes them into a converted network.

Layout legend: N windows, D features, K classes, L logits: K, and one of none where it is scored;
P components, E pieces of evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]
NORM, LAST, NONE = 'norm.', 'fc.', 'none_score.'
"""Prefixes of the names of their weights."""
BATCH_NORM_EPS = 1e-5
NUM_EVIDENCE = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class NoneLayer:
    """The weights of a score of none."""

    extra_1D: Floats
    extra_bias: float
    """Logit of an extra class, of other actions."""
    whiten_PD: Floats
    whiten_bias_P: Floats
    """To a space in which squared distances are those of Mahalanobis."""
    centres_KP: Floats
    """Of the classes in that space."""
    evidence_E: Floats
    evidence_bias: float
    """How the pieces of evidence add up to log-odds."""

    def evidence_of(self, x_ND: Floats, logits_NK: Floats) -> Floats:
        """
        Return the pieces of evidence, as ``networks.none_score.NoneScore.evidence_of`` does.

        :param x_ND: normalised features.
        :param logits_NK: of the classes.
        :return: evidence_NE.
        """
        whitened_NP = x_ND @ self.whiten_PD.T + self.whiten_bias_P
        nearest_N = np.stack([((whitened_NP - centre_P) ** 2).mean(axis=1)
                              for centre_P in self.centres_KP]).min(axis=0)
        extra_N = (x_ND @ self.extra_1D.T)[:, 0] + self.extra_bias
        best_N = logsumexp(logits_NK, axis=1) - logits_NK.max(axis=1)
        return np.stack([extra_N, np.log1p(nearest_N), best_N], axis=1)

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """
        Return the weights as they stand in a model folder.

        :return: arrays by name.
        """
        return {f'{NONE}{name}': np.asarray(value, np.float32) for name, value in {
            'extra.weight': self.extra_1D, 'extra.bias': [self.extra_bias],
            'whiten.weight': self.whiten_PD, 'whiten.bias': self.whiten_bias_P,
            'centres_KP': self.centres_KP, 'evidence.weight': self.evidence_E[None],
            'evidence.bias': [self.evidence_bias]}.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class LastLayers:
    """Normalisation, last layer, and score of none."""

    scale_D: Floats
    shift_D: Floats
    """Of the normalisation."""
    weight_KD: Floats
    bias_K: Floats
    """Of the last layer."""
    none: NoneLayer | None
    """None for a network without a score of none."""

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[np.generic]]) -> 'LastLayers':
        """
        Take the last layers out of the weights of a model folder.

        :param tensors: by name.
        :return: the layers.
        :raises KeyError: when one of them is missing.
        """
        values = {name: np.asarray(value, np.float64) for name, value in tensors.items()
                  if name.startswith((NORM, LAST, NONE))}
        weight_KD = values['fc.weight']
        scale_D, shift_D = np.ones(weight_KD.shape[1]), np.zeros(weight_KD.shape[1])
        if 'norm.weight' in values:
            scale_D = values['norm.weight'] / np.sqrt(
                values['norm.running_var'] + BATCH_NORM_EPS)
            shift_D = values['norm.bias'] - scale_D * values['norm.running_mean']
        none = None
        if f'{NONE}centres_KP' in values:
            own = {name.removeprefix(NONE): value for name, value in values.items()}
            none = NoneLayer(
                extra_1D=own['extra.weight'], extra_bias=float(own['extra.bias'][0]),
                whiten_PD=own['whiten.weight'], whiten_bias_P=own['whiten.bias'],
                centres_KP=own['centres_KP'], evidence_E=own['evidence.weight'][0],
                evidence_bias=float(own['evidence.bias'][0]))
        return cls(scale_D=scale_D, shift_D=shift_D, weight_KD=weight_KD, bias_K=values['fc.bias'],
                   none=none)

    def normalise(self, features_ND: NDArray[np.floating]) -> Floats:
        """
        Normalise pooled features.

        :param features_ND: pooled features.
        :return: x_ND, what the last layer gets.
        """
        return features_ND.astype(np.float64) * self.scale_D + self.shift_D

    def logits_of_classes(self, x_ND: Floats) -> Floats:
        """
        Apply the last layer.

        :param x_ND: normalised features.
        :return: logits_NK.
        """
        return x_ND @ self.weight_KD.T + self.bias_K

    def classify(self, features_ND: NDArray[np.floating]) -> Floats:
        """
        Apply all of them.

        :param features_ND: pooled features.
        :return: logits_NL.
        """
        x_ND = self.normalise(features_ND)
        logits_NK = self.logits_of_classes(x_ND)
        if self.none is None:
            return logits_NK
        evidence_NE = self.none.evidence_of(x_ND, logits_NK)
        none_N = logsumexp(logits_NK, axis=1) + (
            evidence_NE @ self.none.evidence_E + self.none.evidence_bias)
        return np.concatenate([logits_NK, none_N[:, None]], axis=1)

    def of_classes(self, rows: list[int]) -> 'LastLayers':
        """
        Return the layers of some of the classes.

        :param rows: numbers of the classes, in any order; may be empty.
        :return: the layers.
        """
        none = self.none and replace(self.none, centres_KP=self.none.centres_KP[rows])
        return replace(self, weight_KD=self.weight_KD[rows], bias_K=self.bias_K[rows], none=none)

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """
        Return the weights of last layer and score of none as they stand in a model folder.

        :return: arrays by name.
        """
        none = {} if self.none is None else self.none.tensors()
        return {'fc.weight': self.weight_KD.astype(np.float32),
                'fc.bias': self.bias_K.astype(np.float32), **none}
