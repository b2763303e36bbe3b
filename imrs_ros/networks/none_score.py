# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The logit of "none of these": what a network says of a clip that shows none of its classes.

Two pieces of evidence are added, each as good as useless on some kinds of clips alone: an extra
class, trained on other actions (as in open-set recognition with a background class), and the
distance to the nearest class in feature space (Lee et al. 2018, "A simple unified framework for
detecting out-of-distribution samples", equation 2: Mahalanobis, one covariance for all classes).

    log P(none) - log P(any class) = a + b (extra - logsumexp(classes)) + c log distance

Layout legend: N clips, D features, P components, K classes, L = K + 1 logits.
"""

import torch
from torch import nn, Tensor

MIN_DISTANCE = 1e-3
"""Squared; a logarithm of less would not be finite in half precision."""


class NoneScore(nn.Module):
    """Appends the logit of none to those of the classes."""

    centres_KP: Tensor

    def __init__(self, feature_dim: int, num_classes: int, num_components: int) -> None:
        """
        Create the score, all of its weights zero.

        :param feature_dim: D, pooled features.
        :param num_classes: K.
        :param num_components: P, dimensions of the space in which distances are measured.
        """
        super().__init__()
        self.extra = nn.Linear(feature_dim, 1)
        self.whiten = nn.Linear(feature_dim, num_components)
        self.register_buffer('centres_KP', torch.zeros(num_classes, num_components))
        self.evidence = nn.Linear(2, 1)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, features_ND: Tensor, logits_NK: Tensor) -> Tensor:
        """
        Append the logit of none.

        :param features_ND: what the last layer gets.
        :param logits_NK: its logits; their softmax is calibrated, for the logit is relative to it.
        :return: logits_NL.
        """
        total_N1 = logits_NK.logsumexp(dim=1, keepdim=True)
        odds_N1 = self.evidence(self.evidence_of(features_ND, logits_NK))
        return torch.cat([logits_NK, total_N1 + odds_N1], dim=1)

    def evidence_of(self, features_ND: Tensor, logits_NK: Tensor) -> Tensor:
        """
        Return both pieces of evidence.

        :param features_ND: what the last layer gets.
        :param logits_NK: its logits.
        :return: N2: the extra class's logit relative to all classes, and the logarithm of the
            squared distance to the nearest class.
        """
        offsets_NKP = self.whiten(features_ND)[:, None] - self.centres_KP
        nearest_N1 = offsets_NKP.square().sum(dim=2).amin(dim=1, keepdim=True)
        extra_N1 = self.extra(features_ND) - logits_NK.logsumexp(dim=1, keepdim=True)
        return torch.cat([extra_N1, nearest_N1.clamp(min=MIN_DISTANCE).log()], dim=1)
