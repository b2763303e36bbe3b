# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Split files in three formats: what is read, and how leaks and gaps are reported."""

import shutil

import pytest
from sample_data_sets import add_lines, make_class_folders, make_data_set, make_hmdb51, make_ucf101
from training.data_set.check import check_data
from training.data_set.splits import read_background, read_split


def names(videos):
    return [(v.path.parent.name, v.path.name, v.label, v.group) for v in videos]


def test_synthetic_split(synthetic_data):
    split = read_split(synthetic_data, 1)
    assert split.labels == ('Left', 'Right')
    assert sorted({(v.label, v.group) for v in split.train}) == [(0, 8), (0, 9), (1, 8), (1, 9)]
    assert sorted({(v.label, v.group) for v in split.test}) == [(0, 1), (0, 2), (1, 1), (1, 2)]


def test_official_splits_of_the_real_clips(dataset):
    sizes = []
    for number in (1, 2, 3):
        split = read_split(dataset, number)
        sizes.append((len(split.train), len(split.test)))
        assert len(split.labels) == 10
        assert {v.label for v in split.train} == {v.label for v in split.test} == set(range(10))
    assert sizes == [(919, 366), (923, 362), (940, 345)]
    assert (len(read_background(dataset, 'train')), len(read_background(dataset, 'test'))) \
        == (61, 23)


def test_ucf101_labels_follow_the_class_index(tmp_path):
    split = read_split(make_ucf101(tmp_path / 'data'), 1)
    assert split.labels == ('Run', 'Jump')
    assert names(split.train) == [
        ('Run', 'v_Run_g08_c01.avi', 0, 8), ('Run', 'v_Run_g09_c01.avi', 0, 9),
        ('Jump', 'v_Jump_g08_c01.avi', 1, 8), ('Jump', 'v_Jump_g09_c01.avi', 1, 9)]
    assert names(split.test) == [
        ('Run', 'v_Run_g01_c01.avi', 0, 1), ('Jump', 'v_Jump_g01_c01.avi', 1, 1)]


def test_hmdb51_names_with_special_characters_are_read(tmp_path):
    split = read_split(make_hmdb51(tmp_path / 'data'), 1)
    assert split.labels == ('brush_hair', 'sit')
    assert names(split.train) == [
        ('brush_hair', '#a_(1)_[x]!.avi', 0, None), ('sit', '#a_(1)_[x]!.avi', 1, None)]
    assert names(split.test) == [
        ('brush_hair', 'b;c&d_2.avi', 0, None), ('sit', 'b;c&d_2.avi', 1, None)]


def test_class_folders_keep_spaces_and_dots(tmp_path):
    split = read_split(make_class_folders(tmp_path / 'data'), 1)
    assert split.labels == ('fall over', 'wash hands')
    assert names(split.train) == [
        ('wash hands', 'take 1.avi', 1, None), ('fall over', 'no suffix 2.5.avi', 0, None)]
    assert names(split.test) == [
        ('wash hands', 'take 2.AVI', 1, None), ('fall over', 'take 3.avi', 0, None)]


def test_linked_class_folders_are_read(tmp_path):
    data = make_class_folders(tmp_path / 'data')
    expected = names(read_split(data, 1).train)
    folder = data / 'videos' / 'fall over'
    folder.rename(tmp_path / 'elsewhere')
    folder.symlink_to(tmp_path / 'elsewhere')
    (data / 'videos' / 'loop').symlink_to(data / 'videos')
    assert names(read_split(data, 1).train) == expected
    assert check_data(data).problems == ()


def test_preferred_suffix_is_used_when_files_share_a_stem(tmp_path):
    data = make_data_set(
        tmp_path / 'data', {'trainlist01.txt': ['a/x.webm'], 'testlist01.txt': ['b/y']},
        ['a/x.avi', 'a/x.mp4', 'a/x.mkv', 'b/y.mpg'])
    split = read_split(data, 1)
    assert [v.path.name for v in split.train + split.test] == ['x.mp4', 'y.mpg']


