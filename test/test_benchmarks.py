# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The page of the benchmarks is made of what they wrote, and of nothing that is not JSON."""

import json
import os
from pathlib import Path
from random import Random
import resource
import subprocess
import sys

import imrs_ros.backends  # noqa: F401, before openvino: no news of it goes to anybody
from imrs_ros.part_plan import FRAMES, Part, PartInput, PartPlan
import numpy as np
import openvino
import psutil
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

FOLDER = Path(__file__).resolve().parent.parent / 'benchmarks'


@pytest.fixture
def run_all(monkeypatch, tmp_path):
    """Return the module, its scripts and its page in a folder of the test."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import run_all
    monkeypatch.setattr(run_all, 'FOLDER', tmp_path)
    monkeypatch.setattr(run_all, 'DOCS', tmp_path)
    monkeypatch.setattr(run_all, 'BENCHMARKS', (
        run_all.Benchmark('first.py', 'First', ('--size', '2')),
        run_all.Benchmark('second.py', 'Second')))
    return run_all


def write_script(folder, name, records, status=0):
    """Write a benchmark that writes the records given as text."""
    (folder / name).write_text(
        f'import sys\nopen(sys.argv[-1], "w").write({records!r})\nsys.exit({status})\n')


def run(run_all, monkeypatch, *only):
    monkeypatch.setattr(sys, 'argv', ['run_all.py', *(('--only', *only) if only else ())])
    run_all.main()


def test_every_record_is_a_row(run_all, monkeypatch, tmp_path):
    write_script(tmp_path, 'first.py', json.dumps([
        {'network': 'a', 'age_sec': {'p50': 0.12345, 'max': None}, 'windows_hz': [2.0, 1.0, 3.0]},
        {'network': 'b', 'ratio': 2, 'windows_hz': []}]))
    write_script(tmp_path, 'second.py', '[{"ms": 1.0}]')
    run(run_all, monkeypatch)
    page = (tmp_path / 'performance.md').read_text()
    assert '`PYTHONPATH=. python benchmarks/first.py --size 2` on ' in page
    assert page.split('## First')[1].split('## Second')[0].strip().splitlines()[2:] == [
        '| network | age sec p50 | age sec max | windows hz min | windows hz max | ratio |',
        '| --- | --- | --- | --- | --- | --- |',
        '| a | 0.123 |  | 1 | 3 |  |',
        '| b |  |  |  |  | 2 |']


@pytest.mark.parametrize(('records', 'status', 'words'), [
    ('[{"ms": NaN}]', 0, 'expected a number or null, got NaN'), ('', 0, 'Expecting value'),
    ('[{"ms": 2.0}]', 1, '')])
def test_a_benchmark_that_fails_keeps_what_was_measured_before(
        run_all, monkeypatch, tmp_path, capsys, records, status, words):
    write_script(tmp_path, 'first.py', '[{"ms": 1.0}]')
    write_script(tmp_path, 'second.py', '[{"ms": 5.0}]')
    run(run_all, monkeypatch)
    before = json.loads((tmp_path / 'performance.json').read_text())
    write_script(tmp_path, 'first.py', records, status)
    write_script(tmp_path, 'second.py', '[{"ms": 6.0}]')
    with pytest.raises(SystemExit, match='failed: first.py'):
        run(run_all, monkeypatch)
    after = json.loads((tmp_path / 'performance.json').read_text())
    assert after['first.py'] == before['first.py']
    assert after['second.py']['records'] == [{'ms': 6.0}]
    assert words in capsys.readouterr().err


def test_the_page_is_that_of_its_figures():
    sys.path.insert(0, str(FOLDER))
    try:
        import run_all
    finally:
        sys.path.remove(str(FOLDER))
    docs = FOLDER.parent / 'docs'
    results = json.loads((docs / 'performance.json').read_text())
    assert (docs / 'performance.md').read_text() == run_all.page(results)


@pytest.fixture
def soak_verdict(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import soak_verdict
    return soak_verdict


def memory(leak_bytes, num=120, rate_hz=100):
    """Return frames and memory of a node, every second, with noise of 0.2 MB."""
    rng = Random(0)
    frames = [rate_hz * i for i in range(num)]
    return frames, [400e6 + leak_bytes * n + rng.gauss(0, 0.2e6) for n in frames]


@pytest.mark.parametrize('leak_bytes', [0, 200, 2000])
def test_the_soak_measures_a_leak(soak_verdict, leak_bytes):
    slope = soak_verdict.fit_slope(*memory(leak_bytes))
    assert abs(slope.bytes_per_frame - leak_bytes) <= slope.margin < 40
    assert (slope.problem is None) == (leak_bytes == 0)


def test_the_soak_accepts_no_run_that_is_too_short_or_without_frames(soak_verdict):
    with pytest.raises(ValueError, match='run for longer'):
        soak_verdict.fit_slope(*memory(0, num=9))
    frames, memory_bytes = memory(0, num=12, rate_hz=10)
    assert 'run for longer' in soak_verdict.fit_slope(frames, memory_bytes).problem
    assert soak_verdict.fit_slope([100] * 20, [4e8] * 20).problem is not None


def test_the_soak_demands_windows_and_latency_of_every_camera(soak_verdict):
    assert soak_verdict.window_problems({'front': [0.1] * 5, 'rear': [0.2] * 3}) == []
    assert soak_verdict.window_problems({'front': [0.1] * 5, 'rear': []}) == [
        'rear: expected at least 3 windows, got 0']
    assert soak_verdict.window_problems({'front': [0.1, 1.5, 1.6]}) == [
        'front: latency 1.50 s, above 1 s']


def test_the_page_says_what_else_ran(run_all, monkeypatch, tmp_path):
    (tmp_path / 'first.py').write_text(
        'import sys\nopen(sys.argv[-1], "w").write(\'[{"ms": 1.0}]\')\n')
    write_script(tmp_path, 'second.py', '[{"ms": 1.0}]')
    monkeypatch.setattr(run_all.OtherLoad, '_others_sec', staticmethod(iter(range(99)).__next__))
    run(run_all, monkeypatch)
    text = (tmp_path / 'performance.md').read_text()
    assert text.count(' cores meanwhile.') == 2
    results = json.loads((tmp_path / 'performance.json').read_text())
    assert results['first.py']['other_cores'] > 0
    del results['first.py']['other_cores']
    assert run_all.page(results).count(' cores meanwhile.') == 1


def test_what_a_benchmark_takes_itself_is_no_other_load(run_all):
    """Work of our own raises what is busy and what is ours alike."""
    def usage():
        times, own = psutil.cpu_times(), resource.getrusage(resource.RUSAGE_CHILDREN)
        return sum(times) - times.idle - times.iowait, own.ru_utime + own.ru_stime
    load, (busy_sec, _) = run_all.OtherLoad(), usage()
    subprocess.run([sys.executable, '-c', 'import time\nwhile time.process_time() < 0.5: pass'],
                   check=True)
    others_sec = load._others_sec() - load._before_sec
    assert usage()[0] - busy_sec - others_sec >= 0.4


@pytest.fixture
def peak(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import peak
    return peak


def test_the_peak_is_that_of_the_fastest_library(peak):
    from side_by_side import Timing
    timings = {name: Timing(wall_ms=9 * ms, cpu_ms=9 * ms, least_ms=ms) for name, ms in {
        'peak: slow 2048': 200.0, 'peak: fast 1024': 10.0, 'a network': 0.1}.items()}
    name, gflops = peak.best_gflops(timings)
    assert name == 'fast 1024'
    assert gflops == pytest.approx(2 * 1024 ** 3 / 10.0 / 1e6)
    with pytest.raises(ValueError, match='expected timings of matrix_products'):
        peak.best_gflops({'a network': timings['a network']})


def test_a_share_above_the_peak_is_an_error(peak):
    assert peak.share_of_peak(gflop=1.8, ms=20.0, peak_gflops=180.0) == pytest.approx(0.5)
    with pytest.raises(peak.ShareError, match='200 GFLOP/s are more than the peak, 180'):
        peak.share_of_peak(gflop=4.0, ms=20.0, peak_gflops=180.0)


def test_every_library_gives_the_same_product(peak, monkeypatch):
    monkeypatch.setattr(peak, 'SIDES', (64,))
    calls = peak.matrix_products(os.cpu_count())
    assert {name.split()[1] for name in calls} == {'OpenVINO', 'PyTorch', 'NumPy'}
    matrix = np.random.default_rng(0).random((64, 64), np.float32)
    for name, call in calls.items():
        found = call()
        product = np.asarray(found[0] if 'OpenVINO' in name else found)
        assert np.allclose(product, matrix @ matrix, rtol=1e-4), name


def test_work_is_what_is_done_anew(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import work
    plan = PartPlan(
        num_frames=4, has_whole=False, body=(PartInput('looks', 0, 4),), parts=(
            Part(name='maps', outputs=('maps',), sources=(PartInput(FRAMES, 0),),
                 positions=(0, 1, 2, 3), kept=4),
            Part(name='looks', outputs=('looks',), sources=(PartInput('maps', -1, 2),),
                 positions=(1, 3), kept=4)))
    assert work.num_items(plan, 1) == {'maps': 1, 'looks': 1}
    assert work.num_items(plan, 2) == {'maps': 2, 'looks': 1}
    assert work.num_items(plan, 3) == {'maps': 3, 'looks': 2}
    # The frame before the window, which the first of its looks needs as well, was no part of one.
    assert work.num_items(plan, 6) == {'maps': 4, 'looks': 2}


@pytest.mark.parametrize('kind', ['convolution', 'grouped', 'product'])
def test_graphs_are_counted_as_pytorch_counts(monkeypatch, kind):
    monkeypatch.syspath_prepend(str(FOLDER))
    import work
    network, value = {
        'convolution': (torch.nn.Conv3d(4, 6, (3, 1, 2)), torch.zeros(1, 4, 5, 6, 7)),
        'grouped': (torch.nn.Conv2d(4, 8, 3, groups=2, stride=2), torch.zeros(2, 4, 9, 9)),
        'product': (torch.nn.Linear(12, 5), torch.zeros(3, 12))}[kind]
    with FlopCounterMode(display=False) as counter:
        network(value)
    model = openvino.convert_model(network, example_input=value)
    model.reshape(list(value.shape))
    assert work.graph_gflop(model) * 1e9 == pytest.approx(counter.get_total_flops())
