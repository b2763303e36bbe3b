# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The command that serves the annotator: its address, its end, and what it refuses."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from sample_recordings import camera_frames, write_bag
from samples import TINY_LABELS, write_tiny_model


@pytest.fixture
def start(tmp_path):
    """Start the command on a bag; end it, whatever the test does."""
    write_tiny_model(tmp_path / 'tiny')
    started = []

    def run(*arguments):
        process = subprocess.Popen(
            [sys.executable, '-m', 'imrs_ros.evaluation', 'annotate', '--no-browser', '--model',
             str(tmp_path / 'tiny'), *map(str, arguments)],
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
