# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The people finder written as an OpenVINO graph: the numbers and errors of PyTorch."""

import os
import subprocess
import sys

from imrs_ros.architectures.movenet import MAX_PEOPLE, PERSON_DIM
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.backends.openvino_graphs.movenet import movenet_graph
from imrs_ros.model_card import ModelCardError
from imrs_ros.model_folders import find_model
from imrs_ros.networks.weights import load_finder
import numpy as np
import pytest
from safetensors.torch import load_file, save_file
import torch

WEIGHTS = find_model('movenet') / 'model.safetensors'
SIDE = 128


@pytest.fixture
def eager(tmp_path):
    """Return weights that see people, large and small, in any picture."""
    tensors = load_file(WEIGHTS)
    for name, more in (('centre', 4.0), ('keypoint', 6.0), ('size', 20.0)):
        tensors[f'heads.{name}.3.bias'] += more
    path = tmp_path / 'model.safetensors'
    save_file(tensors, path)
    return path


@pytest.mark.parametrize('seed', range(3))
def test_people_are_those_of_pytorch(eager, seed):
    blocks_HWC = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    frame_1HWC = blocks_HWC.repeat(SIDE // 8, 0).repeat(SIDE // 8, 1)[None]
    compiled = openvino_core().compile_model(
        movenet_graph(eager, SIDE), 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})
    found_1PD = compiled([frame_1HWC])[0]
    with torch.inference_mode():
        expected_1PD = load_finder(eager)(torch.from_numpy(frame_1HWC)).numpy()
    assert expected_1PD.shape == (1, MAX_PEOPLE, PERSON_DIM)
    assert expected_1PD[..., -1].min() > 0.01
    np.testing.assert_allclose(found_1PD, expected_1PD, rtol=0, atol=1e-4)


@pytest.mark.parametrize('change', [
    lambda tensors: {name: tensor for name, tensor in tensors.items() if name != 'stem.bias'},
    lambda tensors: tensors | {'heads.centre.0.bias': torch.zeros(24)},
    lambda tensors: tensors | {'top.bias': torch.zeros(7)}, lambda tensors: {}])
def test_other_weights_are_named_as_by_pytorch(change, tmp_path):
    path = tmp_path / 'model.safetensors'
    save_file(change(load_file(WEIGHTS)), path)
    with pytest.raises(ModelCardError, match='expected the weights of MoveNet') as by_pytorch:
        load_finder(path)
    with pytest.raises(ModelCardError) as found:
        movenet_graph(path, SIDE)
    assert str(found.value) == str(by_pytorch.value)


WITHOUT_PYTORCH = """
import sys
from pathlib import Path
from imrs_ros.person_finder.finder import Finder
try:
    import torch
except ImportError as error:
    print(error)
print(Finder(Path(sys.argv[1]), 1).warnings)
"""


def test_a_robot_without_pytorch_finds_people(tmp_path):
    (tmp_path / 'torch.py').write_text('raise ImportError("no torch here")')
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_PYTORCH, str(WEIGHTS.parent)], text=True,
        capture_output=True, check=True, env={
            **os.environ, 'PYTHONPATH': os.pathsep.join((str(tmp_path), *sys.path)),
            'XDG_CACHE_HOME': str(tmp_path / 'cache')})
    assert done.stdout == 'no torch here\n()\n'
