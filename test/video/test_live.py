# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Live sources: a real stream over TCP, the newest frame, and errors that end."""

from contextlib import suppress
import socket
import threading
import time

import av
from encoded_video import number_of, picture
from imrs_ros.video import live, live_address, public_address, read_live, VideoError
import pytest


class Connection:
    """The file that FFmpeg writes: a socket."""

    def __init__(self, connected):
        self._connected = connected

    def write(self, content):
        self._connected.sendall(content)
        return len(content)


def serve(server, *, num_frames, rate_hz, hold_sec=0.0):
    """Encode pictures 0, 1, 2 ... in real time for the one who connects; then hold the line."""
    with server:
        connected, _ = server.accept()
    with connected, suppress(OSError, av.error.FFmpegError), av.open(
            Connection(connected), 'w', format='mpegts') as container:
        stream = container.add_stream(
            'libx264', rate=rate_hz, options={'preset': 'ultrafast', 'tune': 'zerolatency'})
        stream.width, stream.height, stream.pix_fmt = 128, 96, 'yuv420p'
        for number in range(num_frames):
            container.mux(stream.encode(
                av.VideoFrame.from_ndarray(picture(number), format='rgb24')))
            time.sleep(1 / rate_hz)
        time.sleep(hold_sec)
        container.mux(stream.encode(None))


@pytest.fixture
def start_server():
    threads = []

    def start(**options):
        server = socket.create_server(('127.0.0.1', 0))
        server.settimeout(10.0)
        threads.append(threading.Thread(target=serve, args=(server,), kwargs=options))
        threads[-1].start()
        return f'tcp://127.0.0.1:{server.getsockname()[1]}'
    yield start
    for thread in threads:
        thread.join()


def test_frames_are_stamped_by_their_arrival(start_server):
    frames = list(read_live(start_server(num_frames=100, rate_hz=50)))
    numbers = [number_of(frame.image_HWC) for frame in frames]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 99
    stamps = [frame.stamp_ns for frame in frames]
    assert stamps[0] == 0
    assert stamps == sorted(stamps)


def test_a_slow_reader_gets_the_newest_frame(start_server):
    frames = []
    for frame in read_live(start_server(num_frames=100, rate_hz=50)):
        frames.append(number_of(frame.image_HWC))
        time.sleep(0.2)
    assert len(frames) < 50
    assert frames[-1] == 99


def test_it_ends_after_its_duration(start_server):
    frames = list(read_live(start_server(num_frames=150, rate_hz=50), duration_sec=0.5))
    assert frames[-1].stamp_ns < 500_000_000


def test_a_source_that_falls_silent_is_an_error(start_server, monkeypatch):
    monkeypatch.setattr(live, 'SILENT_SEC', 1.0)
    address = start_server(num_frames=50, rate_hz=50, hold_sec=4.0)
    frames = []
    with pytest.raises(VideoError, match=r'tcp://127\.0\.0\.1:\d+: expected a'):
        frames.extend(read_live(address))
    assert frames


def test_a_server_that_accepts_and_says_nothing_does_not_hang(monkeypatch):
    monkeypatch.setattr(live, 'OPEN_SEC', 1.0)
    monkeypatch.setattr(live, 'SILENT_SEC', 1.0)
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        server.listen()
        address = f'rtsp://user:secret@127.0.0.1:{server.getsockname()[1]}/cam'
        start_sec = time.monotonic()
        with pytest.raises(VideoError, match=r'rtsp://127\.0\.0\.1') as error:
            list(read_live(address))
        assert time.monotonic() - start_sec < 5.0
    assert 'secret' not in str(error.value)


@pytest.mark.parametrize(('address', 'words'), [
    ('/dev/video77', 'No such file or directory; cameras of this machine: '),
    ('/dev/null', 'got: '), ('rtsp://user:secret@127.0.0.1:9/x', 'Connection refused; check'),
    ('nothing://127.0.0.1', 'Protocol not found; check')])
def test_errors_name_the_source_and_hide_its_password(address, words):
    with pytest.raises(VideoError, match=words) as error:
        list(read_live(address))
    assert public_address(address) in str(error.value)
    assert 'secret' not in str(error.value)


def test_addresses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert live_address('0') == '/dev/video0'
    assert live_address('/dev/video2') == '/dev/video2'
    assert live_address('RTSP://camera/1') == 'RTSP://camera/1'
    assert live_address('videos/a.mp4') is None
    (tmp_path / '0').mkdir()
    assert live_address('0') is None
    assert public_address('rtsp://me:pass@camera:554/1') == 'rtsp://camera:554/1'
