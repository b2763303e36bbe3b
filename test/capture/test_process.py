# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The command in a process of its own, with and without a terminal."""

import os
import pty
import signal
import subprocess
import sys

from encoded_video import numbers_of
from imrs_ros.video import read_video
import pytest
from test_capture_node import IMAGE, stream

__all__ = ['stream']
COMMAND = [sys.executable, '-u', '-m', 'imrs_ros.capture']
GIVEN = ['--label', 'wave', '--seconds', '0.6', '--countdown', '0', '--camera', 'front']


@pytest.fixture
def run(graph, tmp_path):
    """Return a function that starts the command."""
    started = []

    def start(*arguments, stdin=subprocess.DEVNULL, **more):
        started.append(subprocess.Popen(
            [*COMMAND, *GIVEN, *arguments, '--out', str(tmp_path / 'examples')], stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}, **more))
        return started[-1]
    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(process, words):
    """Read what the process prints until it is something with these words."""
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f'ended without {words!r}')


def test_without_a_terminal(stream, run, tmp_path):
    stream('Image', IMAGE)
    process = run('--count', '2')
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    assert '2 examples of wave recorded' in text
    assert 'space' not in text
    paths = sorted((tmp_path / 'examples' / 'wave').iterdir())
    assert len(paths) == 2
    for path in paths:
        numbers = numbers_of(image.image_HWC for image in read_video(path))
        assert numbers == sorted(numbers)


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_between_whole_examples(stream, run, tmp_path, stop):
    stream('Image', IMAGE)
    process = run()
    wait_for(process, 'images, ')
    process.send_signal(stop)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0, text
    assert 'Traceback' not in text
    files = [path for path in (tmp_path / 'examples').rglob('*') if path.is_file()]
    assert {path.suffix for path in files} == {'.mp4', '.csv'}


@pytest.mark.parametrize(('arguments', 'words'), [
    (['--label', '../x'], "label must be 1 to 100 letters, digits, underscores, hyphens and spaces"
                          ", for it names a folder, got '../x'; write --label wave"),
    (['--camera', 'a b'], "camera must be an image topic or the name of a camera, got 'a b'"),
    (['--timeout', '1'], 'expected images of front within 1 s, got none')])
def test_an_error_is_one_line_and_the_status_1(run, arguments, words):
    process = run(*arguments)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert words in text
    assert 'Traceback' not in text


def test_keys_pause_go_on_and_end(graph, stream, run, tmp_path):
    stream('Image', IMAGE)
    terminal, own_end = pty.openpty()
    # Keys are read in the foreground only: the terminal must be the one that controls the process.
    process = run('--seconds', '1', stdin=own_end, start_new_session=True,
                  preexec_fn=lambda: __import__('fcntl').ioctl(
                      0, __import__('termios').TIOCSCTTY, 0))
    assert 'space pauses, q ends' in wait_for(process, 'recording wave')
    wait_for(process, '  recording')
    os.write(terminal, b' ')
    wait_for(process, 'not kept: interrupted')
    wait_for(process, 'paused; space')
    before = len(list((tmp_path / 'examples' / 'wave').glob('*.mp4')))
    os.write(terminal, b'\n')
    wait_for(process, 'images, ')
    os.write(terminal, b'q')
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0, text
    assert len(list((tmp_path / 'examples' / 'wave').glob('*.mp4'))) >= before + 1
    os.close(terminal)
    os.close(own_end)