PEOPLE = ('wash hands/take 1 anna', 'fall over/no suffix 2.5.avi anna',
          'wash hands/take 2.mp4 ben', 'fall over/take 3 ben')


def test_group_file_of_class_folders(tmp_path):
    data = make_class_folders(tmp_path / 'data')
    add_lines(data, 'groups.txt', *PEOPLE)
    split = read_split(data, 1)
    assert [video.group for video in split.train + split.test] == ['anna', 'anna', 'ben', 'ben']


def test_group_file_goes_before_names_of_ucf101(tmp_path):
    data = make_ucf101(tmp_path / 'data')
    add_lines(data, 'groups.txt', 'Run/v_Run_g08_c01 anna', 'Jump/v_Jump_g08_c01.avi anna')
    assert [video.group for video in read_split(data, 1).train] == ['anna', 9, 'anna', 9]


@pytest.mark.parametrize(('lines', 'error', 'message'), [
    (PEOPLE[:3], ValueError, 'testlist01.txt, line 2: fall over/take 3: expected its group in .*'
     'groups.txt, got none; add a line with its name and its group'),
    ((*PEOPLE[:3], 'fall over/take 3 anna'), ValueError,
     'testlist01.txt, line 2: fall over: expected each group in either train or test, got 1 test '
     'clips of group anna'),
    ((*PEOPLE[:3], 'fall over/take 3.avi'), ValueError,
     'groups.txt, line 4: expected "Class/video group" .*got \'fall over/take 3.avi\''),
    ((*PEOPLE, 'anna'), ValueError, "groups.txt, line 5: expected .*got 'anna'"),
    ((*PEOPLE, 'a/b/c anna'), ValueError, "groups.txt, line 5: expected .*got 'a/b/c anna'"),
    ((*PEOPLE, PEOPLE[0]), ValueError,
     'groups.txt, line 5: wash hands/take 1: expected each video once, got it in .*line 1 too'),
    ((*PEOPLE, 'fall over/take 4 ben'), FileNotFoundError,
     'groups.txt, line 5: .*/videos/fall over/take 4: expected a video with suffix'),
    ((*PEOPLE, 'fly/take 1 ben'), FileNotFoundError, 'groups.txt, line 5: .*/videos/fly: expec'),
])
def test_wrong_groups_are_reported(tmp_path, lines, error, message):
    data = make_class_folders(tmp_path / 'data')
    add_lines(data, 'groups.txt', *lines)
    with pytest.raises(error, match=message):
        read_split(data, 1)
    assert not check_data(data).is_clean


def test_byte_order_mark_and_crlf_are_read(tmp_path):
    data = make_ucf101(tmp_path / 'data')
    path = data / 'splits' / 'trainlist01.txt'
    path.write_bytes(b'\xef\xbb\xbf' + path.read_bytes().replace(b'\n', b'\r\n') + b'\r\n')
    assert len(read_split(data, 1).train) == 4
    path.write_bytes(b'Run/\xff.avi 1\n')
    with pytest.raises(ValueError, match='trainlist01.txt: expected UTF-8 text, got .*0xff'):
        read_split(data, 1)


