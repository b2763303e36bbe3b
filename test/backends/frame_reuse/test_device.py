# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""On a device, only new frames are uploaded, each part runs once for all cameras, scores stay."""

from camera_windows import Camera, NETWORKS, NORMAL, SIZE_PX, small_network, STEPS, windows_of
from hypothesis import given, settings, strategies as st
from imrs_ros.backends.frame_reuse import frame_reuse
from imrs_ros.backends.frame_reuse.device import Device
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.gpu.half_precision import to_half
from imrs_ros.backends.gpu.torch_parts import MAX_UPLOADED, TorchParts, TorchStorage
from imrs_ros.model_card import WEIGHTS_FILE
from imrs_ros.model_folders import find_model
from imrs_ros.networks.posed_network import PosedNetwork
from imrs_ros.networks.weights import load_finder
import numpy as np
import pytest
import torch

CPU = torch.device('cpu')
FRAME = (SIZE_PX, SIZE_PX, 3)
HALF_BOUND = 5e-3
"""Largest difference relative to the largest logit: half precision has 11 bits."""
ITEM_SIZES, WINDOW_SIZES = (1, 2, 4, 8, 16, 32), (1, 2, 4, 8)


class CountingStorage(TorchStorage):
    """Counts the frames that go to the device."""

    num_frames = num_calls = 0

    def upload(self, frames, slots):
        self.num_frames, self.num_calls = self.num_frames + len(frames), self.num_calls + 1
        assert all(slot.shape == (1, *FRAME) and slot.dtype == torch.uint8 for slot in slots)
        super().upload(frames, slots)


class CountingParts(TorchParts):
    """Notes the size of each call, and that all calls of a size are on the same memory."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.calls, self.addresses = [], {}

    def run(self, name, inputs, outputs=None):
        self.calls.append((name, len(inputs[0])))
        addresses = tuple(array.data_ptr() for array in (*inputs, *(outputs or ())))
        assert self.addresses.setdefault((name, len(inputs[0])), addresses) == addresses
        return super().run(name, inputs, outputs)


class DeviceCase:
    """A small network on a device, which is the CPU."""

    def __init__(self, network, dtype=torch.float32):
        self.network = network
        if dtype == torch.float16:
            to_half(self.network)
        self.parts = CountingParts(self.network, 16, FRAME, CPU)
        self.num_whole, self.dtype = 0, dtype

    def score_whole(self, clips):
        self.num_whole += len(clips)
        batch = torch.from_numpy(np.stack([clip.frames_THWC for clip in clips]))
        return self.network(batch).float().numpy()

    def reuse(self, most_new=16):
        self.parts.calls, self.num_whole = [], 0
        self.storage = CountingStorage(CPU, self.dtype, FRAME)
        reuse = FrameReuse(
            self.parts.plan, self.parts, FRAME, self.parts.item_shapes,
            device=Device(self.storage, self.score_whole, ITEM_SIZES, WINDOW_SIZES))
        reuse.most_new = most_new
        self.parts.addresses.clear()
        return reuse

    def play(self, reuse, cameras, hops):
        """Score the windows of cameras after each hop, and check them."""
        for hop in hops:
            for camera in cameras:
                camera.append(hop)
            clips = [camera.window() for camera in cameras]
            self.check(reuse.infer(clips), clips)

    def check(self, logits, clips):
        assert logits.dtype == np.float32
        batch = torch.from_numpy(np.stack([clip.frames_THWC for clip in clips]))
        expected = self.network(batch).float().numpy()
        bound = 1e-5 if self.dtype == torch.float32 else HALF_BOUND
        assert (np.abs(logits - expected) <= bound * np.abs(expected).max()).all()


@pytest.fixture(scope='module', autouse=True)
def one_thread():
    """Use one thread: such small networks lose more by waiting for threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope='module', params=NETWORKS[::2], ids=lambda p: p[0])
def case(request):
    name, options = request.param
    return DeviceCase(small_network(name, **options))


@given(STEPS, st.integers(0, 99), st.sampled_from([0, 2, 4, 16]))
@settings(deadline=None, max_examples=6)
def test_every_window_of_random_cameras_is_the_whole_network(case, steps, seed, most_new):
    reuse = case.reuse(most_new)
    for clips in windows_of(steps, seed):
        case.check(reuse.infer(clips), clips)


@pytest.mark.parametrize('hop', [1, 3, 4, 8])
def test_only_new_frames_are_uploaded_in_one_call(case, hop):
    reuse, cameras = case.reuse(8), [Camera(name, i) for i, name in enumerate('abc')]
    case.play(reuse, cameras, [16])
    assert (case.storage.num_frames, case.num_whole) == (0, 3), 'the first windows are whole'
    case.play(reuse, cameras, [hop])
    assert (case.storage.num_frames, case.storage.num_calls) == (3 * 16, 1)
    for _ in range(3):
        before = case.storage.num_frames, case.storage.num_calls
        case.play(reuse, cameras, [hop])
        assert case.storage.num_frames == before[0] + 3 * hop, 'of 3 x 16'
        assert case.storage.num_calls == before[1] + 1
    assert case.num_whole == 3


