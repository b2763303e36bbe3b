# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""OpenVINO: exact for every camera, loaded without PyTorch, on the requested cores."""

import os
import subprocess
import sys

from imrs_ros.backends import load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
import torch

OPENVINO = BackendSettings(backend='openvino', num_threads=1)


DROPPED_ELSEWHERE = """
import signal, sys, threading
from pathlib import Path
from imrs_ros.backends import load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.settings import BackendSettings
signal.signal(signal.SIGINT, signal.default_int_handler)
card = ModelCard.load(Path(sys.argv[1]))
kept = [load_backend(card, BackendSettings(backend='openvino', num_threads=1))]
thread = threading.Thread(target=kept.clear)
thread.start()
thread.join()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print('interrupted')
"""


def test_ctrl_c_after_another_thread_dropped_the_network(tiny_card):
    ended = subprocess.run([sys.executable, '-c', DROPPED_ELSEWHERE, str(tiny_card.folder)],
                           capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, 'interrupted\n'), ended.stderr


def windows(spec, hops, camera='camera', seed=0):
    """Yield windows of one camera with random frames."""
    rng = np.random.default_rng(seed)
    shape = (spec.num_frames + sum(hops), spec.size_px, spec.size_px, len(spec.mean))
    frames, first = rng.integers(0, 256, shape, np.uint8), 0
    for hop in (0, *hops):
        first += hop
        yield Clip(camera, frames[first:first + spec.num_frames], first, 1, '')


def expected(network, clip):
    with torch.inference_mode():
        return network(torch.from_numpy(clip.frames_THWC[None])).numpy()


@pytest.mark.parametrize('most_new', [None, 0, 16])
def test_every_camera_is_exact(tiny_card, most_new):
    backend, network = load_backend(tiny_card, OPENVINO).backend, load_network(tiny_card)
    if most_new is not None:
        backend._reuse.most_new = most_new
    two_cameras = zip(windows(tiny_card.spec, [1, 1, 2, 4, 16, 1]),
                      windows(tiny_card.spec, [3, 1, 1, 1, 20, 2], 'other', 1))
    for clips in two_cameras:
        logits = backend.infer(clips)
        for scored, clip in zip(logits, clips, strict=True):
            whole = expected(network, clip)
            assert np.abs(scored - whole).max() <= 1e-5 * np.abs(whole).max()
    assert (backend._reuse.num_bytes == 0) == (most_new == 0) or most_new is None
    backend.close()


def test_shipped_model_is_exact_with_frame_reuse(shipped_model):
    card = ModelCard.load(shipped_model)
    backend, network = load_backend(card, OPENVINO).backend, load_network(card)
    assert 'frame reuse where at most 16 of 16 frames are new' in str(backend.description)
    for clip in windows(card.spec, [1, 4, 8]):
        whole = expected(network, clip)
        assert np.abs(backend.infer([clip]) - whole).max() <= 1e-5 * np.abs(whole).max()
    backend.close()


def test_second_load_needs_no_pytorch(tiny_card):
    load_backend(tiny_card, OPENVINO).backend.close()
    assert run_python('load_backend(card, BackendSettings(backend="openvino"))\n'
                      'print("torch" in sys.modules)\n', tiny_card) == ['False']


def run_python(code, card):
    """Run code in a process of its own, with a card, and return the words it prints."""
    text = ('import os, sys\n'
            'from imrs_ros.backends import load_backend\n'
            'from imrs_ros.model_card import ModelCard\n'
            'from imrs_ros.settings import BackendSettings\n'
            f'card = ModelCard.load({str(card.folder)!r})\n{code}')
    done = subprocess.run([sys.executable, '-c', text], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(not hasattr(os, 'sched_setaffinity'), reason='needs Linux')
def test_all_threads_of_the_network_run_on_its_cores(tiny_card):
    core = max(os.sched_getaffinity(0))
    words = run_python(
        'import numpy as np\n'
        'from imrs_ros.records import Clip\n'
        'before = set(os.listdir("/proc/self/task")) - {str(os.getpid())}\n'
        f'settings = BackendSettings(backend="openvino", cpu_cores=({core},), num_threads=2)\n'
        'backend, spec = load_backend(card, settings).backend, card.spec\n'
        'shape = (spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))\n'
        # The library starts its threads when there is work for them.
        'for i in range(500):\n'
        '    backend.infer([Clip("camera", np.full(shape, i % 256, np.uint8), 16 * i, 0, "")])\n'
        '    threads = set(os.listdir("/proc/self/task")) - before\n'
        '    if len(threads) > 1:\n'
        '        break\n'
        'print(len(threads) > 1, *{n for t in threads for n in os.sched_getaffinity(int(t))})\n',
        tiny_card)
    assert words == ['True', str(core)]


def test_core_that_is_not_there_is_named(tiny_card):
    with pytest.raises(RuntimeError, match=r'cpu_cores must be cores .* got \[4095\]'):
        load_backend(tiny_card, BackendSettings(cpu_cores=(4095,)))


@pytest.mark.skipif(not hasattr(os, 'sched_setaffinity'), reason='needs Linux')
def test_pins_and_threads_go_back_with_the_settings(tiny_card):
    core = max(os.sched_getaffinity(0))
    words = run_python(
        'import torch\n'
        'def state():\n'
        '    print(torch.get_num_threads(), len(os.sched_getaffinity(0)))\n'
        'state()\n'
        f'for cores, number in (((), 0), (({core},), 1), ((), 0)):\n'
        '    load_backend(card, BackendSettings(backend="torch", cpu_cores=cores,'
        ' num_threads=number))\n'
        '    state()\n', tiny_card)
    assert words[:2] == words[2:4] == words[6:8]
    assert words[4:6] == ['1', '1']


def test_more_threads_than_cores_are_refused(tiny_card):
    with pytest.raises(RuntimeError, match='num_threads must be at most the number of cores'):
        load_backend(tiny_card, BackendSettings(backend='torch', num_threads=1024))
