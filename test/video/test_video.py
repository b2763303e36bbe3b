# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Reading video files as stamped frames; invalid files are reported by name."""

from imrs_ros.video import read_video, video_timeline, VideoError
import pytest
from samples import write_video


def test_frames_and_stamps(tmp_path):
    path = write_video(tmp_path / 'a.avi', num_frames=10, fps=20.0)
    frames = list(read_video(path))
    assert [f.stamp_ns for f in frames] == [i * 50_000_000 for i in range(10)]
    assert frames[0].image_HWC.shape == (48, 64, 3)
    timeline = video_timeline(path)
    assert (timeline.num_frames, timeline.fps) == (10, 20.0)


def test_part_of_a_video_has_the_same_frames(dataset):
    path = next((dataset / 'videos' / 'Lunges').iterdir())
    whole = list(read_video(path))
    for first in (1, 13, 40):
        part = list(read_video(path, first, 5))
        assert [f.stamp_ns for f in part] == [f.stamp_ns for f in whole[first:first + 5]]
        assert all((a.image_HWC == b.image_HWC).all() for a, b in zip(part, whole[first:]))


@pytest.mark.parametrize(('fraction', 'is_complete'), [(0.3, False), (0.6, False), (0.95, True)])
def test_truncated_file_is_reported(tmp_path, fraction, is_complete):
    path = write_video(tmp_path / 'cut.avi', num_frames=121)
    # The index at the end is lost with the frames; the header still states 121.
    content = path.read_bytes()
    path.write_bytes(content[:int(len(content) * fraction)])
    frames = []
    if is_complete:
        frames.extend(read_video(path))
        assert 109 <= len(frames) < 121
    else:
        with pytest.raises(VideoError, match='expected 121 frames as the file states'):
            frames.extend(read_video(path))
    # The frames that remain can be read on their own.
    assert len(list(read_video(path, 0, len(frames)))) == len(frames)


def test_damage_in_the_middle_is_reported(tmp_path):
    path = write_video(tmp_path / 'hole.avi', num_frames=121)
    content = bytearray(path.read_bytes())
    content[len(content) // 3:len(content) * 9 // 10] = bytes(
        len(content) * 9 // 10 - len(content) // 3)
    path.write_bytes(content)
    with pytest.raises(VideoError, match='decoding stopped after'):
        list(read_video(path))


def test_every_real_clip_is_complete(dataset):
    for path in sorted((dataset / 'videos').rglob('*.mp4'))[::40]:
        assert len(list(read_video(path))) == video_timeline(path).num_frames


@pytest.mark.parametrize('content', [b'', b'not a video' * 100])
def test_invalid_files_are_reported(tmp_path, content):
    path = tmp_path / 'bad.mp4'
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r'bad\.mp4'):
        list(read_video(path))
    with pytest.raises(VideoError, match=r'bad\.mp4'):
        video_timeline(path)
