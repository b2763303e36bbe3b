# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A backend is used only if its scores are those of the model."""

from dataclasses import replace
import shutil
import sys

from imrs_ros.backends import load, load_backend
from imrs_ros.backends.model_cache import cache_root, ModelCache
from imrs_ros.backends.openvino_export import export_values, find_or_export
from imrs_ros.backends.reference import check_scores, Reference, ScoreError
from imrs_ros.golden_clips import digest_of, golden_clips
from imrs_ros.model_card import CARD_FILE, ModelCard, ModelCardError
from imrs_ros.networks.weights import load_network
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from samples import write_tiny_model
import torch
from training.model_folder.writer import add_golden_scores
import yaml

REFERENCE = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


@pytest.mark.parametrize('error', [0, 0.01, -0.05])
def test_scores_within_the_bound_pass(error):
    logits = REFERENCE.copy()
    logits[1, 2] += error
    assert check_scores(logits, REFERENCE, 0.0501) == pytest.approx(abs(error), abs=1e-6)


@pytest.mark.parametrize(('change', 'words'), [
    (lambda a: a + np.float32(0.2), 'within 0.05 for the golden clips, got a difference of 0.2'),
    (lambda a: a * np.float32('nan'), 'got 6 of 6 that are not'),
    (lambda a: np.where(a > 5, np.float32('inf'), a), 'got 1 of 6 that are not'),
    (lambda a: a[:1], r'of shape \(2, 3\)'),
    (lambda a: a[:, :2], r'got \(2, 2\)')])
def test_other_scores_are_refused(change, words):
    with pytest.raises(ScoreError, match=words):
        check_scores(change(REFERENCE), REFERENCE, 0.05)


def test_golden_clips_are_the_same_everywhere():
    clips = golden_clips(16, 224)
    assert clips.shape == (3, 16, 224, 224, 3)
    # Of this very digest are the scores in the card that ships.
    assert digest_of(clips) == '6893fea3b5eacfe985f599e0003acd6c5a3d7a11ee617268504ff14b39c20afd'
    assert all((clips[:, t] != clips[:, t + 1]).mean() > 0.5 for t in range(15)), 'they move'
    assert (clips[0] != clips[1]).mean() > 0.5


def test_card_that_ships_has_the_scores_of_its_network(shipped_model):
    card = ModelCard.load(shipped_model)
    clips = golden_clips(card.spec.num_frames, card.spec.size_px)
    assert card.golden.clips_sha256 == digest_of(clips)
    with torch.inference_mode():
        logits = load_network(card)(torch.from_numpy(clips[:1])).numpy()
    check_scores(logits, np.array(card.golden.logits[:1], np.float32), 1e-3)


def infer_with(network):
    def infer(clips):
        with torch.inference_mode():
            return network(torch.from_numpy(np.stack([c.frames_THWC for c in clips]))).numpy()
    return infer


def test_cards_without_scores_are_checked_all_the_same(tiny_model):
    assert tiny_model.golden.logits == ()
    assert tiny_model.golden.bound == 0.05
    computed = Reference.complete(tiny_model).logits_NK
    card = add_golden_scores(tiny_model.folder)
    assert card.golden.bound == 0.05
    assert np.abs(np.array(card.golden.logits) - computed).max() < 1e-4
    assert (Reference(card).logits_NK == np.array(card.golden.logits, np.float32)).all()
    assert add_golden_scores(card.folder) == card


def test_scores_of_other_clips_are_not_taken(tiny_model):
    card = add_golden_scores(tiny_model.folder)
    other = replace(card, golden=replace(
        card.golden, clips_sha256='0' * 64, logits=((9.0,) * 3,) * 3))
    assert np.abs(Reference.complete(other).logits_NK - Reference(card).logits_NK).max() < 1e-4


def test_reference_refuses_another_network(tiny_model):
    reference = Reference.complete(tiny_model)
    network = load_network(tiny_model)
    reference.check(infer_with(network))
    network.fc.bias += 0.1
    with pytest.raises(ScoreError, match='got a difference of 0.1'):
        reference.check(infer_with(network))


def test_reference_notices_an_engine_that_scores_one_clip_otherwise(tiny_model):
    infer = infer_with(load_network(tiny_model))
    with pytest.raises(ScoreError, match='got a difference of 1'):
        Reference.complete(tiny_model).check(lambda clips: infer(clips) + (len(clips) == 1))


