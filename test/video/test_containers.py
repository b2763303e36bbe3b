# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Every frame of every container, at its own time, upright, in square pixels, whole."""

from fractions import Fraction
import os

from encoded_video import encode, HEIGHT, number_of, picture, WIDTH
from imrs_ros.video import read_video, video_timeline
import numpy as np
import pytest

INTERLACED = {'flags': '+ildct+ilme'}
FILES = {
    'h264 in mp4': ('a.mp4', {}),
    'h264 without B frames': ('a.mp4', {'options': {'bf': '0'}}),
    'h264 in avi': ('a.avi', {}),
    'h264 in matroska': ('a.mkv', {}),
    'h264 in ts': ('a.ts', {'codec': 'libx264'}),
    'interlaced h264': ('a.mp4', {'options': INTERLACED}),
    'mpeg2 in mpg': ('a.mpg', {'options': {'bf': '2'}}),
    'mpeg2 in ts': ('a.ts', {'options': {'bf': '2'}}),
    'interlaced mpeg2': ('a.mpg', {'options': INTERLACED}),
    'mpeg4 in avi': ('a.avi', {'codec': 'mpeg4', 'options': {'bf': '2'}}),
    'dv': ('a.dv', {'size': (720, 576)}),
    'mjpeg in avi': ('a.avi', {'codec': 'mjpeg', 'pixel_format': 'yuvj420p'}),
    'vp8 with hidden frames': ('a.webm', {
        'codec': 'libvpx', 'options': {'auto-alt-ref': '1', 'lag-in-frames': '16'}}),
    'vp9': ('a.webm', {}),
    'vp9 without duration': ('a.webm', {'container_options': {'live': '1'}}),
    'hevc, 10 bits': ('a.mp4', {'codec': 'libx265', 'pixel_format': 'yuv420p10le',
                                'options': {'x265-params': 'log-level=none'}}),
    'av1': ('a.mp4', {'codec': 'libsvtav1'}),
    'audio first': ('a.mp4', {'has_audio': True}),
}


@pytest.mark.parametrize('name', FILES)
def test_every_frame_is_read_at_its_time_from_the_start_and_from_any_frame(tmp_path, name):
    file, options = FILES[name]
    path = encode(tmp_path / file, **options)
    frames = list(read_video(path))
    assert [number_of(frame.image_HWC) for frame in frames] == list(range(40))
    assert [frame.stamp_ns for frame in frames] == [40_000_000 * i for i in range(40)]
    timeline = video_timeline(path)
    assert timeline.times_N.tolist() == [frame.stamp_ns for frame in frames]
    assert timeline.fps == pytest.approx(25, rel=1e-3)
    for first in (1, 2, 5, 13, 37):
        part = list(read_video(path, first, 3))
        assert [frame.stamp_ns for frame in part] == [40_000_000 * (first + i) for i in range(3)]
        for frame, same in zip(part, frames[first:]):
            np.testing.assert_array_equal(frame.image_HWC, same.image_HWC)
    assert len(list(read_video(path, 38, 5))) == 2
    assert list(read_video(path, 40)) == []


def test_variable_frame_rate(tmp_path):
    times_ms = np.cumsum([0, *(20 if i % 3 else 150 for i in range(39))]).tolist()
    path = encode(tmp_path / 'phone.mp4', times_ms=times_ms)
    assert [f.stamp_ns // 1_000_000 for f in read_video(path)] == times_ms
    timeline = video_timeline(path)
    assert (timeline.times_N // 1_000_000).tolist() == times_ms
    assert timeline.fps == pytest.approx(40_000 / (times_ms[-1] + 20), rel=0.1)
    (frame,) = read_video(path, 20, 1)
    assert (number_of(frame.image_HWC), frame.stamp_ns) == (20, times_ms[20] * 1_000_000)


def test_times_and_not_the_rate_in_the_header(tmp_path):
    """A browser's WebM states 30 Hz for a camera of 15."""
    times_ms = [round(i * 1000 / 15) for i in range(40)]
    path = encode(tmp_path / 'browser.webm', fps=30, times_ms=times_ms,
                  container_options={'live': '1'})
    assert [round(f.stamp_ns / 1e6) for f in read_video(path)] == times_ms
    assert video_timeline(path).duration_ns / 1e9 == pytest.approx(40 / 15, abs=0.05)


def test_frames_before_an_edit_list_are_not_shown(tmp_path):
    path = encode(tmp_path / 'edited.mp4', options={'bf': '0'})
    content = bytearray(path.read_bytes())
    place = content.index(b'elst') + 16
    # Ten frames of 512 ticks into the media.
    content[place:place + 4] = (10 * 512).to_bytes(4, 'big')
    path.write_bytes(content)
    frames = list(read_video(path))
    assert [number_of(frame.image_HWC) for frame in frames] == list(range(10, 40))
    assert [frame.stamp_ns for frame in frames] == [40_000_000 * i for i in range(30)]
    assert video_timeline(path).num_frames == 30
    assert number_of(next(read_video(path, 7)).image_HWC) == 17


@pytest.mark.parametrize(('pixel_aspect', 'shape'), [
    (Fraction(64, 45), (HEIGHT, round(WIDTH * 64 / 45), 3)),
    (Fraction(10, 11), (round(HEIGHT * 11 / 10), WIDTH, 3)),
    (Fraction(1), (HEIGHT, WIDTH, 3))], ids=['wide', 'tall', 'square'])
def test_pixels_are_square(tmp_path, pixel_aspect, shape):
    path = encode(tmp_path / 'tv.mp4', pixel_aspect=pixel_aspect, num_frames=3)
    frame = next(read_video(path))
    assert frame.image_HWC.shape == shape
    assert number_of(list(read_video(path))[2].image_HWC) == 2


@pytest.mark.parametrize('rotation', [90, -90, 180])
def test_pictures_are_upright(tmp_path, rotation):
    path = encode(tmp_path / 'phone.mp4', rotation=rotation, num_frames=2)
    upright = next(read_video(path)).image_HWC
    expected = np.rot90(picture(0), rotation // 90)
    assert upright.shape == expected.shape
    assert np.abs(upright.astype(int) - expected).mean() < 8


def test_interlaced_frames_are_made_whole(tmp_path):
    """Two fields that show different moments leave no comb in the picture."""
    path = encode(tmp_path / 'tv.mpg', options=INTERLACED)
    image_HWC = list(read_video(path))[20].image_HWC
    assert np.abs(image_HWC.astype(int) - picture(20)).mean() < 8


@pytest.mark.parametrize('name', [b'caf\xe9.mp4', 'Übung 1 #?.mp4'.encode()])
def test_any_file_name(tmp_path, name):
    made = encode(tmp_path / 'a.mp4', num_frames=5)
    path = tmp_path / os.fsdecode(name)
    made.rename(path)
    assert [number_of(f.image_HWC) for f in read_video(path)] == [0, 1, 2, 3, 4]
    assert video_timeline(path).num_frames == 5