def test_a_window_that_was_scored_uploads_nothing(case):
    reuse, camera = case.reuse(), Camera('a', 0)
    case.play(reuse, [camera], [16, 1])
    before, clips = case.storage.num_frames, [camera.window()]
    case.parts.calls.clear()
    case.check(reuse.infer(clips), clips)
    assert case.storage.num_frames == before
    assert case.parts.calls == [('body', 1)]


@pytest.mark.parametrize(('num_cameras', 'hop'), [(1, 1), (2, 4), (3, 1), (8, 1), (8, 4)])
def test_each_part_runs_once_for_all_cameras(case, num_cameras, hop):
    reuse = case.reuse()
    cameras = [Camera(f'camera {i}', i) for i in range(num_cameras)]
    # Looks are of every fourth frame: each number's turn comes within four windows.
    case.play(reuse, cameras, [16, hop, hop, hop, hop, hop])
    case.parts.calls.clear()
    case.play(reuse, cameras, [hop])
    names = [name for name, _ in case.parts.calls]
    assert names == [*(part.name for part in case.parts.plan.parts), 'body']
    assert dict(case.parts.calls)['body'] == next(
        size for size in WINDOW_SIZES if size >= num_cameras)
    for name, size in case.parts.calls[:-1]:
        assert size < 2 * num_cameras * (1 if name == 'end' else max(hop, 4)), 'nothing twice'


def test_more_cameras_than_the_largest_batch_are_all_scored():
    case = DeviceCase(small_network('resnet18', width=0.125, **NORMAL))
    reuse = case.reuse()
    cameras = [Camera(f'camera {i}', i) for i in range(11)]
    case.play(reuse, cameras, [16, 4, 4])
    assert MAX_UPLOADED < 11 * 16, 'uploaded in several copies'
    assert [size for name, size in case.parts.calls if name == 'body'][-2:] == [8, 4]


def test_cameras_in_any_order_and_number(case):
    reuse, cameras = case.reuse(4), [Camera(name, i) for i, name in enumerate('abcd')]
    case.play(reuse, cameras, [16, 1])
    for some in ([3, 1], [0], [2, 3, 0], [1, 2], [3, 2, 1, 0]):
        case.play(reuse, [cameras[i] for i in some], [2])
    clips = []
    for camera in cameras[:2]:
        clips.append(camera.window())
        camera.append(1)
        clips.append(camera.window())
    case.check(reuse.infer(clips), clips)


def test_a_window_that_shares_too_little_is_scored_whole(case):
    reuse, cameras = case.reuse(4), [Camera('a', 0), Camera('b', 1)]
    case.play(reuse, cameras, [16, 4, 4])
    before = case.storage.num_frames, case.num_whole
    cameras[1].append(5)
    case.play(reuse, cameras, [4])
    assert case.storage.num_frames == before[0] + 4, 'of the one that shares alone'
    assert case.num_whole == before[1] + 1


def test_memory_of_a_camera_that_left_is_freed(case, monkeypatch):
    reuse, lasting = case.reuse(), Camera('lasting', 0)
    now_sec = [0.0]
    monkeypatch.setattr(frame_reuse.time, 'monotonic', lambda: now_sec[0])
    case.play(reuse, [lasting, Camera('leaving', 1)], [16, 1])
    one = reuse.new_memory().num_bytes
    assert reuse.num_bytes == 2 * one
    for now_sec[0] in (frame_reuse.IDLE_SEC / 2, frame_reuse.IDLE_SEC):
        case.play(reuse, [lasting], [1])
    assert reuse.num_bytes == one
    reuse.forget()
    assert reuse.num_bytes == 0


@pytest.mark.parametrize('where', ['upload', 'part', 'body', 'whole'])
def test_a_failure_half_way_leaves_nothing_wrong_behind(case, where, monkeypatch):
    reuse, cameras = case.reuse(4), [Camera('a', 0), Camera('b', 1)]
    case.play(reuse, cameras, [16, 1, 1])
    parts, run = case.parts, case.parts.run

    def fail(*arguments):
        name = arguments[0] if isinstance(arguments[0], str) else where
        if name == 'body' and where == 'part' or name != 'body' and where == 'body':
            return run(*arguments)
        for array in arguments[2] if len(arguments) > 2 else ():
            array.fill_(7)
        raise RuntimeError('the device is lost')
    cameras[0].append(1)
    cameras[1].append(9 if where == 'whole' else 1)
    clips = [camera.window() for camera in cameras]
    with monkeypatch.context() as patch:
        target, name = {'upload': (TorchStorage, 'upload'), 'whole': (case, 'score_whole')}.get(
            where, (parts, 'run'))
        if where == 'whole':
            object.__setattr__(reuse._device, 'score_whole', fail)
        else:
            patch.setattr(target, name, fail)
        with pytest.raises(RuntimeError, match='the device is lost'):
            reuse.infer(clips)
    assert reuse.num_bytes == 0, 'all memories are gone'
    if where == 'whole':
        object.__setattr__(reuse._device, 'score_whole', case.score_whole)
    case.check(reuse.infer(clips), clips)
    case.play(reuse, cameras, [1, 1])


