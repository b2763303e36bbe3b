# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The loss of IMRS against independent formulas."""

import math

import pytest
from scipy.special import rel_entr, softmax
import torch
from training.learning.losses import Distillation, feature_divergence, mix

STUDENT = torch.tensor([[1.0, 0.0, 2.0], [0.5, 0.5, -1.0]])
TEACHER = torch.tensor([[0.0, 1.0, 1.0], [2.0, 0.0, 0.0]])


def divergence_by_hand(first, second):
    """Return the sum of p log(p / q) over features, one value per clip."""
    p, q = (softmax(rows.double().numpy(), axis=1) for rows in (first, second))
    return rel_entr(p, q).sum(axis=1)


def test_divergence_by_hand_in_both_reductions():
    expected = divergence_by_hand(STUDENT, TEACHER)
    assert feature_divergence(STUDENT, TEACHER, 'batchmean').item() == pytest.approx(
        expected.mean(), rel=1e-5)
    assert feature_divergence(STUDENT, TEACHER, 'mean').item() == pytest.approx(
        expected.mean() / 3, rel=1e-5)


def test_the_students_distribution_is_the_first_argument():
    # A student sure of what the teacher finds unlikely costs more than the reverse.
    sure, flat = torch.tensor([[4.0, 0.0]]), torch.tensor([[0.0, 0.0]])
    student_sure = feature_divergence(sure, flat, 'batchmean').item()
    teacher_sure = feature_divergence(flat, sure, 'batchmean').item()
    p = 1 / (1 + math.exp(-4))
    assert student_sure == pytest.approx(
        math.log(2) + p * math.log(p) + (1 - p) * math.log(1 - p), rel=1e-5)
    assert teacher_sure == pytest.approx(
        -math.log(2) - 0.5 * (math.log(p) + math.log(1 - p)), rel=1e-5)
    assert student_sure != pytest.approx(teacher_sure, rel=0.1)


def test_total_by_hand():
    loss = Distillation(lambda1=50.0, lambda2=200.0, kl_reduction='mean')
    distances = loss.losses([STUDENT], [TEACHER])
    squared = ((STUDENT - TEACHER) ** 2).sum().item() / 6
    assert distances['mse'].item() == pytest.approx(squared, rel=1e-6)
    expected = 1.5 + 50 * squared + 200 * divergence_by_hand(STUDENT, TEACHER).mean() / 3
    assert loss.total(torch.tensor(1.5), distances).item() == pytest.approx(expected, rel=1e-5)


def test_equal_features_cost_nothing_and_mars_has_no_divergence():
    same = Distillation(50.0, 200.0, 'mean').losses([STUDENT], [STUDENT])
    assert same['mse'].item() == 0
    assert same['kl'].item() == pytest.approx(0, abs=1e-7)
    mars = Distillation(50.0, 0.0, 'mean')
    distances = mars.losses([STUDENT], [TEACHER])
    assert mars.total(torch.tensor(0.0), distances).item() == pytest.approx(
        50 * distances['mse'].item())


def test_no_gradient_reaches_the_teacher():
    student, teacher = STUDENT.clone().requires_grad_(), TEACHER.clone().requires_grad_()
    loss = Distillation(50.0, 200.0, 'mean')
    loss.total(torch.tensor(0.0), loss.losses([student], [teacher])).backward()
    assert student.grad.abs().sum() > 0
    assert teacher.grad is None


def test_mix_blends_all_streams_and_labels_equally():
    torch.manual_seed(0)
    values = torch.arange(4.0)
    batch = {'rgb': values[:, None].to(torch.uint8), 'teacher': values[:, None] * 10}
    mixed, targets = mix(batch, torch.eye(4), 0.4)
    assert torch.allclose(mixed['rgb'] * 10, mixed['teacher'])
    assert torch.allclose(targets @ values, mixed['rgb'][:, 0])
    assert targets.sum(dim=1).tolist() == pytest.approx([1.0] * 4)
    untouched, same = mix(batch, torch.eye(4), 0.0)
    assert untouched is batch
    assert torch.equal(same, torch.eye(4))
