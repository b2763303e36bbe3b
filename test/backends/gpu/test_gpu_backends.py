# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What of the GPU backends needs no GPU: is one there, buffers, precision, and the choice."""

from collections import defaultdict
from contextlib import contextmanager
import gc
import weakref

from imrs_ros.backends import BackendDescription, load, load_backend
from imrs_ros.backends.fastest import FastestChoice, HOP, NUM_ROUNDS, recall
from imrs_ros.backends.frame_reuse import frame_reuse
from imrs_ros.backends.gpu import torch_cuda_backend, torch_parts
from imrs_ros.backends.gpu.engine_check import first_accepted
from imrs_ros.backends.gpu.half_precision import (
    fold_normalisations, network_in, to_channels_last, to_half)
from imrs_ros.backends.gpu.identity import describe
from imrs_ros.backends.gpu.presence import has_gpu, require_packages
from imrs_ros.backends.gpu.runner import ClipBatch
from imrs_ros.backends.gpu.torch_cuda_backend import arithmetic, CudaGraphEngine
from imrs_ros.backends.gpu.torch_parts import TorchParts, TorchStorage
from imrs_ros.backends.model_cache import ModelCache
from imrs_ros.backends.onnx.layout import BATCH_SIZES, ITEM_SIZES, MAX_CLIPS, padded_size
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import ModelCardError
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
import torch

CPU = torch.device('cpu')


@pytest.mark.parametrize(('device', 'expected'), [
    (None, False), ('dev/nvidia0', True), ('dev/nvidia12', True), ('dev/nvhost-gpu', True),
    ('dev/nvgpu/igpu0', True), ('usr/lib/wsl/lib/libcuda.so.1', True), ('dev/nvidiactl', False),
    # A container sees the driver of its host, whether it may use the GPU or not.
    ('proc/driver/nvidia/version', False)])
def test_a_gpu_is_found_by_its_device(tmp_path, device, expected):
    if device:
        path = tmp_path / device
        path.parent.mkdir(parents=True)
        path.touch()
    assert has_gpu(tmp_path) is expected


def test_a_missing_package_is_named():
    require_packages('torch')
    with pytest.raises(RuntimeError, match='got no no_such_thing; pip install -r requ'):
        require_packages('torch', 'no_such_thing')


@pytest.mark.parametrize(('is_gpu_here', 'expected'), [
    (False, ('openvino', 'torch', 'onnx')),
    (True, ('tensorrt', 'torch_cuda', 'openvino', 'torch', 'onnx'))])
def test_auto_leaves_out_the_gpu_where_there_is_none(monkeypatch, is_gpu_here, expected):
    monkeypatch.setattr(load, 'has_gpu', lambda: is_gpu_here)
    assert load.candidates(BackendSettings()) == expected
    assert load.candidates(BackendSettings(backend='tensorrt')) == ('tensorrt',)


@pytest.mark.parametrize('name', ['tensorrt', 'torch_cuda'])
def test_a_gpu_backend_that_was_asked_for_says_what_is_missing(tiny_card, name):
    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    with pytest.raises(RuntimeError, match=f'backend {name} unavailable: RuntimeError: expected'):
        load_backend(tiny_card, BackendSettings(backend=name))


def test_a_gpu_that_pytorch_cannot_use_is_told_and_the_cpu_runs_it(tiny_card, monkeypatch):
    if torch.cuda.is_available():
        pytest.skip('there is a GPU that PyTorch can use')
    monkeypatch.setattr(load, 'has_gpu', lambda: True)
    loaded = load_backend(tiny_card, BackendSettings())
    assert loaded.backend.description.name == 'openvino'
    (reason,) = loaded.fallbacks
    assert reason.startswith('GPU backends unavailable: CudaError: expected the NVIDIA driver')


@pytest.mark.parametrize(('num_clips', 'size'), [(1, 1), (2, 2), (3, 4), (5, 8), (8, 8)])
def test_batches_are_filled_up(num_clips, size):
    assert padded_size(num_clips) == size
    assert size in BATCH_SIZES


