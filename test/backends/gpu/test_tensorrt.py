# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The calls to TensorRT and to the CUDA driver, on stand-ins that evaluate the layers."""

from dataclasses import replace
import os
from pathlib import Path
import shutil
import subprocess
import sys

from cuda_stand_in import CAPTURE_UNSUPPORTED, OUT_OF_MEMORY
from gpu_stand_in import stand_in_gpu
from imrs_ros.backends import FailoverBackend, load, load_backend
from imrs_ros.backends.frame_reuse import frame_reuse
from imrs_ros.backends.gpu.cuda_driver import cuda_device, CudaError
from imrs_ros.backends.model_cache import cache_root
from imrs_ros.backends.onnx.convert import write_network
from imrs_ros.backends.onnx.files import find_or_export_onnx
from imrs_ros.backends.onnx.layout import BATCH_SIZES, ITEM_SIZES, MAX_CLIPS, network_file
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from samples import write_tiny_model
import torch
from training.model_folder.writer import add_golden_scores

TENSORRT = BackendSettings(backend='tensorrt')
NUM_BUILDS = 5
"""Of a network and its parts: whole, three parts, body."""


@pytest.fixture(scope='module')
def card(tmp_path_factory):
    """Return a model whose ONNX files are there; its folder must not be changed."""
    card = add_golden_scores(write_tiny_model(tmp_path_factory.mktemp('gpu') / 'tiny').folder)
    find_or_export_onnx(card)
    return card


@pytest.fixture
def engines():
    """Empty the cache of engines, and keep that of ONNX files."""
    shutil.rmtree(cache_root() / 'engines', ignore_errors=True)


@pytest.fixture
def gpu(engines):
    with stand_in_gpu() as machine:
        yield machine


def random_clips(card, number):
    spec = card.spec
    shape = (number, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))
    frames = np.random.default_rng(number).integers(0, 256, shape, np.uint8)
    return [Clip(f'camera {place}', item, 0, 1, '') for place, item in enumerate(frames)]


def expected(card, clips):
    with torch.inference_mode():
        return load_network(card)(
            torch.from_numpy(np.stack([clip.frames_THWC for clip in clips]))).numpy()


@pytest.mark.parametrize('version', ['8.6.1', '10.3.0', '11.0.0.114'])
def test_an_engine_is_built_from_onnx_and_scores_every_batch(card, engines, version):
    with stand_in_gpu(version) as (cuda, tensorrt):
        loaded = load_backend(card, TENSORRT)
        assert loaded.fallbacks == ()
        description = loaded.backend.description
        assert (description.name, description.precision) == ('tensorrt', 'float16')
        assert (description.version, description.device) == (version, 'Stand-in (no GPU)')
        assert description.notes.startswith(('frame reuse where', 'no frame reuse')), (
            'a graph for every batch')
        for number in (*range(1, MAX_CLIPS + 1), 11):
            clips = random_clips(card, number)
            logits = loaded.backend.infer(clips)
            assert logits.dtype == np.float32
            assert np.abs(logits - expected(card, clips)).max() < card.golden.bound
        for config in tensorrt.builds:
            assert config.flags == ({'TF32', 'FP16'} if tensorrt.major == 8 else {'TF32'})
        profiles = [next(iter(config.profiles[0].values()), None) if config.profiles else None
                    for config in tensorrt.builds]
        assert [shapes and [shape[0] for shape in shapes] for shapes in profiles] == [
            [1, 1, MAX_CLIPS], *[[1, 1, ITEM_SIZES[-1]]] * 3, None], 'whole, three parts, body'
        assert len(tensorrt.Logger.made) == 1, 'one logger a process'
        assert cuda.handles[min(cuda.handles)] == 'non-blocking'
        loaded.backend.close()
        assert cuda.num_open == 0


def test_a_second_start_builds_nothing_and_needs_no_onnx(card, gpu, monkeypatch):
    _, tensorrt = gpu
    load_backend(card, TENSORRT).backend.close()
    monkeypatch.setattr('imrs_ros.backends.gpu.tensorrt_backend.find_or_export_onnx', pytest.fail)
    load_backend(card, TENSORRT).backend.close()
    assert len(tensorrt.builds) == NUM_BUILDS


def test_another_version_of_tensorrt_builds_again(card, engines):
    for version in ('10.3.0', '10.7.0'):
        with stand_in_gpu(version) as (_, tensorrt):
            load_backend(card, TENSORRT).backend.close()
            assert len(tensorrt.builds) == NUM_BUILDS


