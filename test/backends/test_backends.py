# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""All backends return the logits of plain PyTorch, and a choice is never silent."""

from dataclasses import replace

from imrs_ros.backends import BackendDescription, FailoverBackend, load, load_backend
from imrs_ros.backends.openvino_backend import OpenVinoModels
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.model_card import ModelCardError, WEIGHTS_FILE
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from samples import write_tiny_model
import torch


def random_clips(spec, number):
    rng = np.random.default_rng(0)
    shape = (number, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))
    return [Clip('camera', frames, 0, 1, '') for frames in rng.integers(0, 256, shape, np.uint8)]


@pytest.mark.parametrize('name', ['torch', 'openvino', 'onnx'])
def test_logits_are_those_of_the_network(tiny_card, name):
    backend = load_backend(tiny_card, BackendSettings(backend=name, num_threads=1)).backend
    clips = random_clips(tiny_card.spec, 3)
    logits = backend.infer(clips)
    with torch.inference_mode():
        expected = load_network(tiny_card)(
            torch.from_numpy(np.stack([clip.frames_THWC for clip in clips]))).numpy()
    assert logits.dtype == np.float32
    assert np.abs(logits - expected).max() <= 1e-4 * np.abs(expected).max()
    assert backend.description.name == name
    kept = logits.copy()
    backend.infer(clips[::-1])
    assert (logits == kept).all(), 'scores must not be overwritten by a later call'
    backend.close()


def test_bfloat16_is_near_float32_or_refused_where_the_processor_lacks_it(tiny_card):
    settings = BackendSettings(cpu_precision='bfloat16')
    if 'BF16' not in openvino_core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES'):
        with pytest.raises(RuntimeError, match='needs a processor with AVX512_BF16 or AMX'):
            load_backend(tiny_card, settings)
        return
    backend = load_backend(tiny_card, settings).backend
    exact = load_backend(tiny_card, BackendSettings()).backend
    clips = random_clips(tiny_card.spec, 3)
    logits, expected = backend.infer(clips), exact.infer(clips)
    difference = np.abs(logits - expected).max() / np.abs(expected).max()
    assert 1e-6 < difference < 0.1, 'another arithmetic, the same network'
    assert backend.description.precision == 'bfloat16'
    assert exact.description.precision == 'float32'


def test_a_precision_that_nothing_here_has_is_refused_with_every_reason(tiny_card, monkeypatch):
    monkeypatch.setattr(OpenVinoModels, '_has_bfloat16', lambda self: False)
    with pytest.raises(RuntimeError) as caught:
        load_backend(tiny_card, BackendSettings(cpu_precision='bfloat16'))
    assert 'needs a processor with AVX512_BF16 or AMX' in str(caught.value)
    assert str(caught.value).count('cpu_precision bfloat16 needs the backend openvino') == 2


def test_auto_is_openvino_on_a_cpu(tiny_card):
    loaded = load_backend(tiny_card, BackendSettings())
    assert loaded.backend.description.name == 'openvino'
    assert loaded.fallbacks == ()


def test_fallback_says_why(tiny_card, monkeypatch):
    def broken(card, settings):
        raise ImportError('no module named openvino')
    monkeypatch.setitem(load.LOADERS, 'openvino', broken)
    loaded = load_backend(tiny_card, BackendSettings())
    assert loaded.backend.description.name == 'torch'
    assert 'no module named openvino' in loaded.fallbacks[0]
    with pytest.raises(RuntimeError, match='no module named openvino'):
        load_backend(tiny_card, BackendSettings(backend='openvino'))


def test_wrong_weights_are_no_reason_for_another_backend(tiny_model):
    (tiny_model.folder / WEIGHTS_FILE).write_bytes(b'not tensors')
    card = replace(tiny_model, weights_sha256='0' * 64)
    with pytest.raises(ModelCardError, match='expected a safetensors file'):
        load_backend(card, BackendSettings())


def test_non_finite_weights_are_refused(tmp_path):
    card = write_tiny_model(tmp_path / 'nan', state={
        k: torch.full_like(v, float('nan')) if k == 'fc.bias' else v
        for k, v in load_network(write_tiny_model(tmp_path / 'tiny')).state_dict().items()})
    with pytest.raises(RuntimeError, match='finite logits'):
        load_backend(card, BackendSettings(backend='torch'))


