# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The logit of "none of these": what a network says of a clip that shows none of its classes.

Pieces of evidence are added, each of little use alone on some kinds of clips: an extra
class, trained on other actions; the squared distance to the nearest class in feature space (Lee
et al. 2018, "A simple unified framework for detecting out-of-distribution samples and adversarial
attacks": Mahalanobis, one covariance for all classes); and the probability of the best class
(Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and out-of-distribution
examples"). A network may have more of them, its hints: a pose stream has its own "none".

    log P(none) - log P(any class) = a + b extra + c log(1 + distance / P) - d log best + e hints

Layout legend: N clips, D features, P components, K classes, L = K + 1 logits, E evidence,
H hints.
"""

import torch
from torch import nn, Tensor

NUM_EVIDENCE = 3
"""Besides the hints of a network."""


class NoneScore(nn.Module):
    """Appends the logit of none to those of the classes."""

    centres_KP: Tensor

    def __init__(self, feature_dim: int, num_classes: int, num_components: int,
                 num_hints: int = 0) -> None:
        """
        Create the score, all of its weights zero.

        :param feature_dim: D, pooled features.
        :param num_classes: K.
        :param num_components: P, dimensions of the space in which distances are measured.
        :param num_hints: H.
        """
        super().__init__()
        self.extra = nn.Linear(feature_dim, 1)
        self.whiten = nn.Linear(feature_dim, num_components)
        self.register_buffer('centres_KP', torch.zeros(num_classes, num_components))
        self.evidence = nn.Linear(NUM_EVIDENCE + num_hints, 1)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, features_ND: Tensor, logits_NK: Tensor, hints_NH: Tensor) -> Tensor:
        """
        Append the logit of none.

        :param features_ND: what the last layer gets.
        :param logits_NK: its logits; their softmax is calibrated, for the logit is relative to it.
        :param hints_NH: the network's own evidence.
        :return: logits_NL.
        """
        odds_N1 = self.evidence(self.evidence_of(features_ND, logits_NK, hints_NH))
        none_N1 = logits_NK.logsumexp(dim=1, keepdim=True) + odds_N1
        return torch.cat([logits_NK, none_N1], dim=1)

    def evidence_of(
        self, features_ND: Tensor, logits_NK: Tensor, hints_NH: Tensor,
    ) -> Tensor:
        """
        Return the pieces of evidence.

        :param features_ND: what the last layer gets.
        :param logits_NK: its logits.
        :param hints_NH: the network's own evidence.
        :return: evidence_NE: the extra class's logit; log(1 + d / P) with d the squared distance
            to the nearest class, whose mean is about P among clips of that class; and the
            negative log-probability of the best class; and the hints.
        """
        offsets_NKP = self.whiten(features_ND)[:, None] - self.centres_KP
        nearest_N1 = offsets_NKP.square().mean(dim=2).amin(dim=1, keepdim=True)
        best_N1 = logits_NK.amax(dim=1, keepdim=True) - logits_NK.logsumexp(dim=1, keepdim=True)
        found = [self.extra(features_ND), (1 + nearest_N1).log(), -best_N1]
        # An empty tensor would not be exported.
        return torch.cat([*found, hints_NH] if hints_NH.shape[1] else found, dim=1)
