# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``gpu_check`` runs to its end, whatever fails, and times no window that was scored before."""

import json
import os
from pathlib import Path
import subprocess
import sys

from imrs_ros.backends import load_backend
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[3] / 'benchmarks'


@pytest.fixture
def scripts(monkeypatch):
    """Let the modules of the command be imported as they import each other."""
    monkeypatch.syspath_prepend(str(FOLDER))


def run(root, *arguments):
    return subprocess.run(
        [sys.executable, str(root / 'benchmarks' / 'gpu_check.py'), '--dry-run', '--repeats', '2',
         '--loads', '2', *arguments], capture_output=True, text=True,
        env={**os.environ, 'PYTHONPATH': str(root)})


@pytest.fixture(scope='module')
def report(root, tmp_path_factory):
    path = tmp_path_factory.mktemp('gpu_check') / 'report.json'
    ended = run(root, '--json', str(path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(path.read_text())


def test_a_dry_run_says_everything(report):
    assert report['is_dry_run']
    assert report['machine']['driver']['compute_capability'] == '8.7'
    assert report['machine']['tensorrt'] == '10.3.0'
    entry = report['models']['random-resnet18']['tensorrt']
    assert 'Stand-in (no GPU)' in entry['description']
    assert entry['scores']['max_logit_difference'] < 0.05
    assert set(entry['rows']) == set(entry['latency']) == {'1', '2', '3', '4', '8'}
    assert entry['latency']['8']['gpu']['p50_ms'] > 0
    assert set(entry['streamed']) == set(entry['streams']) == {'hop 1', 'hop 4', 'hop 16'}
    assert max(entry['streams'].values()) < 0.05, 'shared frames change nothing'
    for times in entry['streamed'].values():
        assert times['1']['p50_ms'] > 0
        assert times['8']['p95_ms'] > 0
    assert {name.split('/')[1] for name in entry['plan_mb']} == {
        'data', 'taps.plan', 'stem.plan', 'end.plan', 'body.plan'}
    assert max(entry['plan_mb'].values()) > 0
    work = report['work']['random-resnet18']
    assert [work[f'hop {hop}']['frames'] for hop in (1, 4, 16)] == [1, 4, 16]
    assert work['hop 1']['gflop'] < work['hop 4']['gflop'] < work['hop 16']['gflop']
    assert work['hop 16'] == work['whole']
    assert report['failover']['after'].startswith('openvino')
    assert report['memory']['tensorrt']['lost_mb'] == 0
    assert report['auto']['description'].startswith('tensorrt')


def test_what_fails_is_in_the_report_with_its_traceback(root, tmp_path):
    ended = run(root, '--json', str(tmp_path / 'report.json'), '--backends', 'torch_cuda')
    assert ended.returncode == 1
    report = json.loads((tmp_path / 'report.json').read_text())
    entry = report['models']['random-resnet18']['torch_cuda']
    assert 'expected a GPU that PyTorch can use' in entry['error']
    assert entry['traceback'][0].startswith('Traceback')
    assert report['memory']['torch_cuda']['error'], 'the other sections are there'
    assert 'torch_cuda: RuntimeError: backend torch_cuda unavailable' in ended.stdout


@pytest.mark.parametrize(('lost_mb', 'is_error'), [(10, False), (87, True)])
def test_memory_that_is_lost_is_a_failure(tiny_card, scripts, monkeypatch, lost_mb, is_error):
    import gpu_backend_check

    class Device:
        free = 10_000_000_000

        def memory(self):
            self.free -= lost_mb * 1_000_000
            return self.free, 10_000_000_000
    device = Device()
    monkeypatch.setattr(gpu_backend_check, 'cuda_device', lambda: device)
    found = gpu_backend_check.check_memory(tiny_card, 'openvino', 4)
    assert found['lost_mb'] == 3 * lost_mb
    assert ('error' in found) is is_error


def test_problems_are_found_wherever_they_are(scripts):
    from gpu_check import failures
    from gpu_machine import caught
    found = {'machine': {'driver': {'error': 'none'}}, 'a': {'b': {'error': 'x'}},
             'auto': {'notices': ['passed over']}}
    assert list(failures(found)) == ['a.b: x', 'auto.notices: passed over']
    assert caught(lambda: 1 / 0)['error'] == 'ZeroDivisionError: division by zero'


def test_no_window_is_timed_that_shares_frames_with_another(tiny_card, scripts):
    from gpu_backend_check import Windows
    windows = Windows(tiny_card.spec)
    calls = [windows.separate(3) for _ in range(5)]
    numbers = {(clip.camera, clip.first_sequence) for clips in calls for clip in clips}
    assert len(numbers) == 15
    backend = load_backend(tiny_card, BackendSettings(backend='openvino')).backend
    # Whatever was measured at load: where half of the frames are known, they are used.
    backend._reuse.most_new = tiny_card.spec.num_frames // 2
    for clips in calls:
        backend.infer(clips)
        assert all(camera.memory is None for camera in backend._reuse._cameras.values()), (
            'each is scored whole')


@pytest.mark.parametrize('hop', [1, 4])
def test_windows_of_a_stream_share_frames(tiny_card, scripts, hop):
    from gpu_backend_check import PERIOD, Windows
    windows = Windows(tiny_card.spec)
    stream = windows.streamed(hop, 2)
    calls = [next(stream) for _ in range(PERIOD // hop + 2)]
    for first, second in zip(calls, calls[1:]):
        for one, next_one in zip(first, second):
            assert one.camera == next_one.camera
            assert next_one.first_sequence == one.first_sequence + hop
            assert np.array_equal(one.frames_THWC[hop:], next_one.frames_THWC[:-hop])
    assert not np.array_equal(calls[0][0].frames_THWC, calls[0][1].frames_THWC)
    assert {clip.camera for clip in next(windows.streamed(hop, 2))}.isdisjoint(
        clip.camera for clip in calls[0])


def test_a_machine_without_a_gpu_is_described_all_the_same(scripts):
    from gpu_machine import describe_machine
    machine = describe_machine()
    assert set(machine) >= {'platform', 'driver', 'torch', 'tensorrt', 'packages', 'commands'}
    json.dumps(machine)
