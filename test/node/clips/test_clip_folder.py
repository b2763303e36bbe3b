# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Names of clips, and which of them are deleted."""

import json
import os

from encoded_video import picture
from imrs_ros.node.clips.clip_folder import ClipFolder, file_word, time_word
import pytest

OWNER = '/robot1/recognizer'
STAMP_NS = 1_700_000_000_123_456_789


def keep(folder, label='wave', camera='front', stamp_ns=STAMP_NS, num_frames=10):
    video = folder.begin()
    for number in range(num_frames):
        video.add(40_000_000 * number, picture(number))
    return folder.keep(video, camera, label, stamp_ns)


def videos(path):
    return sorted(item.relative_to(path).as_posix() for item in path.rglob('*.mp4'))


def test_names_are_camera_label_time(tmp_path):
    folder = ClipFolder(tmp_path / 'clips', OWNER, 10**9)
    folder.prepare()
    word = time_word(STAMP_NS)
    assert word.endswith('-123')
    paths = [keep(folder), keep(folder), keep(folder, '../../x', 'rear')]
    assert [path.relative_to(tmp_path / 'clips').as_posix() for path in paths] == [
        f'front/wave/{word}-wave.mp4', f'front/wave/{word}-wave-2.mp4',
        f'rear/______x/{word}-______x.mp4']
    assert folder.num_clips == 3
    assert folder.num_bytes == sum(path.stat().st_size for path in paths)


@pytest.mark.parametrize(('text', 'word'), [
    ('PushUps', 'PushUps'), ('push ups-2', 'push ups-2'), ('..', '__'), ('/etc/x', '_etc_x'),
    ('', '_'), (' \n', '_'), ('a\0b', 'a_b'), ('Grüßen', 'Grüßen')])
def test_labels_make_safe_names(text, word):
    assert file_word(text) == word


def test_the_oldest_are_deleted_and_nothing_else(tmp_path):
    first = ClipFolder(tmp_path, OWNER, 10**9)
    first.prepare()
    paths = [keep(first, stamp_ns=STAMP_NS + 10**9 * i) for i in range(5)]
    size = max(path.stat().st_size for path in paths)
    foreign = tmp_path / 'front' / 'wave' / 'mine.mp4'
    foreign.write_bytes(b'x' * 10 * size)
    # Moved to another class, and changed: both belong to someone else now.
    moved = paths[0].rename(tmp_path / 'background.mp4')
    paths[1].write_bytes(b'edited')
    os.utime(paths[2])
    # A new process, with room for two clips and a bit.
    second = ClipFolder(tmp_path, OWNER, round(2.5 * size))
    second.prepare()
    assert second.num_clips == 2
    newest = keep(second, stamp_ns=STAMP_NS + 10**10)
    assert second.num_clips == 2
    assert not paths[3].exists()
    for path in (foreign, moved, *paths[1:3], paths[4], newest):
        assert path.exists(), path
    tight = ClipFolder(tmp_path, OWNER, 1)
    tight.prepare()
    last = keep(tight, stamp_ns=STAMP_NS + 10**11)
    assert last.exists(), 'the newest stays'
    assert not newest.exists()
    assert foreign.exists()
    other = ClipFolder(tmp_path, '/robot2/recognizer', 1)
    other.prepare()
    keep(other)
    assert last.exists(), 'that of another node'


@pytest.mark.parametrize('text', [
    '', '[1]', '{"a": 1}', '[["a/b/c.mp4", "x", 1]]', 'null', '\xff'])
def test_a_damaged_list_deletes_nothing(tmp_path, text):
    folder = ClipFolder(tmp_path, OWNER, 1)
    folder.prepare()
    kept = keep(folder)
    (listed,) = tmp_path.glob('.clips*.json')
    listed.write_bytes(text.encode('latin-1'))
    again = ClipFolder(tmp_path, OWNER, 1)
    again.prepare()
    assert again.num_clips == 0
    keep(again)
    assert kept.exists()


def test_a_list_names_nothing_outside_the_folder(tmp_path):
    clips = tmp_path / 'clips'
    folder = ClipFolder(clips, OWNER, 1)
    folder.prepare()
    outside = tmp_path / 'a' / 'b.mp4'
    outside.parent.mkdir()
    outside.write_text('mine')
    status = outside.stat()
    (listed,) = clips.glob('.clips*.json')
    listed.write_text(json.dumps([
        [name, status.st_size, status.st_mtime_ns]
        for name in ('../a/b.mp4', str(outside), 'x/../../a/b.mp4')]))
    again = ClipFolder(clips, OWNER, 1)
    again.prepare()
    keep(again)
    assert outside.exists()
