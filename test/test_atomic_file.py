# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Files and folders that are whole or absent, with the modes of new ones."""

from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import shutil
import subprocess
import sys

from imrs_ros.atomic_file import entries, replace_file, replace_folder, replace_text
from imrs_ros.evaluation.recordings.source import find_recordings
from imrs_ros.teaching.footage import find_footage
from imrs_ros.video import video_files
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file


@pytest.fixture(params=[0o022, 0o027])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path):
    return path.stat().st_mode & 0o777


def test_text_replaces_what_was_there(tmp_path):
    path = tmp_path / 'new' / 'file.txt'
    replace_text(path, 'first é')
    replace_text(path, 'second')
    assert path.read_text() == 'second'
    assert [p.name for p in path.parent.iterdir()] == ['file.txt']


def test_modes_are_those_of_new_files_and_folders(tmp_path, umask):
    text, weights = tmp_path / 'file.txt', tmp_path / 'model.safetensors'
    text.touch(0o600)
    replace_text(text, 'new')
    with replace_file(weights) as new:
        # The library writes a temporary file of its own that others cannot read.
        save_file({'a': np.ones(2)}, new)
        assert mode(new) == 0o600
    assert load_file(weights)['a'].tolist() == [1, 1]
    assert mode(text) == mode(weights) == 0o666 & ~umask
    folder = tmp_path / 'folder'
    folder.mkdir(0o700)
    with replace_folder(folder) as new:
        (new / 'inner').mkdir()
    assert mode(folder) == mode(folder / 'inner') == 0o777 & ~umask


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path):
    path, folder = tmp_path / 'file.txt', tmp_path / 'folder'
    path.write_text('old')
    folder.mkdir()
    (folder / 'a').write_text('old')
    for replace in (replace_file(path), replace_folder(folder)):
        with pytest.raises(TypeError), replace as new:
            (new if new.is_file() else new / 'b').write_text(b'no text')
    assert path.read_text() == (folder / 'a').read_text() == 'old'
    assert sorted(p.name for p in tmp_path.rglob('*')) == ['a', 'file.txt', 'folder']


def test_folder_replaces_all_of_the_earlier_one(tmp_path):
    folder = tmp_path / 'folder'
    for name in ('first', 'second'):
        with replace_folder(folder) as new:
            assert list(new.iterdir()) == []
            assert new.name == 'folder'
            (new / name).write_text(name)
    assert [p.name for p in folder.iterdir()] == ['second']
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_cannot_take_its_place_leaves_the_earlier_one(tmp_path):
    folder = tmp_path / 'folder'
    folder.mkdir()
    (folder / 'a').touch()
    with pytest.raises(FileNotFoundError), replace_folder(folder) as new:
        new.rmdir()
    assert (folder / 'a').exists()


def test_writers_at_once_do_not_disturb_each_other(tmp_path):
    path = tmp_path / 'file.txt'

    def write(digit):
        replace_text(path, digit * 100_000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, '12345678' * 4))
    text = path.read_text()
    assert text == text[0] * 100_000
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    path = tmp_path / 'file[1].txt'
    code = ('import sys, time; from pathlib import Path\n'
            'from imrs_ros.atomic_file import replace_file\n'
            'with replace_file(Path(sys.argv[1])) as new:\n'
            '    print(new, flush=True); sys.stdin.read(1); new.write_text("late")')
    writers = [subprocess.Popen([sys.executable, '-c', code, path], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for writer in writers:
        writer.stdout.readline()
    assert len(list(tmp_path.glob('*.partial-*'))) == 2
    writers[0].kill()
    writers[0].communicate()
    replace_text(path, 'early')
    assert len(list(tmp_path.glob('*.partial-*'))) == 1
    writers[1].communicate('x')
    assert path.read_text() == 'late'
    assert list(tmp_path.iterdir()) == [path]


def read_examples(folder):
    pytest.importorskip('rclpy')
    from imrs_ros.view.commands import Commands
    return [folder / name for name in Commands(None, None, folder, folder).examples()]


@pytest.mark.parametrize(('read', 'expected'), [
    (video_files, ['1.mp4']), (lambda folder: find_recordings([folder]), ['1.mp4']),
    (lambda folder: [footage.path for footage in find_footage([folder])], ['1.mp4']),
    (read_examples, ['wave'])])
def test_folders_of_writers_may_go_while_one_reads(tmp_path, monkeypatch, read, expected):
    going = tmp_path / '.1234'
    for path in (tmp_path / 'annotations.csv', tmp_path / 'wave' / '1.mp4', going / '2'):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    listed = []

    def iterdir(folder, real=Path.iterdir):
        if folder == going:
            listed.append(folder)
            shutil.rmtree(folder, ignore_errors=True)
        return real(folder)
    monkeypatch.setattr(Path, 'iterdir', iterdir)
    assert [path.name for path in read(tmp_path)] == expected
    assert listed


def test_entries_of_a_folder_and_of_none(tmp_path):
    replace_text(tmp_path / 'a', 'text')
    assert entries(tmp_path) == [tmp_path / 'a']
    assert entries(tmp_path / 'b') == []
    with pytest.raises(NotADirectoryError):
        entries(tmp_path / 'a')
