# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The page of the benchmarks is made of what they wrote, and of nothing that is not JSON."""

import json
from pathlib import Path
from random import Random
import sys

import pytest

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
