# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The command that serves the annotator: its address, its end, and what it refuses."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from sample_recordings import camera_frames, write_bag
from samples import TINY_LABELS, write_tiny_model


@pytest.fixture
def start(tmp_path):
    """Start the command on a bag; end it, whatever the test does."""
    write_tiny_model(tmp_path / 'tiny')
    started = []

    def run(*arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, '-m', 'imrs_ros.evaluation', 'annotate', '--model',
             str(tmp_path / 'tiny'), *(() if environment else ('--no-browser',)),
             *map(str, arguments)], env={**os.environ, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process
    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_it_serves_on_this_machine_until_interrupted(start, tmp_path):
    bag = write_bag(tmp_path / 'walk', list(camera_frames(5)))
    process = start(bag, '--port', 0, '--labels', 'sing', 'wave')
    address = process.stdout.readline().split()[0]
    assert address.startswith('http://127.0.0.1:')
    with urllib.request.urlopen(f'{address}api/session', timeout=60) as answer:
        assert json.load(answer)['labels'] == [*TINY_LABELS, 'sing']
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (0, '', '')


@pytest.mark.parametrize('display', ['', ':7'])
def test_a_browser_is_opened_on_a_display_only_and_holds_nothing_up(start, tmp_path, display):
    bag = write_bag(tmp_path / 'walk', list(camera_frames(5)))
    browser, opened, end = tmp_path / 'browser', tmp_path / 'opened', tmp_path / 'end'
    # As one for terminals, it runs until somebody ends it.
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}\n'
                       f'for i in $(seq 300); do [ -e {end} ] && exit; sleep 0.1; done\n')
    browser.chmod(0o755)
    process = start(bag, '--port', 0, BROWSER=str(browser), DISPLAY=display, WAYLAND_DISPLAY='')
    address = process.stdout.readline().split()[0]
    try:
        with urllib.request.urlopen(f'{address}api/session', timeout=20) as answer:
            assert answer.status == 200
        if display:
            ended = time.monotonic() + 20
            while not opened.exists() and time.monotonic() < ended:
                time.sleep(0.02)
            assert opened.read_text().strip() == address
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    finally:
        end.touch()
    assert opened.exists() == bool(display)


@pytest.mark.parametrize('port', [99999, -1])
def test_a_port_that_does_not_exist_ends_it(start, tmp_path, port):
    bag = write_bag(tmp_path / 'walk', list(camera_frames(5)))
    process = start(bag, '--port', port)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.endswith(f'expected a --port from 0 to 65535, got {port}\n')
    assert 'Traceback' not in error


def test_a_recording_that_cannot_be_read_ends_it(start, tmp_path):
    process = start(tmp_path / 'none.bag', '--port', 0)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, '')
    assert error.startswith('annotate: ')
    assert 'expected a bag or a video, got no such file or folder' in error


def test_a_port_in_use_ends_it_and_a_json_is_no_file_to_write(start, tmp_path):
    bag = write_bag(tmp_path / 'walk', list(camera_frames(5)))
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        process = start(bag, '--port', port)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f'expected a free port, got {port}' in error
    process = start(bag, '--port', 0, '--annotations', tmp_path / 'all.json')
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "expected a CSV of annotations, got the suffix '.json'" in error