def test_kept_engines_do_not_depend_on_torch_tensorrt(card, gpu, monkeypatch):
    from imrs_ros.backends.gpu import identity
    before = identity.identity_of(card, 'float16', cuda_device())
    monkeypatch.setattr('importlib.metadata.version', pytest.fail)
    assert identity.identity_of(card, 'float16', cuda_device()) == before
    assert before['tensorrt'] == '10.3.0'
    assert 'torch' not in str(before)


def test_wrong_scores_lead_through_tf32_to_float32_and_to_an_error(card, gpu):
    _, tensorrt = gpu
    tensorrt.error = 1.0
    with pytest.raises(RuntimeError, match='float16 refused: ScoreError: in a batch of 8.*tf32 '
                       'refused.*float32 refused'):
        load_backend(card, TENSORRT)
    assert ['TF32' in config.flags for config in tensorrt.builds] == [True, True, False]
    assert not list((cache_root() / 'engines').glob('*/data')), 'what is wrong is not kept'


def test_a_batch_that_scores_otherwise_is_refused(card, gpu, monkeypatch):
    from imrs_ros.backends.gpu.tensorrt_engine import TensorRtEngine
    infer = TensorRtEngine.infer_whole
    monkeypatch.setattr(TensorRtEngine, 'infer_whole', lambda self, clips: (
        infer(self, clips) + (len(clips) == 2)))
    with pytest.raises(RuntimeError, match='ScoreError: in a batch of 2: expected the logits'):
        load_backend(card, TENSORRT)


@pytest.mark.parametrize(('change', 'words'), [
    ({'max_contexts': 0}, 'cannot create an execution context, mostly for want of memory'),
    ({'refuses_addresses': True}, 'TensorRT refuses the memory for clips of the plan'),
    ({'fails_to_run': True}, 'TensorRT failed to score 8 clips; its log says why')])
def test_what_tensorrt_refuses_is_named(card, gpu, change, words):
    cuda, tensorrt = gpu
    for name, value in change.items():
        setattr(tensorrt, name, value)
    with pytest.raises(RuntimeError, match=words):
        load_backend(card, TENSORRT)
    assert cuda.num_open == 0, 'what was allocated is freed'


@pytest.mark.parametrize('reason', ['no capture', 'one context'])
def test_without_graphs_kernels_are_enqueued_one_by_one(card, gpu, reason):
    cuda, tensorrt = gpu
    if reason == 'no capture':
        cuda.failing['cuStreamBeginCapture_v2'] = CAPTURE_UNSUPPORTED
    else:
        tensorrt.max_contexts = 1
    backend = load_backend(card, TENSORRT).backend
    assert backend.description.notes.startswith('without CUDA graphs: ')
    clips = random_clips(card, 5)
    assert np.abs(backend.infer(clips) - expected(card, clips)).max() < card.golden.bound


def stream(card, number, hop, camera='a'):
    """Return windows of a camera."""
    spec = card.spec
    shape = (spec.num_frames + hop * number, spec.size_px, spec.size_px, 3)
    frames = np.random.default_rng(len(camera)).integers(0, 256, shape, np.uint8)
    return [Clip(camera, frames[first:first + spec.num_frames], first, 0, '')
            for first in range(0, hop * number, hop)]


@pytest.fixture
def sharing(gpu, monkeypatch):
    """Let windows share frames: how long anything takes here says nothing."""
    monkeypatch.setattr(frame_reuse, 'most_new_that_pays', lambda *arguments: 8)
    return gpu


@pytest.mark.parametrize('hop', [1, 4])
def test_only_new_frames_are_uploaded(card, sharing, hop):
    cuda, tensorrt = sharing
    backend = load_backend(card, TENSORRT).backend
    assert backend.description.notes.startswith('frame reuse where at most 8 of 16 frames are new')
    assert backend._engine.sharing.num_bytes == 0, 'what the check stored is freed'
    frame_bytes = card.spec.size_px ** 2 * 3
    uploaded = []
    for clips in zip(stream(card, 5, hop), stream(card, 5, hop, 'other')):
        cuda.copied.clear()
        tensorrt.runs.clear()
        found = backend.infer(clips)
        assert np.abs(found - expected(card, clips)).max() < card.golden.bound
        uploaded.append(cuda.copied['cuMemcpyHtoDAsync_v2'] / frame_bytes)
    assert uploaded == [32, 32, *[2 * hop] * 3]
    names = [name for name, _ in tensorrt.runs]
    assert names == ['taps', 'first second third inner', 'end', *[names[-1]] * 2], (
        'each part once for both cameras, and the body for each')
    backend.close()
    assert cuda.num_open == 0


