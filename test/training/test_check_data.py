# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The check of a data set: every problem is found, counted and reported; clean ones pass."""

import os
import shutil
import subprocess
import sys

import pytest
from sample_data_sets import (
    add_lines, make_class_folders, make_data_set, make_hmdb51, make_ucf101, video_bytes)
from training.check_data import main
from training.data_set.check import check_data
from training.data_set.problem import Kind


def kinds(report):
    return sorted(problem.kind.name for problem in report.problems)


@pytest.mark.parametrize(('make', 'name'), [
    (make_ucf101, 'UCF101'), (make_hmdb51, 'HMDB51'), (make_class_folders, 'class folders')])
def test_clean_data_sets_pass(tmp_path, make, name, capsys):
    data = make(tmp_path / 'data')
    assert main(['--data', str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    num_train, num_test = (4, 2) if make is make_ucf101 else (2, 2)
    assert lines == [
        f'{data}: {name} split files',
        f'split 1: {num_train} training and {num_test} test videos', 'no problems']


def test_real_clips_are_clean(dataset):
    report = check_data(dataset)
    assert report.problems == ()
    assert report.sizes == {
        'split 1': (919, 366), 'split 2': (923, 362), 'split 3': (940, 345),
        'background': (61, 23)}


@pytest.mark.parametrize(('name', 'line', 'kind', 'expected'), [
    ('trainlist01.txt', 'Run/v_Run_g08_c01.avi x', Kind.BAD_LINE,
     "'Run/v_Run_g08_c01.avi x'; names with spaces"),
    ('trainlist01.txt', 'Swim/v_Swim_g08_c01.avi', Kind.UNKNOWN_CLASS, "got 'Swim'; add it"),
    ('trainlist01.txt', 'Run/v_Run_g10_c01.avi 2', Kind.WRONG_ID, 'expected id 1 of Run '),
    ('trainlist01.txt', 'Run/v_Run_g10_c01.avi', Kind.MISSING_VIDEO,
     '  videos/Run/v_Run_g10_c01: expected a video'),
    ('trainlist01.txt', 'Run/v_Run_g08_c01.mp4', Kind.DUPLICATE, '  Run/v_Run_g08_c01: expected'),
    ('testlist01.txt', 'Run/v_Run_g08_c01.avi', Kind.IN_BOTH,
     '  Run/v_Run_g08_c01: expected a video of either train or test'),
    ('testlist01.txt', 'Run/v_Run_g08_c02.avi', Kind.LEAKED_GROUP, '  Run: expected each group'),
    ('classInd.txt', 'Swim 3', Kind.BAD_LINE, 'classInd.txt, line 3'),
    ('background_test.txt', 'Fog/v_Fog_g01_c01.avi', Kind.MISSING_FOLDER, '  videos/Fog: '),
    ('background_test.txt', '', Kind.EMPTY_LIST, 'in splits/background_test.txt'),
])
def test_problems_of_lines_are_reported(tmp_path, capsys, name, line, kind, expected):
    data = make_ucf101(tmp_path / 'data')
    if kind is Kind.LEAKED_GROUP:
        (data / 'videos/Run/v_Run_g08_c02.avi').write_bytes(video_bytes(6))
    add_lines(data, name, line)
    report = check_data(data)
    assert kind in {p.kind for p in report.problems}
    assert {p.kind for p in report.problems} <= {kind, Kind.EMPTY_CLASS}
    assert main(['--data', str(data)]) == 1
    text = capsys.readouterr().out
    assert f'\n{kind.value}: 1\n' in text
    assert expected in text
    assert f'splits/{name}' in text


@pytest.mark.parametrize('name', ['#a_(1)_[x]!.avi', 'b;c&d_2.avi'])
@pytest.mark.parametrize(('content', 'kind', 'message'), [
    (b'', Kind.BROKEN_VIDEO, r'that FFmpeg can read, got .*\(0 bytes\)'),
    (b'no video at all', Kind.BROKEN_VIDEO, r'that FFmpeg can read, got .*\(15 bytes\)'),
    (video_bytes(0), Kind.BROKEN_VIDEO, 'expected .*, got none'),
    (video_bytes(1), Kind.SINGLE_FRAME, 'got a single frame'),
    (video_bytes(2), None, ''),
])
def test_training_and_test_videos_are_opened(tmp_path, name, content, kind, message):
    data = make_hmdb51(tmp_path / 'data')
    path = data / 'videos' / 'sit' / name
    path.write_bytes(content)
    report = check_data(data)
    assert [p.kind for p in report.problems] == ([] if kind is None else [kind])
    for problem in report.problems:
        with pytest.raises(ValueError, match=message):
            raise problem.error()
        assert problem.text.startswith(f'{path}: ')


def test_unused_videos_are_listed_but_not_opened(tmp_path):
    data = make_hmdb51(tmp_path / 'data')
    (data / 'videos' / 'sit' / 'third.avi').write_bytes(b'')
    assert check_data(data).problems == ()
    (data / 'videos' / 'sit' / 'third.avi').unlink()
    assert check_data(data).problems == ()


def test_unlisted_videos_are_a_note(tmp_path, capsys):
    data = make_class_folders(tmp_path / 'data')
    for number in range(12):
        (data / 'videos' / 'fall over' / f'new {number:02d}.mkv').write_bytes(b'')
    (data / 'videos' / 'fall over' / 'notes.txt').write_text('not a video')
    (data / 'videos' / 'climb').mkdir()
    (data / 'videos' / 'climb' / os.fsdecode(b'\xff.mp4')).write_bytes(b'')
    assert main(['--data', str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:5] == [
        'note: videos on disk that are in no list: 13', r'  videos/climb/\udcff.mp4',
        '  videos/fall over/new 00.mkv']
    assert lines[-3:] == ['  videos/fall over/new 08.mkv', '  and 3 more', 'no problems']


def test_classes_without_videos_are_reported(tmp_path):
    data = make_data_set(
        tmp_path / 'data', {'classInd.txt': ['1 a', '2 b', '3 c'],
                            'trainlist01.txt': ['a/x.avi', 'b/x.avi'],
                            'testlist01.txt': ['a/y.avi', 'c/x.avi']},
        ['a/x.avi', 'a/y.avi', 'b/x.avi', 'c/x.avi'])
    report = check_data(data)
    assert [(p.kind, p.place, p.text.split(', got')[0]) for p in report.problems] == [
        (Kind.EMPTY_CLASS, 'split 1', 'c: expected at least one train video'),
        (Kind.EMPTY_CLASS, 'split 1', 'b: expected at least one test video')]


@pytest.mark.parametrize(('name', 'line', 'expected'), [
    ('testlist01.txt', 'Jump/copy', "videos/Run/v_Run_g08_c01.avi (train): expected other content "
     'than that of videos/Jump/copy.avi (test), got the same bytes; remove one'),
    ('trainlist01.txt', 'Jump/copy', "videos/Run/v_Run_g08_c01.avi (train): expected other "
     'content than that of videos/Jump/copy.avi (train), got'),
    ('background_train.txt', 'Jump/copy', "videos/Run/v_Run_g08_c01.avi (train): expected other "
     'content than that of videos/Jump/copy.avi (background train), got')])
def test_the_same_file_under_two_names_is_reported(tmp_path, capsys, name, line, expected):
    data = make_ucf101(tmp_path / 'data')
    shutil.copy(data / 'videos/Run/v_Run_g08_c01.avi', data / 'videos/Jump/copy.avi')
    assert check_data(data).is_clean, 'one of the two is in no list'
    add_lines(data, name, line)
    assert main(['--data', str(data), '--split', '1']) == 1
    text = capsys.readouterr().out
    assert f'\nvideos with the content of others: 1\n  {expected}' in text
    assert '    in split 1\n' in text


def test_a_video_of_a_class_in_the_background_is_reported(tmp_path, capsys):
    data = make_ucf101(tmp_path / 'data')
    add_lines(data, 'background_test.txt', 'Run/v_Run_g08_c01.avi')
    assert main(['--data', str(data)]) == 1
    text = capsys.readouterr().out
    assert '\nvideos of a class in the background: 1\n  videos/Run/v_Run_g08_c01.avi: exp' in text


def test_a_single_class_is_reported_once(tmp_path, capsys):
    data = make_data_set(
        tmp_path / 'data', {'trainlist01.txt': ['fall/x'], 'testlist01.txt': ['fall/y'],
                            'trainlist02.txt': ['fall/y'], 'testlist02.txt': ['fall/x']},
        ['fall/x.avi', 'fall/y.avi'])
    assert main(['--data', str(data)]) == 1
    text = capsys.readouterr().out
    assert '\ndata sets of a single class: 1\n  expected at least two classes, got fall' in text


@pytest.fixture
def two_splits(tmp_path):
    """Return a data set of two equal splits; the second has no test list."""
    data = make_ucf101(tmp_path / 'data')
    shutil.copy(data / 'splits' / 'trainlist01.txt', data / 'splits' / 'trainlist02.txt')
    return data


def test_all_problems_are_reported_at_once(two_splits, capsys):
    data = two_splits
    (data / 'videos' / 'Run' / 'v_Run_g08_c01.avi').unlink()
    (data / 'videos' / 'Run' / 'v_Run_g09_c01.avi').write_bytes(b'')
    (data / 'videos' / 'Jump' / 'v_Jump_g08_c01.avi').write_bytes(video_bytes(1))
    add_lines(data, 'testlist01.txt', 'Jump/v_Jump_g09_c01.avi', 'nonsense', 'Fly/a.avi')
    report = check_data(data)
    assert kinds(report) == [
        'BAD_LINE', 'BROKEN_VIDEO', 'IN_BOTH', 'MISSING_LIST', 'MISSING_VIDEO', 'MISSING_VIDEO',
        'SINGLE_FRAME', 'UNKNOWN_CLASS']
    assert main(['--data', str(data)]) == 1
    text = capsys.readouterr().out
    assert '\nmissing videos: 1\n  videos/Run/v_Run_g08_c01: expected' in text
    assert '    in splits/trainlist01.txt, line 1; splits/trainlist02.txt, line 1\n' in text
    assert text.endswith('problems: 7\n')


def test_a_problem_of_a_shared_file_is_reported_once(two_splits, capsys):
    shutil.copy(two_splits / 'splits/testlist01.txt', two_splits / 'splits/testlist02.txt')
    add_lines(two_splits, 'classInd.txt', 'Swim 3')
    for name in ('trainlist01.txt', 'testlist01.txt', 'trainlist02.txt', 'testlist02.txt'):
        add_lines(two_splits, name, 'Swim/v_Swim_g01_c01.avi')
    main(['--data', str(two_splits), '--split', '1', '2'])
    text = capsys.readouterr().out
    assert 'lines that cannot be read: 1\n' in text
    assert '    in splits/classInd.txt, line 3\n' in text
    assert 'unknown classes: 1\n' in text
    assert 'trainlist02.txt, line 5 and 1 more\n' in text


def test_only_the_chosen_splits_are_checked(two_splits):
    assert check_data(two_splits, [1]).problems == ()
    assert kinds(check_data(two_splits, [2])) == ['MISSING_LIST', 'UNLISTED', 'UNLISTED']
    assert 'MISSING_LIST' in kinds(check_data(two_splits, [1, 3]))


def test_missing_data_set_has_its_own_exit_status(tmp_path, capsys):
    assert main(['--data', str(tmp_path)]) == 2
    assert 'no data set: ' in capsys.readouterr().err
    data = make_data_set(
        tmp_path / 'both', {'a_test_split1.txt': ['x 1'], 'trainlist01.txt': ['a/x']}, [])
    assert main(['--data', str(data)]) == 1
    assert 'split files of one format' in capsys.readouterr().err


def test_command_line(tmp_path, root):
    data = make_ucf101(tmp_path / 'data')
    (data / 'videos' / 'Run' / 'v_Run_g08_c01.avi').unlink()
    process = subprocess.run(
        [sys.executable, '-m', 'training.check_data', '--data', str(data), '--split', '1'],
        cwd=root, capture_output=True, text=True, timeout=120)
    assert process.returncode == 1, process.stderr
    assert 'missing videos: 1' in process.stdout
    assert process.stderr == '', 'progress bars belong on a terminal, not in a log'
