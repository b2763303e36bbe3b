# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The command in a process of its own: its output, its errors, and its end."""

import os
import signal
import socket
import subprocess
import sys

from encoded_video import encode
import psutil
import pytest
from samples import write_video
from view_updates import receive_update

COMMAND = [sys.executable, '-u', '-m', 'imrs_ros.view', '--no-browser']


def use_default_signals():
    """Undo what nohup and a shell's background ignore, which the view leaves ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def run(graph, tmp_path):
    """Return a function that starts the command."""
    started = []

    def start(*arguments, **variables):
        started.append(subprocess.Popen(
            [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
            preexec_fn=use_default_signals,
            env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain), **variables}))
        return started[-1]
    yield start
    for process in started:
        # So that it ends its own processes.
        process.terminate()
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def url_of(process):
    """Return the address that it prints, and what it printed before."""
    before = []
    for line in process.stdout:
        if line.startswith('view: http://'):
            return line.split()[1], ''.join(before)
        before.append(line)
    raise AssertionError(''.join(before))


@pytest.mark.parametrize(('arguments', 'words'), [
    (['no such file.mp4'], 'no such file.mp4: expected a video or a folder of videos'),
    (['clip.avi', '--model', 'none_such'], 'none_such'),
    (['--host', 'nowhere.invalid'], '--host: expected an address of this machine'),
    (['--host', '192.0.2.1'], 'expected a free port of 192.0.2.1 from 8080 on, got')])
def test_an_error_is_one_line_and_the_status_1(run, tmp_path, arguments, words):
    write_video(tmp_path / 'clip.avi')
    process = run(*arguments)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert words in text
    assert 'Traceback' not in text
    assert text.splitlines()[-1].startswith('view: ')


def test_the_next_free_port_is_taken(run):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        url, _ = url_of(run('--port', str(port)))
        assert port < int(url.rstrip('/').rpartition(':')[2]) <= port + 20


def test_other_machines_are_let_in_with_a_warning_and_a_token(run):
    url, before = url_of(run('--host', '0.0.0.0', '--port', '0'))
    assert 'view: warning: 0.0.0.0 can be reached from other machines' in before
    assert '/?token=' in url


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_while_a_browser_is_connected(run, number):
    from websockets.sync.client import connect
    process = run('--port', '0')
    url, _ = url_of(process)
    with connect(f'{url.replace("http", "ws")}live', origin=url.rstrip('/')) as browser:
        receive_update(browser)
        process.send_signal(number)
        text, _ = process.communicate(timeout=30)
    assert process.returncode == 0, text
    assert 'Traceback' not in text


def test_a_source_is_played_again_and_again_until_the_end(run, tiny_card, tmp_path):
    from websockets.sync.client import connect
    encode(tmp_path / 'clip.mp4', num_frames=30)
    process = run('clip.mp4', '--model', str(tiny_card.folder), '--backend', 'torch',
                  '--port', '0')
    url, _ = url_of(process)
    with connect(f'{url.replace("http", "ws")}live', origin=url.rstrip('/')) as browser:
        numbers = 0
        # Twice the length of the video, in updates of a tenth of a second.
        while numbers < 30:
            state, pictures = receive_update(browser)
            numbers += '/recognizer/camera' in pictures
        assert state['nodes'][0]['values']['model'] == 'tiny'
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(signal.SIGTERM)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0, text
    assert not [child for child in children if child.is_running()]


def test_text_without_a_terminal_is_lines(run):
    process = run('--text')
    assert next(line for line in process.stdout if line.startswith('view:')) == (
        'view: no recognizer is running; start one: ros2 run imrs_ros recognizer\n')
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0, text
    assert 'Traceback' not in text


def test_the_shipped_model_on_a_real_clip(run, dataset, shipped_model, open_page):
    clip = sorted((dataset / 'videos' / 'Punch').glob('*'))[0]
    process = run(str(clip), '--model', str(shipped_model), '--backend', 'torch', '--port', '0')
    url, _ = url_of(process)

    class Served:
        pass
    Served.url, Served.host = url, url.split('/')[2]
    page = open_page(Served)
    page.set_default_timeout(120_000)
    page.wait_for_selector('.camera[data-pictures]')
    page.wait_for_function(
        "() => document.querySelector('.timeline .piece')?.title.startsWith('Punch')")