def test_parts_are_checked_by_streamed_golden_clips(card, sharing):
    cuda, tensorrt = sharing
    tensorrt.part_error = 1.0
    loaded = load_backend(card, TENSORRT)
    assert loaded.fallbacks == ()
    assert 'no frame reuse: ScoreError: in a batch of 8: expected' in (
        loaded.backend.description.notes)
    for clip in stream(card, 3, 1):
        found = loaded.backend.infer([clip])
        assert np.abs(found - expected(card, [clip])).max() < card.golden.bound
    assert 'whole' in {name for name, _ in tensorrt.runs[-3:]} == {'whole'}


def test_an_error_leaves_no_memory_and_the_next_window_is_right(card, sharing, monkeypatch):
    cuda, tensorrt = sharing
    backend, clips = load_backend(card, TENSORRT).backend, stream(card, 6, 1)
    for clip in clips[:3]:
        backend.infer([clip])
    assert backend._engine.sharing.num_bytes > 0
    tensorrt.fails_to_run = True
    with pytest.raises(RuntimeError, match='TensorRT failed to run taps; its log says why'):
        backend.infer([clips[3]])
    assert backend._engine.sharing.num_bytes == 0
    tensorrt.fails_to_run = False
    for clip in clips[3:]:
        found = backend.infer([clip])
        assert np.abs(found - expected(card, [clip])).max() < card.golden.bound
    backend.close()
    assert cuda.num_open == 0


def test_parts_that_cannot_be_loaded_are_left_out(card, sharing):
    cuda, tensorrt = sharing
    tensorrt.max_contexts = 1
    load_backend(card, TENSORRT).backend.close()
    (folder,) = (path.parent for path in (cache_root() / 'engines').glob('*/taps.plan'))
    (folder / 'taps.plan').write_bytes(b'of another machine')
    backend = load_backend(card, TENSORRT).backend
    assert backend.description.notes.count('frame reuse') == 1
    assert len(tensorrt.builds) == 2 * NUM_BUILDS - 1, 'a damaged entry is built again'


def test_a_graph_is_launched_for_each_batch(card, gpu):
    cuda, _ = gpu
    backend = load_backend(card, TENSORRT).backend
    before = cuda.launches
    backend.infer(random_clips(card, 3))
    assert cuda.launches == before + 1
    assert backend.gpu_ms(1) > 0


def test_memory_that_is_not_there_is_an_error_and_leaves_none_behind(card, gpu):
    cuda, _ = gpu
    cuda.failing['cuMemAlloc_v2'] = OUT_OF_MEMORY
    with pytest.raises(RuntimeError, match=r'cuMemAlloc_v2 failed: CUDA_ERROR_OUT_OF_MEMORY \(2'):
        load_backend(card, TENSORRT)


def test_a_lost_device_leads_to_the_cpu_without_losing_a_round(card, gpu, monkeypatch):
    cuda, _ = gpu
    present = [True]
    monkeypatch.setattr(load, 'has_gpu', lambda: present[0])
    reasons = []
    backend = FailoverBackend(card, BackendSettings(), reasons.append)
    assert backend.description.name == 'tensorrt'
    assert 'torch_cuda unavailable' in reasons.pop()
    cuda.is_lost, present[0] = True, False
    clips = random_clips(card, 2)
    assert np.abs(backend.infer(clips) - expected(card, clips)).max() < 1e-3
    assert backend.description.name == 'openvino'
    assert 'backend tensorrt failed: CudaError: cuCtxSetCurrent failed: CUDA_ERROR_LAUNCH_F' in (
        reasons[0])
    assert 'backend tensorrt could not be closed: CudaError' in reasons[-1]
    backend.close()


def test_a_plan_of_the_user_is_used(tmp_path, card, gpu):
    from imrs_ros.backends.gpu.onnx_build import build_from_onnx
    _, tensorrt = gpu
    own = replace(card, folder=Path(shutil.copytree(card.folder, tmp_path / 'own')))
    (own.folder / 'tensorrt').mkdir()
    folder, _ = find_or_export_onnx(card)
    plan = build_from_onnx(folder / network_file('float32'), 'float32')
    (own.folder / 'tensorrt' / 'mine.plan').write_bytes(plan)
    tensorrt.builds.clear()
    loaded = load_backend(own, TENSORRT)
    assert loaded.backend.description.precision == 'tensorrt/mine.plan'
    assert loaded.fallbacks == ()
    assert tensorrt.builds == []


