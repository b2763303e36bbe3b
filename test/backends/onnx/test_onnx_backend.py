# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""ONNX Runtime scores as PyTorch does: in parts on a CPU, in batches on an accelerator."""

import os
import subprocess
import sys

from imrs_ros.backends import load, load_backend
from imrs_ros.backends.onnx import onnx_backend
from imrs_ros.backends.onnx.files import find_or_export_onnx, onnx_beside, onnx_values
from imrs_ros.backends.onnx.sessions import CPU
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
import torch

ONNX = BackendSettings(backend='onnx')


def windows(card, number, hop=4):
    spec = card.spec
    shape = (spec.num_frames + hop * number, spec.size_px, spec.size_px, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return [Clip('camera', frames[start:start + spec.num_frames], start, 0, '')
            for start in range(0, hop * number, hop)]


def expected(card, clips):
    with torch.inference_mode():
        return load_network(card)(
            torch.from_numpy(np.stack([clip.frames_THWC for clip in clips]))).numpy()


def test_windows_of_a_stream_are_scored_in_parts(tiny_card):
    backend = load_backend(tiny_card, ONNX).backend
    assert backend.description.device.startswith(CPU)
    backend._scorer._reuse.most_new = 16
    assert 'frame' in backend.description.notes
    clips = windows(tiny_card, 5)
    found = np.concatenate([backend.infer([clip]) for clip in clips])
    assert np.abs(found - expected(tiny_card, clips)).max() < 1e-4
    assert backend._scorer._reuse.num_bytes > 0, 'frames were kept'
    backend.close()


def test_an_accelerator_gets_batches(tiny_card, monkeypatch):
    # ONNX Runtime leaves out a provider that is not there, and says so by what it uses.
    monkeypatch.setattr(onnx_backend, 'providers', lambda: ['CUDAExecutionProvider', CPU])
    with pytest.warns(UserWarning, match='CUDAExecutionProvider'):
        loaded = load_backend(tiny_card, ONNX)
    assert loaded.fallbacks == (
        f'onnx: CUDAExecutionProvider cannot be used here, {CPU} runs the network',)
    assert loaded.backend.description.batch_size == 8
    clips = windows(tiny_card, 11)
    found = loaded.backend.infer(clips)
    assert np.abs(found - expected(tiny_card, clips)).max() < 1e-4


def test_without_onnx_runtime_the_remedy_is_named(tiny_card, monkeypatch):
    monkeypatch.setattr('imrs_ros.backends.gpu.presence.find_spec', lambda name: None)
    with pytest.raises(RuntimeError, match='expected the packages onnxruntime, got no onnxruntime;'
                       ' pip install -r requirements/onnx.txt'):
        load_backend(tiny_card, ONNX)


WITHOUT_TORCH = """
import sys
from imrs_ros.backends import load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.settings import BackendSettings
for name in ('torch', 'onnx', 'openvino'):
    sys.modules[name] = None
loaded = load_backend(ModelCard.load(sys.argv[1]), BackendSettings())
print(loaded.backend.description.name, len(loaded.fallbacks))
"""


def test_files_beside_the_model_need_no_pytorch(tiny_model, root, tmp_path):
    folder, _ = find_or_export_onnx(tiny_model)

    def copy(entry, lock):
        for path in folder.glob('[!m]*'):
            (entry / path.name).write_bytes(path.read_bytes())
    beside = onnx_beside(tiny_model.folder)
    beside.make(onnx_values(tiny_model), copy)
    ended = subprocess.run(
        [sys.executable, '-c', WITHOUT_TORCH, str(tiny_model.folder)], capture_output=True,
        text=True, env={**os.environ, 'PYTHONPATH': str(root),
                        'XDG_CACHE_HOME': str(tmp_path / 'empty')})
    assert ended.stdout.split() == ['onnx', '2'], ended.stderr


def test_it_is_the_last_that_auto_tries():
    assert list(load.LOADERS)[-1] == 'onnx'