@pytest.mark.parametrize(('make', 'name', 'line', 'error', 'message'), [
    (make_ucf101, 'testlist01.txt', 'Run/v_Run_g08_c01.avi', ValueError,
     r'testlist01.txt, line 3: Run/v_Run_g08_c01: expected a video of either train or test, got'),
    (make_ucf101, 'trainlist01.txt', 'Run/v_Run_g08_c01.avi 1', ValueError,
     r'trainlist01.txt, line 5: .*expected each video once, got it in .*01.txt, line 1 too'),
    (make_ucf101, 'testlist01.txt', 'Swim/v_Swim_g01_c01.avi', ValueError,
     "testlist01.txt, line 3: expected a class of classInd.txt, got 'Swim'"),
    (make_ucf101, 'testlist01.txt', 'Run/v_Run_g30_c01.avi', FileNotFoundError,
     'testlist01.txt, line 3: .*/videos/Run/v_Run_g30_c01: expected a video with suffix .mp4,'),
    (make_ucf101, 'trainlist01.txt', 'Run/v_Run_g10_c01.avi 2', ValueError,
     'trainlist01.txt, line 5: expected id 1 of Run in classInd.txt, got 2; correct one'),
    (make_ucf101, 'trainlist01.txt', 'no slash', ValueError, 'line 5: expected "Class/video.avi'),
    (make_ucf101, 'trainlist01.txt', 'Run/a.avi one', ValueError, "line 5: .*got 'Run/a.avi one'"),
    (make_ucf101, 'trainlist01.txt', 'Run/a b.avi 1', ValueError, 'line 5: .*names with spaces'),
    (make_ucf101, 'classInd.txt', '4 Swim', ValueError,
     'classInd.txt, line 3: expected "3 Class".* got \'4 Swim\''),
    (make_ucf101, 'classInd.txt', '3 Run', ValueError, 'classInd.txt, line 3: .*each class once'),
    (make_hmdb51, 'sit_test_split1.txt', 'third.avi 3', ValueError,
     'sit_test_split1.txt, line 4: expected "name.avi" and 1 for train'),
    (make_hmdb51, 'sit_test_split1.txt', 'third.avi', ValueError, "line 4: .*got 'third.avi'"),
    (make_hmdb51, 'sit_test_split1.txt', 'third.avi 1', ValueError, 'third: expected each video'),
    (make_hmdb51, 'sit_test_split1.txt', '#a_(1)_[x]!.avi 2', ValueError, 'either train or test'),
    (make_hmdb51, 'sit_test_split1.txt', '*.avi 1', FileNotFoundError, r'line 4: .*/sit/\*: '),
    (make_hmdb51, 'run_test_split1.txt', 'a.avi 1', FileNotFoundError,
     'run_test_split1.txt, line 1: .*videos/run: expected the folder of the class, got none'),
    (make_hmdb51, 'sit_test_split2.txt', 'third.avi 1', None, ''),
    (make_class_folders, 'trainlist01.txt', 'take 1.avi', ValueError,
     'trainlist01.txt, line 3: expected "Class/video" with a single slash'),
    (make_class_folders, 'trainlist01.txt', 'a/b/c.avi', ValueError, 'line 3: .*single slash'),
    (make_class_folders, 'trainlist01.txt', '../wash hands/take 1', ValueError, 'single slash'),
    (make_class_folders, 'trainlist01.txt', '../take 1', ValueError, 'line 3: .*single slash'),
    (make_class_folders, 'trainlist01.txt', 'wash hands/take 1.avi 2', ValueError,
     'line 3: .* without an id, .*add the classInd.txt'),
    (make_class_folders, 'testlist01.txt', 'wash hands/take 9', FileNotFoundError, 'take 9: exp'),
])
def test_wrong_lines_are_reported(tmp_path, make, name, line, error, message):
    data = make(tmp_path / 'data')
    before = read_split(data, 1)
    add_lines(data, name, line)
    if error is None:
        assert read_split(data, 1) == before
    else:
        with pytest.raises(error, match=message):
            read_split(data, 1)


def test_leaked_group_is_reported(tmp_path):
    data = make_ucf101(tmp_path / 'data')
    shutil.copy(data / 'videos/Run/v_Run_g08_c01.avi', data / 'videos/Run/v_Run_g08_c02.avi')
    add_lines(data, 'testlist01.txt', 'Run/v_Run_g08_c02.avi')
    with pytest.raises(ValueError, match=(
            'testlist01.txt, line 3: Run: expected each group in either train or test, got 1 test '
            'clips of group 8, .*the first is v_Run_g08_c02')):
        read_split(data, 1)


@pytest.mark.parametrize(('make', 'message'), [
    (make_ucf101, r'splits: expected files of split 2, got those of \[1\]'),
    (make_hmdb51, r'splits: expected files of split 2, got those of \[1\]'),
])
def test_missing_split_is_reported(tmp_path, make, message):
    with pytest.raises(FileNotFoundError, match=message):
        read_split(make(tmp_path / 'data'), 2)