def test_clips_reach_the_network_as_floats(tiny_card):
    batch = ClipBatch(tiny_card.spec, CPU, torch.float16)
    rng = np.random.default_rng(0)
    clips = [Clip('', rng.integers(0, 256, (16, 32, 32, 3), np.uint8), 0, 0, '')
             for _ in range(MAX_CLIPS)]
    pixels = batch.pixels(2)
    address = pixels.data_ptr()
    for pair in (clips[:2], clips[2:4]):
        batch.load(pair)
        expected = np.stack([clip.frames_THWC for clip in pair])
        assert (pixels.numpy() == expected).all()
    assert batch.pixels(4).data_ptr() == address, 'captured graphs read the same memory'
    batch.load(clips)
    assert (batch.pixels(MAX_CLIPS)[-1].numpy() == clips[-1].frames_THWC).all()


def test_half_precision_is_near(tiny_card):
    clips = torch.from_numpy(golden_clips(16, 32))
    network = to_channels_last(to_half(load_network(tiny_card)))
    kept = {name for name, tensor in network.state_dict().items() if tensor.dtype != torch.float16}
    assert {name for name in kept if 'num_batches' not in name} == set()
    assert network.mean.dtype == network.std.dtype == torch.float32
    assert network.conv1.weight.is_contiguous(memory_format=torch.channels_last_3d)
    with torch.inference_mode():
        half, whole = network(clips), load_network(tiny_card)(clips)
        as_pixels = network(clips.half())
    assert half.dtype == torch.float16
    assert (half.float() - whole).abs().max() < 0.02
    assert (half == as_pixels).all(), 'pixels up to 255 are exact in half precision'


def test_normalisations_are_folded_in_float32(tiny_card):
    network, exact = load_network(tiny_card), load_network(tiny_card)
    clips = torch.from_numpy(golden_clips(16, 32))
    num_before = sum(isinstance(m, torch.nn.BatchNorm3d) for m in network.modules())
    assert fold_normalisations(network, clips[:1]) == num_before > 15
    assert not any(isinstance(m, torch.nn.BatchNorm3d) for m in network.modules())
    with torch.inference_mode():
        assert (network(clips) - exact(clips)).abs().max() < 1e-5


@pytest.mark.parametrize(('precision', 'dtype'), [
    ('float16', torch.float16), ('tf32', torch.float32), ('float32', torch.float32)])
def test_each_precision_has_its_types(tiny_card, precision, dtype):
    network, found = network_in(tiny_card, precision)
    assert found == network.conv1.weight.dtype == dtype


@pytest.mark.parametrize(('precision', 'is_tf32'), [
    ('float16', True), ('tf32', True), ('float32', False)])
def test_arithmetic_is_set_while_kernels_are_chosen_and_no_longer(precision, is_tf32):
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32
    with arithmetic(precision):
        assert cudnn.benchmark
        assert cudnn.allow_tf32 == matmul.allow_tf32 == is_tf32
    assert (cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32) == before


class Recorded:
    """Stands in for ``torch.cuda``: runs on the CPU and notes what was asked of it."""

    def __init__(self):
        self.calls = []
        self.Stream = lambda device: self
        self.CUDAGraph = lambda: self

    def replay(self):
        self.calls.append(('replay',))

    def wait_stream(self, stream):
        self.calls.append(('wait', stream))

    def synchronize(self):
        self.calls.append(('synchronize',))

    def current_stream(self, device):
        return 'default'

    def graph_pool_handle(self):
        return 'pool'

    @contextmanager
    def stream(self, stream):
        yield

    @contextmanager
    def graph(self, graph, **options):
        self.calls.append(('capture', options))
        yield


