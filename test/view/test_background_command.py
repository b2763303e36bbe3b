# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Commands that run beside the view: what they print, and that they end."""

import sys
import time

from imrs_ros.view.background_command import BackgroundCommand, KEPT_LINES, MAX_WARNINGS
import pytest


def wait(condition, limit_sec=60.0):
    limit = time.monotonic() + limit_sec
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.fixture
def run():
    started = []

    def start(code, done=''):
        started.append(BackgroundCommand('a job', [sys.executable, '-c', code], done))
        return started[-1]
    yield start
    for job in started:
        job.stop()


def test_lines_and_what_was_made(run):
    job = run('print("one"); print("two")', 'the folder')
    wait(lambda: not job.is_running)
    job.stop()
    assert job.as_json() == {'title': 'a job', 'running': False, 'ok': True,
                             'lines': ['one', 'two'], 'warnings': [],
                             'made': 'the folder'}


def test_a_bar_that_overwrites_itself_is_one_line(run):
    job = run('from tqdm import tqdm\nfor _ in tqdm(range(200), desc="fit", disable=None): pass\n'
              'print("done")')
    wait(lambda: not job.is_running)
    job.stop()
    lines = job.as_json()['lines']
    assert lines[-1] == 'done'
    assert len([line for line in lines if line.startswith('fit')]) == 1
    assert '200/200' in lines[0]


def test_output_is_bounded(run):
    job = run('for number in range(10_000): print(number)')
    wait(lambda: not job.is_running)
    job.stop()
    assert job.as_json()['lines'] == [str(n) for n in range(10_000 - KEPT_LINES, 10_000)]


def test_warnings_are_kept_apart_and_are_bounded(run):
    job = run('print("warning: too few"); print("capture: warning: dark")\n'
              'for number in range(50): print(number)\n'
              'for number in range(50): print(f"warning: {number}")')
    wait(lambda: not job.is_running)
    job.stop()
    assert job.as_json()['warnings'] == [
        'warning: too few', 'capture: warning: dark',
        *(f'warning: {number}' for number in range(MAX_WARNINGS - 2))]


def test_failure_makes_nothing(run):
    job = run('import sys; sys.exit("no camera")', 'the folder')
    wait(lambda: not job.is_running)
    job.stop()
    assert job.as_json()['made'] == ''
    assert not job.as_json()['ok']
    assert job.as_json()['lines'] == ['no camera']


def test_a_process_that_does_not_listen_is_killed(run, monkeypatch):
    monkeypatch.setattr('imrs_ros.view.background_command.STOP_SEC', 0.5)
    job = run('import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
              'print("ready")\ntime.sleep(600)')
    wait(lambda: job.as_json()['lines'] == ['ready'])
    job.stop()
    assert not job.is_running
