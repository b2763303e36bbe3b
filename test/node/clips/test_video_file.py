# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Videos with the times of their images, which appear whole or not at all."""

import os
from pathlib import Path
import signal
import subprocess
import sys

from encoded_video import number_of, picture
from imrs_ros.node.clips import video_file
from imrs_ros.node.clips.video_file import locked, UNFINISHED, VideoFile
from imrs_ros.video import read_video
import pytest

TIMES_MS = (0, 40, 80, 200, 241, 1000, 1333)
FIRST_NS = 1_700_000_000_123_456_789


def write(video, times_ms=TIMES_MS, size=(161, 121)):
    return [video.add(FIRST_NS + 1_000_000 * time_ms, picture(number, *size))
            for number, time_ms in enumerate(times_ms)]


@pytest.mark.parametrize('codec', ['libx264', 'mpeg4'])
def test_images_keep_their_times(tmp_path, monkeypatch, codec):
    if codec == 'mpeg4':
        monkeypatch.setattr(video_file, 'H264', 'none')
    video = VideoFile(tmp_path)
    assert all(write(video))
    assert not video.add(FIRST_NS, picture(9)), 'late'
    path = tmp_path / 'wave' / 'one.mp4'
    with locked(tmp_path):
        video.finish(path)
    images = list(read_video(path))
    assert [round(image.stamp_ns / 1e6) for image in images] == list(TIMES_MS)
    assert [number_of(image.image_HWC) for image in images] == list(range(len(TIMES_MS)))
    assert {image.image_HWC.shape for image in images} == {(120, 160, 3)}
    for number, image in enumerate(images):
        difference = image.image_HWC.astype(int) - picture(number, 161, 121)[:120, :160]
        assert abs(difference).mean() < 2
    assert (video.num_images, video.duration_sec) == (7, 1.333)
    assert sorted(tmp_path.rglob('*')) == [path.parent, path]


def test_another_size_is_scaled_to_the_first(tmp_path):
    video = VideoFile(tmp_path)
    for number, size in enumerate(((160, 120), (320, 240), (64, 64))):
        assert video.add(FIRST_NS + 40_000_000 * number, picture(number, *size))
    video.finish(tmp_path / 'one.mp4')
    images = [image.image_HWC for image in read_video(tmp_path / 'one.mp4')]
    assert {image.shape for image in images} == {(120, 160, 3)}
    assert [number_of(image) for image in images] == [0, 1, 2]


def test_nothing_is_overwritten_and_nothing_remains(tmp_path):
    path = tmp_path / 'one.mp4'
    path.write_text('mine')
    video = VideoFile(tmp_path)
    write(video)
    with pytest.raises(FileExistsError, match='expected a new file, it exists'):
        video.finish(path)
    other = VideoFile(tmp_path)
    write(other)
    other.discard()
    empty = VideoFile(tmp_path)
    empty.discard()
    assert [(item, item.read_text()) for item in tmp_path.iterdir()] == [(path, 'mine')]


FILL = '''
import resource, signal, sys
from pathlib import Path
from encoded_video import picture
from imrs_ros.node.clips.video_file import VideoFile
import numpy as np
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
video = VideoFile(Path(sys.argv[1]))
try:
    for number in range(200):
        video.add(40_000_000 * number, np.random.default_rng(number).integers(
            0, 256, (96, 128, 3), np.uint8))
    video.finish(Path(sys.argv[1], 'one.mp4'))
except OSError as error:
    print('refused:', error)
    video.discard()
'''
KILLED = '''
import sys, time
from pathlib import Path
from encoded_video import picture
from imrs_ros.node.clips.video_file import VideoFile
video = VideoFile(Path(sys.argv[1]))
video.add(1, picture(0))
print('begun', flush=True)
time.sleep(60)
'''


def run(code, folder, root):
    return subprocess.Popen(
        [sys.executable, '-c', code, folder], stdout=subprocess.PIPE, text=True,
        env={**os.environ, 'PYTHONPATH': f'{root}:{root / "test" / "support"}'})


def test_a_full_disk_is_an_os_error_and_leaves_nothing(tmp_path, root):
    process = run(FILL, tmp_path, root)
    assert 'refused: the video cannot be written' in process.communicate()[0]
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next_writer(tmp_path, root):
    process = run(KILLED, tmp_path, root)
    assert process.stdout.readline() == 'begun\n'
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(UNFINISHED)
    assert Path(left, UNFINISHED).suffix == '', 'no video to others'
    VideoFile(tmp_path).discard()
    assert list(tmp_path.iterdir()) == []