def test_graphs_are_captured_after_the_weights_are_there(tiny_card, monkeypatch):
    recorded = Recorded()
    monkeypatch.setattr(torch_cuda_backend.torch, 'cuda', recorded)
    monkeypatch.setattr(torch_cuda_backend, 'NUM_WARM_UPS', 1)
    engine = CudaGraphEngine(tiny_card, CPU, 'float32')
    assert recorded.calls[0] == ('wait', 'default')
    captures = [call[1] for call in recorded.calls if call[0] == 'capture']
    num_parts = 3
    assert captures == [{'pool': 'pool', 'stream': recorded,
                         'capture_error_mode': 'thread_local'}] * (
        2 * len(BATCH_SIZES) + num_parts * len(ITEM_SIZES))
    before = len(recorded.calls)
    engine.infer([stream(tiny_card, 1)[0]])
    assert {call[0] for call in recorded.calls[before:]} == {'replay'}, 'nothing runs uncaptured'


def test_an_engine_takes_the_stream_of_one_that_was_closed(tiny_card, monkeypatch):
    created, recorded = [], Recorded()

    def create(device):
        created.append(device)
        return recorded
    recorded.Stream, recorded.empty_cache = create, lambda: None
    monkeypatch.setattr(torch_cuda_backend.torch, 'cuda', recorded)
    monkeypatch.setattr(torch_cuda_backend, '_idle_streams', defaultdict(list))
    for _ in range(3):
        CudaGraphEngine(tiny_card, CPU, 'float32').close()
    assert len(created) == 1, 'each would keep a workspace of cuBLAS for good'
    engines = [CudaGraphEngine(tiny_card, CPU, 'float32') for _ in range(2)]
    assert len(created) == 2, 'no two at work share one'
    for engine in engines:
        engine.close()


def test_a_closed_engine_leaves_nothing_in_memory(tiny_card, on_the_cpu):
    backend = torch_cuda_backend.TorchCudaBackend(tiny_card, BackendSettings())
    engine = backend._engine
    held = [weakref.ref(tensor) for tensor in (
        engine._batch._pixels, next(engine._network.parameters()))]
    del engine
    gc.collect()
    gc.disable()
    try:
        backend.close()
        assert [tensor() for tensor in held] == [None, None]
    finally:
        gc.enable()


class Uncaptured:
    """Stands in for ``CudaGraphs``: work runs on the CPU each time."""

    def __init__(self, device):
        self.num_captured = 0

    def close(self):
        pass

    @contextmanager
    def current(self):
        with torch.inference_mode():
            yield

    def capture(self, work):
        self.num_captured += 1
        return work


@pytest.fixture
def on_the_cpu(monkeypatch):
    """Let ``torch_cuda`` run on the CPU."""
    monkeypatch.setattr(torch_cuda_backend, 'CudaGraphs', Uncaptured)
    monkeypatch.setattr(torch_cuda_backend, 'ITEM_SIZES', ITEM_SIZES[:4])
    monkeypatch.setattr(torch_cuda_backend, 'require_cuda', lambda: CPU)
    monkeypatch.setattr(torch_cuda_backend, 'precisions_of', lambda card: ('float32',))
    monkeypatch.setattr(torch_cuda_backend.torch.cuda, 'get_device_name', lambda device: 'none')
    monkeypatch.setattr(torch_cuda_backend.torch.cuda, 'empty_cache', lambda: None)
    # Whatever is faster here.
    monkeypatch.setattr(frame_reuse, 'most_new_that_pays', lambda *arguments: 4)


def stream(card, number, hop=1):
    """Return the windows of a camera."""
    frames = np.random.default_rng(0).integers(0, 256, (16 + hop * number, 32, 32, 3), np.uint8)
    return [Clip('a', frames[first:first + 16], first, 0, '')
            for first in range(0, hop * number, hop)]


def test_windows_share_frames_and_the_log_says_so(tiny_card, on_the_cpu, monkeypatch):
    uploads, upload = [], TorchStorage.upload
    monkeypatch.setattr(TorchStorage, 'upload', lambda self, frames, slots: (
        uploads.append(len(frames)), upload(self, frames, slots)))
    loaded = load_backend(tiny_card, BackendSettings(backend='torch_cuda'))
    assert loaded.fallbacks == ()
    assert 'frame reuse where at most 4 of 16 frames are new' in str(loaded.backend.description)
    assert loaded.backend._engine.sharing.num_bytes == 0, 'what the check stored is freed'
    uploads.clear()
    network, clips = load_network(tiny_card), stream(tiny_card, 6)
    for clip in clips:
        with torch.inference_mode():
            expected = network(torch.from_numpy(clip.frames_THWC[None])).numpy()
        assert np.abs(loaded.backend.infer([clip]) - expected).max() < 1e-4
    assert uploads == [16, 1, 1, 1, 1], 'the first window is scored whole'
    loaded.backend.close()


