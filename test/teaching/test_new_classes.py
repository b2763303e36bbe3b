# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""New classes are told apart, and what is kept stays as it is."""

from dataclasses import replace

from imrs_ros.teaching import new_classes
from imrs_ros.teaching.new_classes import adapt_extra, add_classes, even_weights, FEW_BIAS
from imrs_ros.teaching.none_fit import (
    class_means, fit_evidence, fit_none_layer, scale_evidence)
import numpy as np
import pytest
from sample_lessons import centre_of, layers


def windows(number, count, dim, seed=0, spread=0.3):
    return centre_of(number, dim) + np.random.default_rng(seed).normal(0, spread, (count, dim))


def lesson(kept, num_new, per_class, dim):
    total = len(kept.weight_KD) + num_new
    x = np.concatenate([windows(k, per_class, dim, k) for k in range(total)])
    return x, np.repeat(np.arange(total), per_class)


@pytest.mark.parametrize('num_kept', [0, 3])
@pytest.mark.parametrize('num_new', [1, 2, 40])
@pytest.mark.parametrize(('per_class', 'dim'), [(30, 12), (2, 64), (1, 8)])
def test_new_classes_are_named_right_and_kept_ones_untouched(num_kept, num_new, per_class, dim):
    kept = replace(layers(num_kept, dim, 0), weight_KD=np.array(
        [centre_of(k, dim) for k in range(num_kept)]).reshape(num_kept, dim))
    x, truth = lesson(kept, num_new, per_class, dim)
    found = add_classes(kept, dim // 2, x, truth, np.ones(len(x)), num_new)
    assert found.weight_KD.shape == (num_kept + num_new, dim)
    assert found.weight_KD[:num_kept].tobytes() == kept.weight_KD.tobytes()
    assert found.bias_K[:num_kept].tobytes() == kept.bias_K.tobytes()
    assert np.isfinite(found.weight_KD).all()
    if num_new == 40 and dim < 64:
        return
    fresh, own = lesson(kept, num_new, 20, dim)
    is_new = own >= num_kept
    best = found.logits_of_classes(fresh)[is_new].argmax(axis=1)
    assert (best == own[is_new]).mean() > 0.95


def test_a_class_with_more_windows_counts_no_more():
    kept, dim = layers(0, 12, 0), 12
    few, many = windows(0, 5, dim, 1), windows(1, 5, dim, 2)
    truth = np.repeat([0, 1], 5)
    once = add_classes(kept, 0, np.concatenate([few, many]), truth, np.ones(10), 2)
    often = add_classes(
        kept, 0, np.concatenate([few, *[many] * 20]), np.repeat([0, 1], [5, 100]),
        np.r_[np.ones(5), np.full(100, 1 / 20)], 2)
    np.testing.assert_allclose(often.weight_KD, once.weight_KD, atol=1e-3)


def test_few_examples_are_not_held_below_what_the_network_knows(monkeypatch):
    kept = layers(2, 12, 0)
    x, truth = lesson(kept, 1, 4, 12)
    found = add_classes(kept, 0, x, truth, np.ones(len(x)), 1)
    monkeypatch.setattr(new_classes, 'FEW_BIAS', 0.0)
    without = add_classes(kept, 0, x, truth, np.ones(len(x)), 1)
    np.testing.assert_array_equal(found.weight_KD, without.weight_KD)
    np.testing.assert_allclose(found.bias_K - without.bias_K, [0, 0, FEW_BIAS / 4 ** 0.5])


def test_still_features_count_less():
    dim = 12
    x = np.zeros((20, dim))
    x[:10, 0], x[:10, 6] = 1, 1
    found = add_classes(layers(0, dim, 0), 6, x, np.repeat([1, 0], 10), np.ones(20), 2)
    # Half as wide a prior gives a quarter of the weight.
    assert found.weight_KD[1, 0] == pytest.approx(found.weight_KD[1, 6] / 4, rel=1e-6)


def test_every_clip_counts_the_same():
    np.testing.assert_allclose(even_weights([1, 4, 2]), [1, *[0.25] * 4, 0.5, 0.5])
    assert len(even_weights([])) == 0


def test_the_extra_class_changes_only_as_far_as_it_must():
    dim = 12
    rng = np.random.default_rng(0)
    extra, bias = rng.normal(size=(1, dim)), 0.2
    known, other = windows(0, 30, dim), windows(1, 30, dim)
    found, new_bias = adapt_extra(extra, bias, known, np.ones(30), other)

    def margin(weight, offset):
        return ((other @ weight.T + offset).mean() - (known @ weight.T + offset).mean())
    assert margin(found, new_bias) > margin(extra, bias)
    assert np.linalg.norm(found - extra) < np.linalg.norm(extra)
    assert (other @ found.T + new_bias).mean() > 0 > (known @ found.T + new_bias).mean()


def test_evidence_keeps_its_relative_weights_and_gets_a_scale():
    rng = np.random.default_rng(0)
    weight = np.array([1.0, 2.0, 0.0])
    known, others = rng.normal(0, 1, (50, 3)), [rng.normal(3, 1, (n, 3)) for n in (5, 500)]
    found, bias = scale_evidence(weight, known, others)
    np.testing.assert_allclose(found / found[0], weight)
    assert (known @ found + bias < 0).mean() > 0.9
    for other in others:
        assert (other @ found + bias > 0).mean() > 0.9
    # Every source counts the same, however many windows it has.
    np.testing.assert_allclose(
        scale_evidence(weight, known, [others[0], *[others[0]] * 3])[0], scale_evidence(
            weight, known, [others[0]])[0], rtol=0.3)


def test_evidence_that_says_nothing_gets_no_weight():
    rng = np.random.default_rng(0)
    known, other = rng.normal(0, 1, (20, 3)), rng.normal(3, 1, (20, 3))
    known[:, 2] = other[:, 2] = 0
    found, _ = fit_evidence(known, [other])
    assert found[2] == 0
    assert (found[:2] > 0).all()


@pytest.mark.parametrize('known', [
    np.tile(centre_of(0), (4, 1)), centre_of(0)[None],
    np.concatenate([windows(0, 3, 12)] * 3), np.stack([centre_of(0), centre_of(1)])],
    ids=['equal', 'single', 'copies', 'two'])
def test_few_or_equal_windows_give_a_score_of_none_all_the_same(known):
    truth = np.zeros(len(known), np.int64)
    other = windows(5, 20, 12)
    layer = fit_none_layer(known, truth, other, 1)
    assert 1 <= len(layer.whiten_PD) <= max(1, len(known) - 1)
    logits = np.zeros((len(other), 1))
    for values in (layer.evidence_of(other, logits), *layer.tensors().values()):
        assert np.isfinite(values).all()
    assert np.abs(layer.evidence_of(other, logits)).max() < 1e3


def test_means_are_those_of_every_class():
    np.testing.assert_allclose(
        class_means(np.array([[1.0], [3.0], [5.0]]), np.array([1, 1, 0]), 2), [[5], [2]])
