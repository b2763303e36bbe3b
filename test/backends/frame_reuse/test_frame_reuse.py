# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Frame reuse does not change a score, whatever the cameras do."""

import itertools
import json

from camera_windows import Camera, NETWORKS, NORMAL, SIZE_PX, small_network, STEPS, windows_of
from hypothesis import given, settings, strategies as st
from imrs_ros.backends.frame_reuse import frame_reuse
from imrs_ros.backends.frame_reuse.feature_ring import FeatureRing
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.frame_reuse.storage import HostStorage
from imrs_ros.networks.cut import cut_network
from imrs_ros.part_plan import PartPlan
import numpy as np
import pytest
import torch


class TorchModels:
    """Runs the parts with PyTorch, and counts how often."""

    def __init__(self, parts):
        self._parts, self.num_items = parts, dict.fromkeys(parts.modules, 0)

    def run(self, name, inputs, outputs=None):
        self.num_items[name] += 1 if name == 'body' else len(inputs[0])
        assert all(x.flags.c_contiguous for x in inputs)
        with torch.inference_mode():
            made = self._parts.modules[name](*(torch.from_numpy(x) for x in inputs))
        made = [x.contiguous().numpy() for x in (made if isinstance(made, tuple) else (made,))]
        for target, value in zip(outputs or [], made):
            assert target.shape == value.shape
            target[:] = value
        return made