def test_golden_clips_are_scored_in_parts_once(tiny_card, on_the_cpu, monkeypatch):
    scored, run = [], TorchParts.run
    monkeypatch.setattr(TorchParts, 'run', lambda self, name, inputs, outputs=None: (
        scored.append(len(inputs[0])) if name == 'body' else None, run(
            self, name, inputs, outputs))[1])
    first = len(BATCH_SIZES)
    backend = torch_cuda_backend.TorchCudaBackend(tiny_card, BackendSettings())
    checked = [size for size in scored if size > 1][first - 1:]
    assert checked == [8, 8, 4, 4, 4, 4, 2, 2], 'twice in each batch; 3 are filled up to 4'
    assert backend._engine.sharing.is_on


@pytest.mark.parametrize('fault', ['other scores', 'failure', 'no parts', 'failure at load'])
def test_parts_that_are_wrong_are_left_out(tiny_card, on_the_cpu, monkeypatch, fault):
    run = TorchParts.run

    def faulty(self, name, inputs, outputs=None):
        if fault == 'failure at load' or fault == 'failure' and self.capture is None:
            raise RuntimeError('CUDA error')
        made = run(self, name, inputs, outputs)
        return [made[0] + 1] if name == 'body' and fault == 'other scores' else made

    def no_parts(network, num_frames):
        raise TypeError('expected a network of build_network')
    monkeypatch.setattr(TorchParts, 'run', faulty)
    if fault == 'no parts':
        monkeypatch.setattr(torch_parts, 'cut_network', no_parts)
    loaded = load_backend(tiny_card, BackendSettings(backend='torch_cuda'))
    assert loaded.fallbacks == ()
    words = {'other scores': 'ScoreError: in a batch of 8: expected the logits',
             'failure': 'RuntimeError: CUDA error', 'failure at load': 'RuntimeError: CUDA error',
             'no parts': 'TypeError: expected a network'}[fault]
    assert f'no frame reuse: {words}' in str(loaded.backend.description)
    for clip in stream(tiny_card, 3):
        assert np.isfinite(loaded.backend.infer([clip])).all()


def test_an_engine_that_cannot_be_closed_is_left_for_the_next():
    class Broken:
        def close(self):
            raise RuntimeError('CUDA error')

    def refuse(engine):
        if isinstance(engine, Broken):
            raise ValueError('other scores')
    name, engine, _ = first_accepted([('float16', Broken), ('float32', object)], refuse)
    assert name == 'float32'


class Timed:
    """Stands in for a GPU backend: takes so long by the clock of the test."""

    def __init__(self, name, clock, seconds, notices=()):
        self.description = BackendDescription(name, '1', 'GPU', 'float16', warnings=notices)
        self.clock, self.seconds, self.closed, self.num_scored = clock, seconds, False, 0
        self.windows = []

    def infer(self, clips):
        self.windows += clips
        self.clock.now += self.seconds
        self.num_scored += 1
        return np.zeros((len(clips), 3), np.float32)

    def close(self):
        self.closed = True


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Machine:
    """What a GPU machine is for the choice: a cache, a clock and two backends."""

    def __init__(self, card, folder, tensorrt=0.002, torch_cuda=0.003):
        self.clock, self.made = Clock(), []
        self.cache_folder, self.card = folder, card
        self.seconds = {'tensorrt': tensorrt, 'torch_cuda': torch_cuda}
        self.failing = {}

    def make(self, name):
        if name in self.failing:
            raise self.failing[name]
        self.made.append(Timed(name, self.clock, self.seconds[name]))
        return self.made[-1]

    def load(self, gpu='NVIDIA X'):
        self.made = []
        loaders = {name: lambda name=name: self.make(name) for name in self.seconds}
        return FastestChoice(
            loaders=loaders, spec=self.card.spec, cache=ModelCache(self.cache_folder),
            identity=describe(self.card, 'choice', gpu, '9.0'),
            describe=lambda name, error: (
                f'backend {name} unavailable: {type(error).__name__}: {error}'),
            measured='time a window', clock=self.clock).load()

    def names(self):
        return [backend.description.name for backend in self.made]