def test_warming_up_runs_every_size_on_the_memory_that_is_used_later(case):
    reuse = case.reuse()
    reuse.warm_up()
    names = [part.name for part in case.parts.plan.parts]
    assert case.parts.calls == [
        *((name, size) for name in names for size in reversed(ITEM_SIZES)),
        *(('body', size) for size in reversed(WINDOW_SIZES))]
    # CountingParts holds that later calls are on the same memory.
    case.play(reuse, [Camera('a', 0), Camera('b', 1), Camera('c', 2)], [16, 1, 4])
    assert set(case.parts.calls) <= set(case.parts.addresses)


def test_windows_too_short_to_share_are_refused():
    parts = TorchParts(small_network('resnet18', width=0.125, **NORMAL), 6, FRAME, CPU)
    with pytest.raises(ValueError, match='expected a network with parts, got one of 6 frames'):
        FrameReuse(parts.plan, parts, FRAME, parts.item_shapes, device=Device(
            TorchStorage(CPU, torch.float32, FRAME), None, (1,), (1,)))


def test_large_buffers_are_left_out(monkeypatch):
    case = DeviceCase(small_network('resnet18', width=0.125, **NORMAL))
    monkeypatch.setattr('imrs_ros.backends.frame_reuse.part_runner.MAX_STAGED_BYTES', 1 << 18)
    reuse = case.reuse()
    reuse.warm_up()
    sizes = {name: max(size for found, size in case.parts.calls if found == name)
             for name in ('taps', 'stem', 'end', 'body')}
    assert sizes['stem'] < sizes['taps'] <= 32
    assert sizes['body'] == 8
    cameras = [Camera(f'camera {i}', i) for i in range(5)]
    case.play(reuse, cameras, [16, 4, 4])


def test_it_shares_where_that_takes_less_time(monkeypatch):
    case = DeviceCase(small_network('resnet18', width=0.125, **NORMAL))
    reuse, now_sec = case.reuse(0), [0.0]
    run, score_whole = case.parts.run, case.score_whole

    def timed(name, inputs, outputs=None):
        now_sec[0] += {'taps': 2.0 * len(inputs[0]), 'body': 1.0}.get(name, 0.0)
        return run(name, inputs, outputs)

    def timed_whole(clips):
        now_sec[0] += 12.5
        return score_whole(clips)
    monkeypatch.setattr(case.parts, 'run', timed)
    object.__setattr__(reuse._device, 'score_whole', timed_whole)
    monkeypatch.setattr(frame_reuse.time, 'perf_counter', lambda: now_sec[0])
    reuse.measure()
    # 2 s a frame, and 1 s for the rest, against 12.5 s.
    assert reuse.most_new == 5
    assert reuse.describe().startswith('frame reuse where at most 5 of 16 frames are new, ')
    assert case.num_whole > 0


@pytest.mark.parametrize(('name', 'options'), NETWORKS[::2], ids=lambda p: str(p)[:8])
def test_in_half_precision_too(name, options):
    half = DeviceCase(small_network(name, **options), torch.float16)
    whole = DeviceCase(small_network(name, **options))
    reuse = half.reuse(4)
    half.play(reuse, [Camera('a', 0), Camera('b', 1)], [16, 1, 1, 4])
    assert half.num_whole == 2
    assert half.parts.item_shapes == whole.parts.item_shapes
    pixels = 16 * SIZE_PX * SIZE_PX * 3
    assert 2 * (reuse.new_memory().num_bytes - pixels) == (
        whole.reuse().new_memory().num_bytes - pixels)


def test_people_are_found_once_a_frame_too():
    network = PosedNetwork(small_network('lite0'), 0.4, 2).eval().requires_grad_(False)
    network.finder.load_state_dict(
        load_finder(find_model('movenet') / WEIGHTS_FILE).state_dict())
    case = DeviceCase(network)
    reuse, cameras = case.reuse(8), [Camera('a', 0), Camera('b', 1)]
    case.play(reuse, cameras, [16, 2, 1, 2, 3, 2])
    assert case.num_whole == 2
    case.parts.calls.clear()
    case.play(reuse, cameras, [2])
    assert dict(case.parts.calls)['people'] == 2, 'one new frame of each camera'
