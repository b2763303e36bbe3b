# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The logit of "none of these": what a network says of a clip that shows none of its classes.

Three pieces of evidence are added, each of little use alone on some kinds of clips: an extra
class, trained on other actions; the squared distance to the nearest class in feature space (Lee
et al. 2018, "A simple unified framework for detecting out-of-distribution samples and adversarial
attacks": Mahalanobis, one covariance for all classes); and the probability of the best class
(Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and out-of-distribution
examples").

    log P(none) - log P(any class) = a + b extra + c log(1 + distance / P) - d log best

Layout legend: N clips, D features, P components, K classes, L = K + 1 logits, E evidence.
"""

import torch
from torch import nn, Tensor

NUM_EVIDENCE = 3


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
        self.evidence = nn.Linear(NUM_EVIDENCE, 1)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, features_ND: Tensor, logits_NK: Tensor) -> Tensor:
        """
        Append the logit of none.

        :param features_ND: what the last layer gets.
        :param logits_NK: its logits; their softmax is calibrated, for the logit is relative to it.
        :return: logits_NL.
        """
        odds_N1 = self.evidence(self.evidence_of(features_ND, logits_NK))
        none_N1 = logits_NK.logsumexp(dim=1, keepdim=True) + odds_N1
        return torch.cat([logits_NK, none_N1], dim=1)

    def evidence_of(self, features_ND: Tensor, logits_NK: Tensor) -> Tensor:
        """
        Return the pieces of evidence.

        :param features_ND: what the last layer gets.
        :param logits_NK: its logits.
        :return: evidence_NE: the extra class's logit; log(1 + d / P) with d the squared distance
            to the nearest class, whose mean is about P among clips of that class; and the
            negative log-probability of the best class.
        """
        offsets_NKP = self.whiten(features_ND)[:, None] - self.centres_KP
        nearest_N1 = offsets_NKP.square().mean(dim=2).amin(dim=1, keepdim=True)
        best_N1 = logits_NK.amax(dim=1, keepdim=True) - logits_NK.logsumexp(dim=1, keepdim=True)
        return torch.cat([
            self.extra(features_ND), nearest_N1.log1p(), -best_N1], dim=1)