class Case:
    """A small network, cut."""

    def __init__(self, name, num_frames=16, **options):
        self.network = small_network(name, **options)
        self.num_frames = num_frames
        self.parts = cut_network(self.network, num_frames)
        self.models = TorchModels(self.parts)
        examples = self.parts.examples(
            torch.zeros((num_frames, SIZE_PX, SIZE_PX, 3), dtype=torch.uint8))
        self.shapes = {}
        for part in self.parts.plan.parts:
            inputs = [x.contiguous().numpy() for x in examples[part.name]]
            made = self.models.run(part.name, inputs)
            self.shapes |= {name: x.shape[1:] for name, x in zip(part.outputs, made)}

    def reuse(self):
        self.models.num_items = dict.fromkeys(self.models.num_items, 0)
        return FrameReuse(self.parts.plan, self.models, (SIZE_PX, SIZE_PX, 3), self.shapes)

    def expected(self, clip):
        with torch.inference_mode():
            return self.network(torch.from_numpy(clip.frames_THWC[None])).numpy()[0]

    def check(self, logits, clips):
        for scored, clip in zip(logits, clips, strict=True):
            expected = self.expected(clip)
            assert np.abs(scored - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.fixture(scope='module', autouse=True)
def one_thread():
    """Use one thread: such small networks lose more by waiting for threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope='module', params=NETWORKS, ids=lambda p: p[0])
def case(request):
    name, options = request.param
    return Case(name, **options)


@given(STEPS, st.integers(0, 99), st.sampled_from([2, 16]))
@settings(deadline=None, max_examples=6)
def test_every_window_of_random_cameras_is_the_whole_network(case, steps, seed, most_new):
    reuse = case.reuse()
    if case.parts.plan.has_whole:
        reuse.most_new = most_new
    for clips in windows_of(steps, seed):
        case.check(reuse.infer(clips), clips)


def play(case, reuse, cameras, hops):
    """Score the windows of cameras after each hop, and check them."""
    for hop in hops:
        for camera in cameras:
            camera.append(hop)
        clips = [camera.window() for camera in cameras]
        case.check(reuse.infer(clips), clips)


def test_each_frame_is_computed_once(case):
    reuse = case.reuse()
    if case.parts.plan.has_whole:
        reuse.most_new = 4
    play(case, reuse, [Camera(name, i) for i, name in enumerate('ab')], [16, 1, 1, 1, 1, 1])
    assert {k: v for k, v in case.models.num_items.items() if v} == (
        # The first window of a camera goes through the whole network, which is faster then.
        {'whole': 2, 'taps': 40, 'stem': 34, 'end': 10, 'body': 12}
        if case.parts.plan.has_whole else {'maps': 42, 'looks': 2 * (4 * 4 + 2), 'body': 12})


def test_windows_that_share_too_little_go_through_the_whole_network():
    case = Case('resnet18', width=0.125, **NORMAL)
    reuse, camera = case.reuse(), Camera('a', 0)
    reuse.most_new = 4
    play(case, reuse, [camera], [16, 8, 8, 5, 5])
    assert (case.models.num_items['whole'], reuse.num_bytes) == (5, 0)
    play(case, reuse, [camera], [4, 4, 5])
    assert case.models.num_items['whole'] == 6
    assert case.models.num_items['taps'] == 20


def test_windows_too_short_to_share_are_scored_whole():
    case = Case('resnet18', num_frames=6, width=0.125, **NORMAL)
    reuse, camera = case.reuse(), Camera('a', 0, num_frames=6)
    play(case, reuse, [camera], [6, 1, 1])
    assert (case.models.num_items['whole'], reuse.num_bytes) == (3, 0)


def test_measuring_finds_what_pays_beside_other_processes(monkeypatch):
    case = Case('resnet18', width=0.125, **NORMAL)
    reuse = case.reuse()
    clock = Clock()
    run = case.models.run

    def timed(name, inputs, outputs=None):
        clock.now += {'whole': 20, 'taps': 2}.get(name, 0)
        # Another thread of this process works for a while now and then.
        clock.now += next(clock.disturbances)
        # Another process takes the machine whenever a call takes long.
        clock.waited += {'whole': 40}.get(name, 0)
        return run(name, inputs, outputs)
    monkeypatch.setattr(case.models, 'run', timed)
    monkeypatch.setattr(frame_reuse.time, 'process_time', lambda: clock.now)
    monkeypatch.setattr(frame_reuse.time, 'perf_counter', lambda: clock.now + clock.waited)
    reuse.measure()
    # 2 s a frame: 10 frames take as long as the whole.
    assert reuse.most_new == 10


class Clock:
    """A clock that only work moves, and the time that work waited for other processes."""

    def __init__(self):
        self.now = self.waited = 0.0
        self.disturbances = itertools.cycle([7.0, *[0.0] * 28])


def test_memory_is_bounded_and_freed(case, monkeypatch):
    reuse = case.reuse()
    lasting = Camera('lasting', 0)
    play(case, reuse, [lasting, Camera('leaving', 1)], [16, 1, 1])
    one = reuse.new_memory().num_bytes
    assert reuse.num_bytes == 2 * one
    start_sec = frame_reuse.time.monotonic()
    now = iter(start_sec + 0.5 * second for second in range(1000))
    monkeypatch.setattr(frame_reuse.time, 'monotonic', lambda: next(now))
    for _ in range(round(frame_reuse.IDLE_SEC / 0.5) + 1):
        reuse.infer([lasting.window()])
    assert reuse.num_bytes == one


def test_whoever_comes_and_goes_leaves_nothing_behind(case, monkeypatch):
    reuse, lasting = case.reuse(), Camera('lasting', 0)
    now = iter(0.5 * second for second in range(1000))
    monkeypatch.setattr(frame_reuse.time, 'monotonic', lambda: next(now))
    play(case, reuse, [lasting], [16, 1, 1])
    one = reuse.new_memory().num_bytes
    for number in range(30):
        # Two windows of everyone: with the second, frame reuse pays.
        passing = Camera(f'passing {number}', 1 + number)
        play(case, reuse, [lasting, passing], [16, 1])
        assert reuse.num_bytes <= (2 + frame_reuse.IDLE_SEC) * one


def test_a_failure_half_way_leaves_nothing_wrong_behind(case, monkeypatch):
    reuse, camera = case.reuse(), Camera('a', 0)
    play(case, reuse, [camera], [16, 1, 1])

    def fail(name, inputs, outputs=None):
        for array in outputs or []:
            array[:] = 7
        raise RuntimeError('out of memory')
    camera.append()
    with monkeypatch.context() as patch:
        patch.setattr(case.models, 'run', fail)
        with pytest.raises(RuntimeError, match='out of memory'):
            reuse.infer([camera.window()])
    play(case, reuse, [camera], [1, 1])


def test_plan_survives_a_file(case):
    plan = case.parts.plan
    assert PartPlan.from_mapping(json.loads(json.dumps(plan.as_mapping()))) == plan


def test_rows_of_a_mirrored_ring_are_views():
    ring = FeatureRing(HostStorage(), 3, (2,), is_mirrored=True)
    for number in range(10):
        for place in ring.places(number):
            place[0] = number
        assert not ring.holds(number)
        ring.mark(number)
        if number >= 2:
            row = ring.row(number - 2, 3)
            assert row[:, 0].tolist() == [number - 2, number - 1, number]
            assert np.shares_memory(row, ring.row(number - 2))
            assert row.flags.c_contiguous
    assert [ring.holds(number) for number in (6, 7, 8, 9, 10)] == [False, True, True, True, False]
    with pytest.raises(ValueError, match='at most 3, or 1 .* got 4'):
        ring.row(0, 4)
    ring.clear()
    assert not ring.holds(9)