@pytest.mark.parametrize('fault', ['another', 'writable', 'other labels'])
def test_a_plan_of_the_user_that_is_wrong_is_left_out(tmp_path, card, gpu, fault):
    from imrs_ros.backends.gpu.onnx_build import build_from_onnx
    own = replace(card, folder=Path(shutil.copytree(card.folder, tmp_path / 'own')))
    path = own.folder / 'tensorrt' / 'mine.plan'
    path.parent.mkdir()
    if fault == 'other labels':
        other = write_tiny_model(tmp_path / 'other', labels=('a', 'b', 'c', 'd'))
        write_network(load_network(other), other.spec, tmp_path, ['float32'])
        path.write_bytes(build_from_onnx(tmp_path / network_file('float32'), 'float32'))
    else:
        path.write_bytes(b'of another machine')
    if fault == 'writable':
        path.chmod(0o666)
    loaded = load_backend(own, TENSORRT)
    assert loaded.backend.description.precision == 'float16'
    words = {'another': 'expected a plan that TensorRT 10.3.0 can load on this GPU',
             'writable': 'PermissionError: expected',
             'other labels': r'to 3 logits, got one from'}[fault]
    assert loaded.fallbacks[0].startswith('tensorrt: tensorrt/mine.plan refused:')
    assert words in loaded.fallbacks[0]


def test_the_second_builder_is_tried_and_both_reasons_are_told(card, gpu, monkeypatch):
    from imrs_ros.backends.gpu import tensorrt_backend
    made = []

    def by_torch_tensorrt(card, precision):
        made.append(precision)
        raise RuntimeError('got no torch_tensorrt')

    def by_onnx(card, precision):
        raise RuntimeError('the parser knows no Conv')
    monkeypatch.setattr(tensorrt_backend, 'BUILDERS', (by_onnx, by_torch_tensorrt))
    with pytest.raises(RuntimeError, match='by_onnx: RuntimeError: the parser knows.*; by_torch'):
        load_backend(card, TENSORRT)
    assert made == ['float16', 'tf32', 'float32']


def test_what_the_parser_says_is_told(tmp_path, gpu):
    from imrs_ros.backends.gpu.onnx_build import build_from_onnx
    (tmp_path / 'broken.onnx').write_bytes(b'no graph')
    with pytest.raises(RuntimeError, match='TensorRT 10.3.0 cannot read broken.onnx: not a graph'):
        build_from_onnx(tmp_path / 'broken.onnx', 'float32')


def test_an_old_tensorrt_is_refused(card, engines):
    with stand_in_gpu('8.6.1') as (_, tensorrt):
        tensorrt.__version__ = '8.5.2'
        with pytest.raises(RuntimeError, match='expected TensorRT 8.6 or later, got 8.5.2'):
            load_backend(card, TENSORRT)


def test_a_build_is_told_before_it_begins(card, gpu, capfd):
    load_backend(card, TENSORRT)
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].startswith('imrs_ros: building a TensorRT engine of tiny in float16')
    assert 'takes minutes' in lines[0]
    assert lines[-1].startswith('imrs_ros: ended after')


WITHOUT_TORCH = """
import sys
from gpu_stand_in import stand_in_gpu
from imrs_ros.backends import load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.settings import BackendSettings
with stand_in_gpu():
    loaded = load_backend(ModelCard.load(sys.argv[1]), BackendSettings(backend='tensorrt'))
    print(loaded.backend.description, loaded.fallbacks, 'torch' in sys.modules)
"""


def test_neither_torch_nor_torch_tensorrt_is_needed(card, engines, root):
    path = os.pathsep.join((str(root), str(root / 'test' / 'support')))
    ended = subprocess.run(
        [sys.executable, '-c', WITHOUT_TORCH, str(card.folder)], capture_output=True, text=True,
        env={**os.environ, 'PYTHONPATH': path})
    assert ended.stdout.startswith(
        'tensorrt 10.3.0 on Stand-in (no GPU) in float16; '), ended.stderr
    assert ended.stdout.strip().endswith(' () False'), ended.stderr


def test_no_driver_is_named(monkeypatch):
    from imrs_ros.backends.gpu import cuda_driver
    monkeypatch.setattr(cuda_driver, 'LIBRARIES', ('libno_cuda.so.1',))
    cuda_driver._device.cache_clear()
    with pytest.raises(CudaError, match='expected the NVIDIA driver, got no libcuda.*libno_cuda'):
        cuda_device()


def test_batch_sizes_are_those_of_the_export():
    from imrs_ros.backends.onnx import layout
    assert layout.MAX_CLIPS == MAX_CLIPS == BATCH_SIZES[-1]