@pytest.mark.parametrize(('changes', 'words'), [
    ({'backend': 'tensorflow'}, 'one of auto, tensorrt, torch_cuda, openvino, torch, onnx'),
    ({'num_threads': -1}, 'num_threads'),
    ({'cpu_precision': 'int4'}, 'cpu_precision must be one of float32, bfloat16, int8, auto'),
    ({'cpu_cores': (0, -1)}, r'cpu_cores must be numbers from 0 on, each once, got \[0, -1\]')])
def test_wrong_settings_are_named(changes, words):
    with pytest.raises(ValueError, match=words):
        BackendSettings(**changes)


class Flaky:
    """Works until it is told to fail."""

    def __init__(self, name, card):
        self.description = BackendDescription(name, '1', 'none', 'none')
        self.fails, self.closed, self._num_classes = None, False, len(card.labels)

    def infer(self, clips):
        if self.fails == 'raises':
            raise RuntimeError('out of memory')
        return np.full((len(clips), self._num_classes), {'nan': np.nan}.get(self.fails, 1),
                       np.float32)

    def close(self):
        self.closed = True


@pytest.fixture
def flaky(monkeypatch, tiny_card):
    """Return two backends that fail on command."""
    made = {name: Flaky(name, tiny_card) for name in ('openvino', 'torch', 'onnx')}
    for name, backend in made.items():
        monkeypatch.setitem(load.LOADERS, name, lambda card, settings, b=backend: b)
    return made


@pytest.mark.parametrize(('how', 'words'), [
    ('raises', 'backend openvino failed: RuntimeError: out of memory'), ('nan', 'finite logits')])
def test_a_backend_that_fails_is_left_for_the_next(tiny_card, flaky, how, words):
    reasons = []
    backend = FailoverBackend(tiny_card, BackendSettings(), reasons.append)
    clips = random_clips(tiny_card.spec, 2)
    assert backend.infer(clips).shape == (2, 3)
    assert (backend.description.name, reasons) == ('openvino', [])
    flaky['openvino'].fails = how
    assert np.isfinite(backend.infer(clips)).all()
    assert backend.description.name == 'torch'
    assert words in reasons[0]
    assert flaky['openvino'].closed
    backend.close()
    assert flaky['torch'].closed


def test_a_device_that_vanishes_does_not_change_what_comes_next(tiny_card, flaky, monkeypatch):
    gone = Flaky('torch_cuda', tiny_card)
    monkeypatch.setitem(load.LOADERS, 'torch_cuda', lambda card, settings: gone)
    monkeypatch.setattr(load, '_load_faster', lambda card, settings: gone)
    monkeypatch.setattr(load, 'has_gpu', lambda: True)
    backend = FailoverBackend(tiny_card, BackendSettings(), [].append)
    assert backend.description.name == 'torch_cuda'
    monkeypatch.setattr(load, 'has_gpu', lambda: False)
    gone.fails = 'raises'
    assert backend.infer(random_clips(tiny_card.spec, 2)).shape == (2, 3)
    assert backend.description.name == 'openvino'


def test_a_backend_that_cannot_be_closed_costs_no_window(tiny_card, flaky, monkeypatch):
    def close():
        raise RuntimeError('CUDA error: unspecified launch failure')
    reasons = []
    backend = FailoverBackend(tiny_card, BackendSettings(), reasons.append)
    flaky['openvino'].fails = 'raises'
    monkeypatch.setattr(flaky['openvino'], 'close', close)
    assert backend.infer(random_clips(tiny_card.spec, 2)).shape == (2, 3)
    assert 'backend openvino could not be closed: RuntimeError: CUDA error' in reasons[-1]


def test_the_last_backend_is_tried_again(tiny_card, flaky):
    reasons = []
    backend = FailoverBackend(tiny_card, BackendSettings(backend='torch'), reasons.append)
    clips = random_clips(tiny_card.spec, 1)
    flaky['torch'].fails = 'raises'
    with pytest.raises(RuntimeError, match='out of memory'):
        backend.infer(clips)
    flaky['torch'].fails = None
    assert backend.infer(clips).shape == (1, 3)
    assert reasons == []


def test_a_next_backend_that_cannot_be_loaded_leaves_the_first_in_place(tiny_card, flaky):
    reasons = []
    backend = FailoverBackend(tiny_card, BackendSettings(), reasons.append)
    clips = random_clips(tiny_card.spec, 1)
    for failing in flaky.values():
        failing.fails = 'raises'
    with pytest.raises(RuntimeError, match='backend torch unavailable'):
        backend.infer(clips)
    flaky['openvino'].fails = None
    assert backend.infer(clips).shape == (1, 3)
    assert backend.description.name == 'openvino'
    assert not flaky['openvino'].closed