@pytest.fixture
def machine(tiny_card, tmp_path):
    return Machine(tiny_card, tmp_path / 'engines')


@pytest.mark.parametrize('faster', ['tensorrt', 'torch_cuda'])
def test_the_faster_one_is_used_and_remembered(machine, faster):
    machine.seconds[faster] = 0.001
    backend = machine.load()
    assert backend.description.name == faster
    assert f'{faster} 1.00 ms' in str(backend.description)
    assert backend.description.warnings == ()
    assert machine.names() == ['tensorrt', 'torch_cuda']
    assert [b.closed for b in machine.made] == [b.description.name != faster for b in machine.made]
    assert [b.num_scored for b in machine.made] == [NUM_ROUNDS] * 2
    for one, next_one in zip(backend._backend.windows, backend._backend.windows[1:]):
        assert next_one.first_sequence == one.first_sequence + HOP
        assert (next_one.frames_THWC[:-HOP] == one.frames_THWC[HOP:]).all(), 'a stream'
    again = machine.load()
    assert machine.names() == [faster], 'the other is not even loaded'
    assert again.description == backend.description
    backend.close()


def test_another_gpu_is_measured_again(machine):
    machine.load()
    machine.load('NVIDIA Y')
    assert machine.names() == ['tensorrt', 'torch_cuda']


def test_the_only_one_that_works_is_used_and_not_remembered(machine):
    machine.failing['tensorrt'] = RuntimeError('got no torch_tensorrt')
    backend = machine.load()
    assert backend.description.name == 'torch_cuda'
    assert 'backend tensorrt unavailable: RuntimeError: got no torch' in (
        backend.description.warnings[0])
    del machine.failing['tensorrt']
    assert machine.load().description.name == 'tensorrt', 'compared when both work'


def test_a_remembered_one_that_fails_leaves_the_other(machine):
    machine.load()
    machine.failing['tensorrt'] = RuntimeError('out of memory')
    backend = machine.load()
    assert backend.description.name == 'torch_cuda'
    assert 'out of memory' in backend.description.warnings[0]
    machine.failing['torch_cuda'] = RuntimeError('driver gone')
    with pytest.raises(RuntimeError, match='of memory; backend torch_cuda unavail.* driver gone'):
        machine.load()


def test_an_unknown_choice_is_measured_again(machine):
    machine.load()
    identity = describe(machine.card, 'choice', 'NVIDIA X', '9.0')
    ModelCache(machine.cache_folder).store(identity, b'\xff\xfe')
    assert machine.load().description.name == 'tensorrt'
    assert recall(ModelCache(machine.cache_folder), identity)[0] == 'tensorrt'


def test_wrong_weights_are_no_reason_for_the_other(machine):
    machine.failing['tensorrt'] = ModelCardError('not tensors')
    with pytest.raises(ModelCardError):
        machine.load()


def test_a_choice_that_cannot_be_stored_is_a_notice(machine):
    machine.cache_folder.write_text('')
    assert any('not cached' in notice for notice in machine.load().description.warnings)


def test_what_a_backend_passed_over_is_a_fallback(tiny_card, monkeypatch):
    notice = 'tensorrt: float16 refused: ScoreError: expected finite logits'
    monkeypatch.setitem(load.LOADERS, 'tensorrt', lambda card, settings: Timed(
        'tensorrt', Clock(), 0.001, (notice,)))
    loaded = load_backend(tiny_card, BackendSettings(backend='tensorrt'))
    assert loaded.fallbacks == (notice,)
