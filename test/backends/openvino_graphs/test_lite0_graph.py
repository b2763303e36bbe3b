# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""lite0 written as OpenVINO graphs: the numbers and errors of PyTorch, without PyTorch."""

from dataclasses import replace
import os
import subprocess
import sys

from camera_windows import small_network
from imrs_ros.backends import openvino_export
from imrs_ros.backends.openvino_backend import OpenVinoModels
from imrs_ros.backends.openvino_export import export_values, find_or_export, GRAPH_CODE
from imrs_ros.backends.openvino_graphs.lite0 import has_lite0_graph, lite0_graphs, write_lite0
from imrs_ros.model_card import (
    Architecture, InputSpec, ModelCardError, NoneScoreSpec, OtherWeights, PoseSpec)
from imrs_ros.networks.cut import cut_network
from imrs_ros.networks.weights import load_network
from imrs_ros.part_plan import PartPlan
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from samples import write_tiny_model
import torch

CASES = {
    'ce': {'num_components': 4},
    'ce after stage 2': {
        'excitation_stages': (2,), 'num_classes': 40, 'num_components': 1, 'num_frames': 6,
        'size_px': 16},
    'se': {'excitation': 'se', 'num_frames': 32, 'size_px': 75, 'std': (64.0, 50.0, 40.0)},
    'se after stage 1': {
        'excitation': 'se', 'excitation_stages': (1,), 'num_frames': 5, 'mean': (90.0, 1.0, 120.5),
        'dtype': torch.float16, 'num_components': 2},
    'none': {'excitation': 'none', 'num_classes': 1, 'size_px': 97, 'dtype': torch.float16},
}


def write_lite0_model(
    folder, *, num_classes=3, excitation='ce', excitation_stages=None, num_components=0,
    num_frames=8, size_px=64, mean=(127.0,) * 3, std=(64.0,) * 3, dtype=torch.float32,
):
    """Write a lite0 of random weights, and return its card."""
    network = small_network('lite0', num_classes, mean=mean, std=std, excitation=excitation,
                            excitation_stages=excitation_stages)
    if num_components:
        score = network.add_none_score(num_components).requires_grad_(False)
        for tensor in (*score.parameters(), score.centres_KP):
            tensor.normal_(0, 0.1)
    return write_tiny_model(
        folder, tuple(f'class {i}' for i in range(num_classes)), name='small', dtype=dtype,
        state=network.state_dict(),
        spec=InputSpec(num_frames=num_frames, fps=25.0, size_px=size_px, mean=mean, std=std),
        none_score=NoneScoreSpec(num_components=num_components) if num_components else None,
        architecture=Architecture(
            name='lite0', excitation=excitation, excitation_stages=excitation_stages, width=1.0))


@pytest.fixture
def card(tmp_path):
    """Return the card of a small model in a folder of its own."""
    return write_lite0_model(tmp_path / 'small', num_components=2)


def assert_close(found, expected, most):
    """Compare numbers, relative to the largest."""
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= most * np.abs(expected).max()


@pytest.mark.parametrize('options', CASES.values(), ids=CASES)
def test_every_part_gives_the_numbers_of_pytorch(options, tmp_path):
    card = write_lite0_model(tmp_path / 'small', **options)
    network, spec = load_network(card), card.spec
    parts = cut_network(network, spec.num_frames, lambda x: (network.classify(x), x))
    folder = tmp_path / 'converted'
    folder.mkdir()
    write_lite0(card, folder)
    plan = PartPlan.load(folder)
    assert plan == parts.plan
    models = OpenVinoModels(plan, folder, BackendSettings(num_threads=1))

    def pytorch(name, *inputs):
        with torch.inference_mode():
            return parts.modules[name](*map(torch.from_numpy, inputs))
    frames = np.random.default_rng(0).integers(
        0, 256, (spec.num_frames, spec.size_px, spec.size_px, 3), np.uint8)
    maps = np.ascontiguousarray(pytorch('maps', frames))
    looks = np.ascontiguousarray(pytorch('looks', maps))
    for name, source, expected in (
            ('maps', frames[:4], maps[:4]), ('maps', frames[4:5], maps[4:5]),
            ('looks', maps[:1], looks[:1])):
        found = np.zeros(expected.shape, np.float32)
        models.run(name, [source], [found])
        assert_close(found, expected, 1e-5)
    logits, features = models.run('body', [maps, looks])
    expected_logits, expected_features = (x.numpy() for x in pytorch('body', maps, looks))
    assert_close(features, expected_features, 1e-5)
    assert expected_logits.shape == (1, card.num_logits)
    np.testing.assert_allclose(logits, expected_logits, rtol=1e-5, atol=1e-4)


WITHOUT_PYTORCH = """
import sys
from imrs_ros.backends import load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.settings import BackendSettings
try:
    import torch
except ImportError as error:
    print(error)
loaded = load_backend(ModelCard.load(sys.argv[1]), BackendSettings())
print(loaded.backend.description.name, loaded.fallbacks)
"""


def test_a_robot_without_pytorch_runs_it(shipped_model, tmp_path):
    """Loading compares its scores with those that the card holds, by PyTorch."""
    (tmp_path / 'torch.py').write_text('raise ImportError("no torch here")')
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_PYTORCH, str(shipped_model)], text=True,
        capture_output=True, check=True, env={
            **os.environ, 'PYTHONPATH': os.pathsep.join((str(tmp_path), *sys.path)),
            'XDG_CACHE_HOME': str(tmp_path / 'cache')})
    assert done.stdout == 'no torch here\nopenvino ()\n'
    assert len(list((tmp_path / 'cache' / 'imrs_ros' / 'openvino').iterdir())) == 1


