# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The people finder converted for OpenVINO: once, and as PyTorch computes it."""

import shutil
import subprocess
import sys

from imrs_ros.backends import finder_export
from imrs_ros.backends.finder_export import find_or_export_finder, FINDER_SIZE_PX
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.model_card import ModelCardError
from imrs_ros.model_folders import find_model
from imrs_ros.networks.weights import load_finder
import numpy as np
import pytest
from safetensors.torch import save_file
import torch


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Use a cache of the test, and return a folder with the shipped weights."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    folder = tmp_path / 'movenet'
    folder.mkdir()
    shutil.copy(find_model('movenet') / 'model.safetensors', folder)
    return folder


def run(path, square_HWC):
    compiled = openvino_core().compile_model(openvino_core().read_model(path), 'CPU', {
        'INFERENCE_PRECISION_HINT': 'f32'})
    return compiled([square_HWC[None]])[0][0]


def test_it_is_converted_once_and_computes_what_the_network_does(own_cache, monkeypatch):
    path, warnings = find_or_export_finder(own_cache)
    assert warnings == ()
    rng = np.random.default_rng(0)
    square_HWC = rng.integers(0, 256, (FINDER_SIZE_PX, FINDER_SIZE_PX, 3), np.uint8)
    with torch.inference_mode():
        expected_PD = load_finder(own_cache / 'model.safetensors')(
            torch.from_numpy(square_HWC[None]))[0].numpy()
    found_PD = run(path, square_HWC)
    assert found_PD.shape == expected_PD.shape == (6, 56)
    assert np.abs(found_PD[:, -5:] - expected_PD[:, -5:]).max() < 1e-3
    monkeypatch.setattr(finder_export, 'export_finder', pytest.fail)
    assert find_or_export_finder(own_cache) == (path, ())


def test_it_is_found_beside_the_weights(own_cache, monkeypatch, tmp_path):
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'imrs_ros.backends.finder_export', str(own_cache)],
        text=True, capture_output=True, check=True)
    monkeypatch.setattr(finder_export, 'export_finder', pytest.fail)
    path, _ = find_or_export_finder(own_cache)
    assert str(path.parent) == done.stdout.strip()
    assert path.parent.parent == own_cache / 'openvino'
    assert not (tmp_path / 'cache').exists()


def test_a_folder_without_the_weights_is_named(own_cache, tmp_path):
    with pytest.raises(FileNotFoundError, match='expected the weights of a people finder'):
        find_or_export_finder(tmp_path / 'nobody')
    save_file({'fc.weight': torch.zeros(1)}, own_cache / 'model.safetensors')
    with pytest.raises(ModelCardError, match='expected the weights of MoveNet MultiPose Light'):
        find_or_export_finder(own_cache)
    (own_cache / 'model.safetensors').write_bytes(b'nothing')
    with pytest.raises(ModelCardError, match='expected a safetensors file'):
        find_or_export_finder(own_cache)


def test_a_folder_without_weights_is_named_by_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'imrs_ros.backends.finder_export', str(tmp_path)],
        text=True, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f'{tmp_path / "model.safetensors"}: expected the weights of a people finder, got no file')
