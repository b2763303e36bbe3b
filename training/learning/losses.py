# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The loss of IMRS: cross-entropy, and two distances from the features of each teacher.

L = CE(s_rgb, y) + lambda1 * MSE(f_rgb, f_flow) + lambda2 * KL(softmax(f_rgb) || softmax(f_flow))

(Hu et al. 2023, equations 6 to 9.) The MSE is the mean over batch and features, as in MARS, which
is the case lambda2 = 0. The paper does not state how its KL is reduced; both ways are here.
The paper has one teacher, of flow; the distances of several add up.

Layout legend: N clips, K classes, D features.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Distillation:
    """The two distances and their weights."""

    lambda1: float
    """Weight of the mean squared error."""
    lambda2: float
    """Weight of the Kullback-Leibler divergence."""
    kl_reduction: str
    """``mean`` over batch and features, or ``batchmean``: the sum over features."""

    def losses(
        self, student: Sequence[Tensor], teachers: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """
        Return the distances between features, summed over teachers.

        :param student: features_ND of the student, projected for each teacher.
        :param teachers: features_ND of each teacher for the same clips; they get no gradient.
        :return: scalars ``mse`` and ``kl``, unweighted.
        """
        pairs = [(student_ND, teacher_ND.detach())
                 for student_ND, teacher_ND in zip(student, teachers, strict=True)]
        return {'mse': torch.stack([functional.mse_loss(*pair) for pair in pairs]).sum(),
                'kl': torch.stack([feature_divergence(*pair, self.kl_reduction)
                                   for pair in pairs]).sum()}

    def total(self, cross_entropy: Tensor, distances: dict[str, Tensor]) -> Tensor:
        """
        Return the total loss.

        :param cross_entropy: scalar.
        :param distances: returned by ``losses``.
        :return: a scalar.
        """
        return cross_entropy + self.lambda1 * distances['mse'] + self.lambda2 * distances['kl']


def feature_divergence(student_ND: Tensor, teacher_ND: Tensor, reduction: str) -> Tensor:
    """
    Return KL(softmax(student) || softmax(teacher)); the student's distribution comes first.

    :param student_ND: pooled features of the student.
    :param teacher_ND: pooled features of the teacher.
    :param reduction: ``mean`` over batch and features, or ``batchmean``.
    :return: a scalar, at least 0.
    """
    log_student_ND = functional.log_softmax(student_ND, dim=1)
    log_teacher_ND = functional.log_softmax(teacher_ND, dim=1)
    # kl_div(input, target) is KL(target || input).
    divergence = functional.kl_div(
        log_teacher_ND, log_student_ND, reduction='batchmean', log_target=True)
    return divergence if reduction == 'batchmean' else divergence / student_ND.shape[1]


def mix(batch: dict[str, Tensor], targets_NK: Tensor, alpha: float,
        ) -> tuple[dict[str, Tensor], Tensor]:
    """
    Blend every clip and its label with another of the batch (mixup: Zhang et al. 2018).

    :param batch: tensors whose first axis is N.
    :param targets_NK: class probabilities.
    :param alpha: parameter of the Beta distribution of the blending factor; 0 for no blending.
    :return: the blended batch (float32) and its targets.
    """
    if alpha == 0:
        return batch, targets_NK
    factor = float(torch.distributions.Beta(alpha, alpha).sample())
    order = torch.randperm(len(targets_NK), device=targets_NK.device)
    mixed = {name: torch.lerp(t[order].float(), t.float(), factor) for name, t in batch.items()}
    return mixed, torch.lerp(targets_NK[order], targets_NK, factor)