@pytest.mark.parametrize('size', [1, 2, 3, 4, 8])
def test_reference_notices_one_batch_that_is_scored_otherwise(tiny_model, size):
    infer = infer_with(load_network(tiny_model))
    with pytest.raises(ScoreError, match=f'in a batch of {size}: .* a difference of 1'):
        Reference.complete(tiny_model).check(lambda clips: infer(clips) + (len(clips) == size))


def test_a_wide_bound_does_not_excuse_another_decision():
    logits = np.array([[2, 0, -2]], np.float32)
    check_scores(logits + np.float32([0.1, 0, 0]), logits, 5.0)
    with pytest.raises(ScoreError, match='expected probabilities within 0.1'):
        check_scores(logits + np.float32([-1.5, 0, 0]), logits, 5.0)
    with pytest.raises(ScoreError, match='expected class 0 to be the best of golden clip 0, got'):
        check_scores(np.array([[0, 0.004, -9]], np.float32),
                     np.array([[0.364, 0, -9]], np.float32), 5.0)


def test_scores_in_the_card_need_no_pytorch(tiny_model, monkeypatch):
    card = add_golden_scores(tiny_model.folder)
    monkeypatch.setitem(sys.modules, 'imrs_ros.backends.torch_backend', None)
    assert len(Reference.complete(card).logits_NK) == 3


@pytest.mark.parametrize(('change', 'words'), [
    ({'bound': 0}, 'golden.bound: expected a number'),
    ({'logits': [[1, 2]]}, 'golden.logits: expected a list with every item a list of 3 numbers'),
    ({'logits': [[1, 2, float('nan')]]}, 'golden.logits'),
    ({'clips_sha256': 7}, 'golden.clips_sha256: expected a string')])
def test_wrong_golden_entries_are_named(tiny_model, change, words):
    path = tiny_model.folder / CARD_FILE
    values = yaml.safe_load(path.read_text())
    values['golden'] = change
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(ModelCardError, match=words):
        ModelCard.load(tiny_model.folder)


def altered(card, difference):
    """Return a card whose golden logits are not those of its network."""
    logits = tuple(tuple(value + difference for value in row) for row in card.golden.logits)
    return replace(card, golden=replace(card.golden, logits=logits))


@pytest.mark.parametrize('name', ['openvino', 'torch', 'onnx'])
def test_cpu_backends_are_checked_within_the_bound_of_the_card(tiny_model, name):
    card, settings = add_golden_scores(tiny_model.folder), BackendSettings(backend=name)
    assert load_backend(altered(card, 0.04), settings).fallbacks == ()
    with pytest.raises(RuntimeError, match=(
            f'backend {name} unavailable: ScoreError: expected the logits of PyTorch in float32 '
            r'within 0\.05 for the golden clips, got a difference of 0\.06.* or export the mod')):
        load_backend(altered(card, 0.06), settings)


def test_coarser_arithmetic_has_a_wider_bound(tiny_model, monkeypatch):
    card = add_golden_scores(tiny_model.folder)
    load_torch = load.LOADERS['torch']

    def coarse(card, settings):
        backend = load_torch(card, settings)
        backend.description = replace(backend.description, precision='bfloat16')
        return backend
    monkeypatch.setitem(load.LOADERS, 'torch', coarse)
    settings = BackendSettings(backend='torch')
    load_backend(altered(card, 0.9), settings)
    with pytest.raises(RuntimeError, match='within 1 for the golden clips, got a difference of 1'):
        load_backend(altered(card, 1.1), settings)


def test_another_network_in_the_cache_leads_to_the_next_backend(
        tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    card = add_golden_scores(tiny_model.folder)
    other, _ = find_or_export(write_tiny_model(tmp_path / 'other', seed=7))

    def write(folder, lock):
        for path in other.glob('[!m]*'):
            shutil.copy(path, folder)
    cache = ModelCache(cache_root() / 'openvino')
    # Undamaged by its manifest, as whoever alters the cache would write it.
    folder = cache.make(export_values(card, torch.__version__), write, is_new=True)
    assert find_or_export(card) == (folder, ())
    loaded = load_backend(card, BackendSettings())
    assert loaded.backend.description.name == 'torch'
    (reason,) = loaded.fallbacks
    assert reason.startswith('backend openvino unavailable: ScoreError: expected the logits')
    assert f'delete {cache_root()} and {card.folder}/openvino' in reason
    shutil.rmtree(cache_root())
    assert load_backend(card, BackendSettings()).backend.description.name == 'openvino'
