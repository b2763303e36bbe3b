"""Video files to stamped frames; bad files are named."""

from imrs_ros.video import read_video, video_length, VideoError
import pytest
from support import write_video


def test_frames_and_stamps(tmp_path):
    path = write_video(tmp_path / 'a.avi', num_frames=10, fps=20.0)
    frames = list(read_video(path))
    assert [f.stamp_ns for f in frames] == [i * 50_000_000 for i in range(10)]
    assert frames[0].image_HWC.shape == (48, 64, 3)
    assert video_length(path) == (10, 20.0)


def test_part_of_a_video_is_the_same_frames(dataset):
    path = next((dataset / 'videos' / 'Lunges').iterdir())
    whole = list(read_video(path))
    for first in (1, 13, 40):
        part = list(read_video(path, first, 5))
        assert [f.stamp_ns for f in part] == [f.stamp_ns for f in whole[first:first + 5]]
        assert all((a.image_HWC == b.image_HWC).all() for a, b in zip(part, whole[first:]))


@pytest.mark.parametrize('content', [b'', b'not a video' * 100])
def test_bad_files_are_named(tmp_path, content):
    path = tmp_path / 'bad.mp4'
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r'bad\.mp4'):
        list(read_video(path))
    with pytest.raises(VideoError, match=r'bad\.mp4'):
        video_length(path)
