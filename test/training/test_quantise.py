# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A quantised lite0: near float32, with its files checked, written only where it costs little."""

from dataclasses import replace
import shutil

from imrs_ros.backends import load_backend
from imrs_ros.backends.openvino_backend import INT8
from imrs_ros.model_card import Architecture, ModelCard
from imrs_ros.networks import build_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from samples import TINY_SPEC, write_tiny_model
import torch
from training import quantise
from training.config import RunConfig

pytest.importorskip('nncf')

LITE0 = Architecture(name='lite0', excitation='ce', excitation_stages=None, width=1.0)
SPEC = replace(TINY_SPEC, size_px=64)
LABELS = ('Left', 'Right')


@pytest.fixture(scope='module')
def exported(tmp_path_factory, synthetic_data):
    """Return the folder of a random lite0, as an export leaves it."""
    torch.manual_seed(0)
    network = build_network('lite0', num_classes=2, mean=SPEC.mean, std=SPEC.std)
    config = RunConfig(
        network='lite0', split=1, validation_groups=(9,), num_frames=16, fps=SPEC.fps,
        size_px=SPEC.size_px)
    return write_tiny_model(
        tmp_path_factory.mktemp('lite0') / 'tiny', labels=LABELS, architecture=LITE0, spec=SPEC,
        state=network.state_dict(), provenance={'config': config.to_mapping()}).folder


@pytest.fixture(scope='module')
def quantised(exported, synthetic_data, tmp_path_factory):
    """Return the folder of the same in int8, and what it reaches."""
    folder = tmp_path_factory.mktemp('quantised') / 'tiny'
    shutil.copytree(exported, folder)
    with pytest.MonkeyPatch.context() as patch:
        # Random weights decide by a hair.
        patch.setattr(quantise, 'MAX_COST', 1.0)
        return folder, quantise.quantise_folder(folder, synthetic_data, max_clips=1)


@pytest.fixture
def copied(quantised, tmp_path):
    """Return a copy of the quantised folder, which may be changed."""
    return shutil.copytree(quantised[0], tmp_path / 'tiny')


def scored(card, precision):
    rng = np.random.default_rng(0)
    clips = [Clip('camera', rng.integers(0, 256, (16, 64, 64, 3), np.uint8), 0, 1, '')]
    backend = load_backend(card, BackendSettings(backend='openvino', cpu_precision=precision))
    logits, description = backend.backend.infer(clips), backend.backend.description
    backend.backend.close()
    return logits, description


def test_the_card_vouches_for_it_and_its_scores_are_near(quantised):
    folder, reached = quantised
    card = ModelCard.load(folder)
    vouched = card.cpu_precisions[INT8]
    assert set(vouched.sha256) == {'looks.bin', 'looks.xml', 'maps.bin', 'maps.xml'}
    assert vouched.clip_top1 == round(reached[INT8].clip_top1, 4)
    assert vouched.clip_top1_float32 == round(reached['float32'].clip_top1, 4)
    (exact, _), (coarse, description) = scored(card, 'float32'), scored(card, INT8)
    assert description.precision == INT8
    difference = np.abs(coarse - exact).max() / np.abs(exact).max()
    assert 1e-6 < difference < 0.2, 'another arithmetic, the same network'


def test_its_files_take_a_quarter_of_the_bytes_and_the_rest_stays(quantised, exported):
    folder, _ = quantised
    weights = (exported / 'model.safetensors').read_bytes()
    assert (folder / 'model.safetensors').read_bytes() == weights
    assert sum(path.stat().st_size for path in (folder / INT8).iterdir()) < len(weights) / 2


def test_auto_is_one_of_those_that_the_card_vouches_for(quantised, exported):
    _, description = scored(ModelCard.load(quantised[0]), 'auto')
    assert description.precision in ('float32', INT8)
    assert 'CPU time a window: float32' in description.notes
    assert scored(ModelCard.load(exported), 'auto')[1].precision == 'float32'


def test_auto_is_float32_where_the_files_are_not_those_of_the_card(copied):
    (copied / INT8 / 'maps.bin').write_bytes(b'other weights')
    logits, description = scored(ModelCard.load(copied), 'auto')
    assert description.precision == 'float32'
    assert np.isfinite(logits).all()
    assert 'maps.bin with SHA-256' in description.warnings[0]


@pytest.mark.parametrize(('change', 'words'), [
    (lambda path: path.write_bytes(b'other'), 'as in the card, got another'),
    (lambda path: path.unlink(), 'as in the card, got no file')])
def test_other_files_are_refused(copied, change, words):
    change(copied / INT8 / 'looks.xml')
    with pytest.raises(RuntimeError, match=words):
        scored(ModelCard.load(copied), INT8)


def test_a_model_that_was_not_quantised_says_how(exported):
    with pytest.raises(RuntimeError, match='was not; use float32, or quantise it'):
        scored(ModelCard.load(exported), INT8)


def test_what_costs_too_much_is_not_written(copied, synthetic_data, monkeypatch, quantised):
    monkeypatch.setattr(quantise, 'MAX_COST', -2.0)
    monkeypatch.setattr(quantise, 'quantise_lite0', lambda converted, clips, out: [
        shutil.copy(path, out) for path in (quantised[0] / INT8).iterdir()])
    reached = quantise.quantise_folder(copied, synthetic_data, max_clips=1)
    assert ModelCard.load(copied).cpu_precisions == {}
    assert not (copied / INT8).exists()
    assert 'not written' in quantise.report(reached)


def test_the_clips_are_of_the_training_list_without_those_held_out(
        exported, synthetic_data, monkeypatch):
    seen = []
    monkeypatch.setattr(quantise, 'draw_clips', lambda videos, windows: seen.extend(videos) or 1/0)
    with pytest.raises(ZeroDivisionError):
        quantise.quantise_folder(exported, synthetic_data)
    assert {video.group for video in seen} == {8}


def test_other_networks_are_refused(tiny_card, synthetic_data):
    with pytest.raises(ValueError, match='expected a lite0 without a pose stream, got resnet18'):
        quantise.quantise_folder(tiny_card.folder, synthetic_data)


@pytest.mark.parametrize(('entry', 'words'), [
    ({'int4': {}}, 'expected entries of bfloat16, int8'),
    ({'int8': {'clip_top1': 0.5}}, 'missing entry cpu_precisions.int8.clip_top1_float32'),
    ({'int8': {'clip_top1': 0.5, 'clip_top1_float32': 0.5, 'sha256': {'../maps.xml': 'a'}}},
     'expected names of .xml and .bin files')])
def test_a_wrong_entry_of_the_card_is_named(exported, entry, words):
    from imrs_ros.yaml_file import read_yaml
    values = read_yaml(exported / 'model.yaml')
    with pytest.raises(ValueError, match=words):
        ModelCard.from_mapping({**values, 'cpu_precisions': entry}, exported)