@pytest.mark.parametrize(('make', 'name'), [
    (make_ucf101, 'testlist01.txt'), (make_class_folders, 'trainlist01.txt')])
def test_missing_list_is_reported(tmp_path, make, name):
    data = make(tmp_path / 'data')
    (data / 'splits' / name).unlink()
    with pytest.raises(FileNotFoundError, match=f'{name}: expected this file, got none'):
        read_split(data, 1)


def test_hmdb51_class_without_list_is_reported(tmp_path):
    data = make_hmdb51(tmp_path / 'data')
    add_lines(data, 'sit_test_split2.txt', 'third.avi 1')
    with pytest.raises(FileNotFoundError, match='brush_hair_test_split2.txt: expected this file'):
        read_split(data, 2)


@pytest.mark.parametrize(('files', 'message'), [
    ({'trainlist01.txt': ['a/x'], 'testlist01.txt': []},
     'testlist01.txt: expected at least one test video'),
    ({'trainlist01.txt': ['', '  '], 'testlist01.txt': ['a/x']},
     'trainlist01.txt: expected at least one train video'),
    ({'a_test_split1.txt': ['x.avi 1']}, r'\*_test_split1.txt: expected at least one test video'),
    ({'a_test_split1.txt': ['x.avi 1'], 'trainlist01.txt': ['a/x']},
     'expected split files of one format, got trainlist01.txt and a_test_split1.txt; keep one'),
])
def test_unusable_files_are_reported(tmp_path, files, message):
    data = make_data_set(tmp_path / 'data', files, ['a/x.avi'])
    with pytest.raises(ValueError, match=message):
        read_split(data, 1)


@pytest.mark.parametrize('files', [
    {'trainlist01.txt': ['fall/x'], 'testlist01.txt': ['fall/y']},
    {'classInd.txt': ['1 fall'], 'trainlist01.txt': ['fall/x 1'], 'testlist01.txt': ['fall/y']},
    {'fall_test_split1.txt': ['x.avi 1', 'y.avi 2']}])
def test_a_single_class_is_refused(tmp_path, files):
    data = make_data_set(tmp_path / 'data', files, ['fall/x.avi', 'fall/y.avi'])
    with pytest.raises(ValueError, match=(
            'splits: expected at least two classes, got fall alone; add a second class, for '
            'instance of people doing something else')):
        read_split(data, 1)


def test_missing_folders_are_reported(tmp_path):
    with pytest.raises(FileNotFoundError, match='none/splits: expected trainlist01.txt and'):
        read_split(tmp_path / 'none', 1)
    data = make_ucf101(tmp_path / 'data')
    shutil.rmtree(data / 'videos')
    with pytest.raises(FileNotFoundError, match='videos: expected a folder with one folder'):
        read_split(data, 1)


def test_background_lists(tmp_path):
    data = make_ucf101(tmp_path / 'data')
    with pytest.raises(FileNotFoundError, match='background_train.txt: .*"Folder/video.avi"'):
        read_background(data, 'train')
    add_lines(data, 'background_train.txt', 'Run/v_Run_g08_c01.avi', 'Jump/v_Jump_g01_c01.avi')
    assert read_background(data, 'train') == (
        data / 'videos/Run/v_Run_g08_c01.avi', data / 'videos/Jump/v_Jump_g01_c01.avi')
    with pytest.raises(ValueError, match='expected "train" or "test", got \'both\''):
        read_background(data, 'both')
    add_lines(data, 'background_test.txt', 'Swim/a.avi')
    with pytest.raises(FileNotFoundError, match='background_test.txt, line 1: .*videos/Swim'):
        read_background(data, 'test')
    (data / 'splits' / 'background_test.txt').write_text('\n')
    with pytest.raises(ValueError, match='background_test.txt: expected at least one test video'):
        read_background(data, 'test')