def test_it_is_written_once_whatever_pytorch_is_installed(card, monkeypatch):
    folder, warnings = find_or_export(card)
    assert warnings == ()
    monkeypatch.setattr(openvino_export, 'write_lite0', pytest.fail)
    monkeypatch.setattr('importlib.metadata.version', lambda name: f'another {name}')
    assert find_or_export(card) == (folder, ())


def test_it_is_written_anew_when_its_code_changes(card, root, tiny_card, monkeypatch):
    package = root / 'imrs_ros'
    assert {*GRAPH_CODE} == {
        *(package / 'architectures').glob('*.py'), package / 'part_plan.py',
        *(package / 'backends' / 'openvino_graphs').glob('*.py')}
    before, other = export_values(card), export_values(tiny_card)
    monkeypatch.setattr(openvino_export, 'GRAPH_CODE', GRAPH_CODE[:-1])
    assert export_values(card) != before
    assert export_values(tiny_card) == other


def test_pose_streams_and_other_networks_go_through_pytorch(card, tiny_card):
    other = OtherWeights(model='movenet', sha256='')
    pose = PoseSpec(weight=0.5, num_members=1, picture=other, finder=other)
    assert has_lite0_graph(card)
    assert not has_lite0_graph(replace(card, pose=pose))
    assert not has_lite0_graph(tiny_card)


def rename(name):
    """Return a change of weights: one of them gets another name."""
    return lambda tensors: {(f'{key}_' if key == name else key): value
                            for key, value in tensors.items()}


@pytest.mark.parametrize(('changes', 'words'), [
    ({'architecture': {'excitation': 'se'}}, 'missing .*ce1.fc1.bias.*unknown .*ce1.conv.weight'),
    ({'architecture': {'excitation_stages': (2,)}}, r'missing \[\], unknown .*ce1.conv.weight'),
    ({'architecture': {'excitation_stages': (1, 3)}}, 'excitation_stages of lite0 must be among'),
    ({'architecture': {'excitation': 'xe'}}, 'excitation must be one of ce, se, none, got'),
    ({'architecture': {'width': 0.5}}, 'lite0 has no width multiplier'),
    ({'none_score': None}, 'unknown .*none_score.centres_KP'),
    ({'none_score': NoneScoreSpec(num_components=3)}, r'centres_KP \(3, 2\) instead of \(3, 3\)'),
    ({'labels': ('one', 'two')}, 'the card names 2 labels, the weights give 3 logits')])
def test_weights_that_do_not_fit_are_named_as_by_pytorch(card, changes, words):
    architecture = replace(card.architecture, **changes.pop('architecture', {}))
    wrong = replace(card, architecture=architecture, **changes)
    with pytest.raises(ModelCardError, match=words) as by_pytorch:
        load_network(wrong)
    with pytest.raises(ModelCardError) as found:
        lite0_graphs(wrong)
    assert str(found.value) == str(by_pytorch.value)


@pytest.mark.parametrize('change', [
    lambda tensors: tensors | {'blocks.3.bn1.bias': torch.zeros(7)}, rename('conv_stem.weight'),
    rename('norm.running_var'), rename('motion.2.downsample.0.weight'),
    lambda tensors: tensors | {'bn0.num_batches_tracked': torch.tensor(3)}])
def test_the_same_weights_are_taken_as_by_pytorch(card, change):
    save_file(change(load_file(card.weights_path)), card.weights_path)
    assert error_of(lite0_graphs, card) == error_of(load_network, card)


def error_of(load, card):
    """Return the text of the error with which a network is refused; empty for none."""
    try:
        load(card)
    except ModelCardError as error:
        return str(error)
    return ''


def test_what_is_no_weights_file_or_of_another_number_format_is_named(card):
    card.weights_path.write_bytes(b'nothing')
    assert 'expected a safetensors file' in error_of(lite0_graphs, card)
    assert error_of(lite0_graphs, card) == error_of(load_network, card)
    save_file({'fc.weight': torch.zeros(3, dtype=torch.bfloat16)}, card.weights_path)
    assert 'expected weights in float16 or float32' in error_of(lite0_graphs, card)


def test_clips_that_are_too_short_are_named(card):
    with pytest.raises(ModelCardError, match='lite0 needs clips of more than 4 frames, got 4'):
        lite0_graphs(replace(card, spec=replace(card.spec, num_frames=4)))


NO_SPACE = """
import resource, sys
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.model_card import ModelCard
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    find_or_export(ModelCard.load(sys.argv[1]))
except OSError as error:
    print(error)
"""


def test_a_full_disk_is_an_error_of_the_disk(card, tmp_path):
    done = subprocess.run(
        [sys.executable, '-c', NO_SPACE, str(card.folder)], text=True, capture_output=True,
        env={**os.environ, 'XDG_CACHE_HOME': str(tmp_path / 'cache'), 'TMPDIR': str(tmp_path)})
    assert 'maps.xml cannot be written: ' in done.stdout, done.stderr
    assert 'is the disk full?' in done.stdout
