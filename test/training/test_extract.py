# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Extraction of frames and flow: the files written, videos skipped, errors reported."""

from pathlib import Path
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
from samples import write_video
from training.clips.extract_settings import ExtractSettings, FrameStoreError
from training.clips.folder_extraction import check_disk_space, DiskFullError, extract, find_tasks
from training.clips.frame_store import FrameStore
from training.clips.optical_flow import flow_to_uint8, make_flow, mirror_flow
from training.data_set.splits import LabelledVideo

FAST = ExtractSettings(short_side_px=32, flow='dis')


@pytest.fixture
def videos(tmp_path):
    for name in ('Left/a.avi', 'Left/b.avi', 'Right/c.avi'):
        write_video(tmp_path / 'videos' / name, num_frames=20)
    return tmp_path / 'videos'


def listed(videos, name='Left/a.avi'):
    return LabelledVideo(videos / name, 0, None)


def textured(shift_px):
    """Return a smooth random texture, shifted to the right by ``shift_px``."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 160), np.uint8)
    smooth = cv2.normalize(
        cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)
    return np.roll(smooth, shift_px, axis=1)


@pytest.mark.parametrize('method', ['tvl1', 'dis'])
@pytest.mark.parametrize('shift_px', [2, -3])
def test_flow_of_a_known_translation(method, shift_px):
    flow = make_flow(method)(textured(0), textured(shift_px))[20:-20, 20:-20]
    assert np.median(flow[..., 0]) == pytest.approx(shift_px, abs=0.2)
    assert np.median(flow[..., 1]) == pytest.approx(0, abs=0.1)
    stored = flow_to_uint8(flow)
    assert np.median(stored[..., 0]) == pytest.approx((shift_px + 20) / 40 * 255, abs=1.5)


def test_flow_is_clipped_and_mirrored():
    flow = np.zeros((1, 3, 2), np.float32)
    flow[0, :, 0] = -50, 0, 50
    flow[0, 0, 1] = 10
    stored = flow_to_uint8(flow)
    assert stored[0, :, 0].tolist() == [0, 128, 255]
    mirrored = mirror_flow(stored)
    assert mirrored[0, :, 0].tolist() == [0, 127, 255]
    assert mirrored[0, :, 1].tolist() == [128, 128, 191]


def test_layout_is_that_of_mars(videos, tmp_path):
    out = tmp_path / 'frames'
    assert extract(videos, out, ExtractSettings(short_side_px=32), num_jobs=2) == []
    names = sorted(p.name for p in (out / 'Left' / 'a').iterdir())
    assert len(names) == 20 + 2 * 19
    assert names[:2] == ['00001.jpg', '00002.jpg']
    assert names[-1] == 'TVL1jpg_y_00019.jpg'
    store = FrameStore(out)
    assert store.num_frames(listed(videos)) == 20
    (frame,) = store.read_rgb(listed(videos), [3])
    (flow,) = store.read_flow(listed(videos), [18])
    assert frame.shape == (32, 43, 3)
    assert flow.shape == (32, 43, 2)
    # The square of the synthetic video moves to the right.
    assert flow[..., 0].max() > 128


def test_default_size_is_the_papers(videos, tmp_path):
    extract(videos, tmp_path / 'out', ExtractSettings(flow=None), only=['Right'], num_jobs=1)
    (frame,) = FrameStore(tmp_path / 'out').read_rgb(listed(videos, 'Right/c.avi'), [0])
    assert frame.shape == (256, 256, 3)
    assert not (tmp_path / 'out' / 'Left').exists()
    with pytest.raises(FrameStoreError, match='expected flow, got frames only'):
        FrameStore(tmp_path / 'out').read_flow(listed(videos, 'Right/c.avi'), [0])


def test_finished_videos_are_skipped_and_unfinished_ones_redone(videos, tmp_path):
    out = tmp_path / 'out'
    extract(videos, out, FAST, num_jobs=1)
    before = (out / 'Left' / 'a' / '00001.jpg').stat().st_mtime_ns
    half = out / 'Left' / 'b.partial'
    (out / 'Left' / 'b').rename(half)
    (half / '00020.jpg').unlink()
    assert extract(videos, out, FAST, num_jobs=1) == []
    assert (out / 'Left' / 'a' / '00001.jpg').stat().st_mtime_ns == before
    assert FrameStore(out).num_frames(listed(videos, 'Left/b.avi')) == 20
    assert not half.exists()


def test_classes_that_are_not_there_are_named(videos, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"class folders \['Up'\], got none; correct"):
        extract(videos, tmp_path / 'out', FAST, only=['Left', 'Up'], num_jobs=1)


def test_linked_class_folders_are_extracted_and_loops_end(tmp_path):
    write_video(tmp_path / 'elsewhere' / 'a.avi', 5)
    videos = tmp_path / 'videos'
    write_video(videos / 'Left' / 'b.avi', 5)
    (videos / 'Right').symlink_to(tmp_path / 'elsewhere')
    (videos / 'Left' / 'up').symlink_to(videos)
    (videos / 'Left' / 'gone.avi').symlink_to(tmp_path / 'gone.avi')
    failed = extract(videos, tmp_path / 'out', FAST, num_jobs=1)
    assert [outcome.task.video.name for outcome in failed] == ['gone.avi']
    assert sorted(path.parent.relative_to(tmp_path / 'out').as_posix()
                  for path in (tmp_path / 'out').rglob('00001.jpg')) == ['Left/b', 'Right/a']


def test_unreadable_videos_are_all_reported(videos, tmp_path):
    (videos / 'Left' / 'broken.avi').write_bytes(b'no video')
    (videos / 'Left' / 'empty.avi').write_bytes(b'')
    write_video(videos / 'Left' / 'single.avi', num_frames=1)
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'training.extract', str(videos),
         str(tmp_path / 'out'), '--short-side', '32', '--flow', 'dis', '--jobs', '2'],
        text=True, capture_output=True)
    assert done.returncode == 1
    for name in ('broken.avi', 'empty.avi', 'single.avi'):
        assert f'not extracted: {(videos / "Left" / name).resolve()}' in done.stderr
    assert 'expected at least two frames for flow, got 1' in done.stderr
    assert '3 videos could not be extracted' in done.stderr
    left = sorted(p.name for p in (tmp_path / 'out' / 'Left').iterdir())
    assert left == ['a', 'b']


def test_other_settings_are_refused(videos, tmp_path):
    extract(videos, tmp_path / 'out', FAST, num_jobs=1)
    with pytest.raises(FrameStoreError, match='expected the settings of the frames in it'):
        extract(videos, tmp_path / 'out', ExtractSettings(short_side_px=48, flow='dis'))


def test_a_full_disk_is_reported_before_the_work(videos, tmp_path, monkeypatch):
    tasks, _ = find_tasks(videos, tmp_path, FAST)
    check_disk_space(tasks, tmp_path, FAST)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage._replace(free=1000))
    with pytest.raises(DiskFullError, match=r'expected about 0\.0 GB of free disk space'):
        check_disk_space(tasks, tmp_path, FAST)


def test_a_disk_that_fills_up_leaves_nothing_half_written(videos, tmp_path, monkeypatch):
    write = Path.write_bytes

    def write_until_full(path, data):
        if path.name == '00010.jpg':
            raise OSError(28, 'No space left on device')
        return write(path, data)

    monkeypatch.setattr(Path, 'write_bytes', write_until_full)
    with pytest.raises(DiskFullError, match='free some and run the same command again'):
        extract(videos, tmp_path / 'out', FAST, num_jobs=1)
    monkeypatch.undo()
    assert not list((tmp_path / 'out').rglob('*.jpg'))
    assert extract(videos, tmp_path / 'out', FAST, num_jobs=1) == []


def test_only_the_middle(videos, tmp_path):
    settings = ExtractSettings(short_side_px=48, flow=None, max_sec=0.2)
    extract(videos, tmp_path / 'out', settings, num_jobs=1)
    whole = ExtractSettings(short_side_px=48, flow=None)
    extract(videos, tmp_path / 'whole', whole, num_jobs=1)
    middle, all_frames = FrameStore(tmp_path / 'out'), FrameStore(tmp_path / 'whole')
    assert middle.num_frames(listed(videos)) == 5
    for i in range(5):
        (got,), (expected,) = (middle.read_rgb(listed(videos), [i]),
                               all_frames.read_rgb(listed(videos), [7 + i]))
        assert np.array_equal(got, expected)


def test_missing_and_damaged_files_are_reported(videos, tmp_path):
    out = tmp_path / 'out'
    extract(videos, out, FAST, num_jobs=1)
    store = FrameStore(out)
    (out / 'Left' / 'a' / 'DISjpg_x_00003.jpg').unlink()
    with pytest.raises(FrameStoreError, match='DISjpg_x_00003'):
        store.read_flow(listed(videos), [2])
    (out / 'Left' / 'a' / '00003.jpg').write_bytes(b'\xff\xd8 no image')
    with pytest.raises(FrameStoreError, match=r'00003\.jpg: expected a JPEG'):
        store.read_rgb(listed(videos), [2])
    with pytest.raises(FrameStoreError, match='expected the frames of other'):
        store.num_frames(LabelledVideo(videos / 'Left' / 'other.avi', 0, None))
    with pytest.raises(FrameStoreError, match=r'extract\.yaml'):
        FrameStore(videos)


@pytest.mark.parametrize('values', [
    {'flow': 'farneback'}, {'short_side_px': 4}, {'fps': 0}, {'max_sec': -1},
    {'jpeg_quality': 101}])
def test_wrong_settings_are_reported(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        ExtractSettings(**values)


def test_the_same_command_on_a_cluster(videos, tmp_path):
    from dask.distributed import LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'training.extract', str(videos),
             str(tmp_path / 'out'), '--short-side', '32', '--flow', 'dis',
             '--dask', cluster.scheduler_address], text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / 'out').rglob('*') if p.is_dir()) == [
        'Left', 'Right', 'a', 'b', 'c']
