"""Split files in three formats: parsed right, leaks and gaps named, validation sets held out."""

from pathlib import Path
import shutil

import pytest
from sample_data_sets import add_lines, make_class_folders, make_data_set, make_hmdb51, make_ucf101
from training.data_set.splits import (
    hold_out_fraction, hold_out_groups, LabelledVideo, read_background, read_split)


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


def test_hmdb51_takes_odd_names_as_they_are(tmp_path):
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


def test_preferred_suffix_counts_where_two_files_share_a_stem(tmp_path):
    data = make_data_set(
        tmp_path / 'data', {'trainlist01.txt': ['a/x.webm'], 'testlist01.txt': ['a/y']},
        ['a/x.avi', 'a/x.mp4', 'a/x.mkv', 'a/y.mpg'])
    split = read_split(data, 1)
    assert [v.path.name for v in split.train + split.test] == ['x.mp4', 'y.mpg']


def test_lists_of_other_editors_are_read(tmp_path):
    data = make_ucf101(tmp_path / 'data')
    path = data / 'splits' / 'trainlist01.txt'
    path.write_bytes(b'\xef\xbb\xbf' + path.read_bytes().replace(b'\n', b'\r\n') + b'\r\n')
    assert len(read_split(data, 1).train) == 4
    path.write_bytes(b'Run/\xff.avi 1\n')
    with pytest.raises(ValueError, match='trainlist01.txt: expected UTF-8 text, got .*0xff'):
        read_split(data, 1)


@pytest.mark.parametrize(('make', 'name', 'line', 'error', 'words'), [
    (make_ucf101, 'testlist01.txt', 'Run/v_Run_g08_c01.avi', ValueError,
     r'testlist01.txt, line 3: Run/v_Run_g08_c01: a video must not stand in both train and test'),
    (make_ucf101, 'trainlist01.txt', 'Run/v_Run_g08_c01.avi 1', ValueError,
     r'trainlist01.txt, line 5: .*expected each video once, got it in .*01.txt, line 1 too'),
    (make_ucf101, 'testlist01.txt', 'Swim/v_Swim_g01_c01.avi', ValueError,
     "testlist01.txt, line 3: expected a class that classInd.txt names, got 'Swim'"),
    (make_ucf101, 'testlist01.txt', 'Run/v_Run_g30_c01.avi', FileNotFoundError,
     'testlist01.txt, line 3: .*/videos/Run/v_Run_g30_c01: expected a video with one of .mp4,'),
    (make_ucf101, 'trainlist01.txt', 'Run/v_Run_g10_c01.avi 2', ValueError,
     'trainlist01.txt, line 5: expected id 1, .* gives to Run, got 2; correct one'),
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
    (make_hmdb51, 'sit_test_split1.txt', '#a_(1)_[x]!.avi 2', ValueError, 'in both train and'),
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
def test_wrong_lines_are_named(tmp_path, make, name, line, error, words):
    data = make(tmp_path / 'data')
    before = read_split(data, 1)
    add_lines(data, name, line)
    if error is None:
        assert read_split(data, 1) == before
    else:
        with pytest.raises(error, match=words):
            read_split(data, 1)


def test_leaked_group_is_named(tmp_path):
    data = make_ucf101(tmp_path / 'data')
    shutil.copy(data / 'videos/Run/v_Run_g08_c01.avi', data / 'videos/Run/v_Run_g08_c02.avi')
    add_lines(data, 'testlist01.txt', 'Run/v_Run_g08_c02.avi')
    with pytest.raises(ValueError, match=(
            'testlist01.txt, line 3: Run: clips of one group must not stand in both train and '
            'test, got 1 test clips of group 8, .*the first is v_Run_g08_c02')):
        read_split(data, 1)


@pytest.mark.parametrize(('make', 'words'), [
    (make_ucf101, r'splits: expected files of split 2, got those of \[1\]'),
    (make_hmdb51, r'splits: expected files of split 2, got those of \[1\]'),
])
def test_missing_split_is_named(tmp_path, make, words):
    with pytest.raises(FileNotFoundError, match=words):
        read_split(make(tmp_path / 'data'), 2)


@pytest.mark.parametrize(('make', 'name'), [
    (make_ucf101, 'testlist01.txt'), (make_class_folders, 'trainlist01.txt')])
def test_missing_list_is_named(tmp_path, make, name):
    data = make(tmp_path / 'data')
    (data / 'splits' / name).unlink()
    with pytest.raises(FileNotFoundError, match=f'{name}: expected this file, got none'):
        read_split(data, 1)


def test_hmdb51_class_without_its_list_is_named(tmp_path):
    data = make_hmdb51(tmp_path / 'data')
    add_lines(data, 'sit_test_split2.txt', 'third.avi 1')
    with pytest.raises(FileNotFoundError, match='brush_hair_test_split2.txt: expected this file'):
        read_split(data, 2)


@pytest.mark.parametrize(('files', 'words'), [
    ({'trainlist01.txt': ['a/x'], 'testlist01.txt': []},
     'testlist01.txt: expected at least one test video'),
    ({'trainlist01.txt': ['', '  '], 'testlist01.txt': ['a/x']},
     'trainlist01.txt: expected at least one train video'),
    ({'a_test_split1.txt': ['x.avi 1']}, r'\*_test_split1.txt: expected at least one test video'),
    ({'a_test_split1.txt': ['x.avi 1'], 'trainlist01.txt': ['a/x']},
     'expected split files of one format, got trainlist01.txt and a_test_split1.txt; keep one'),
])
def test_unusable_files_are_named(tmp_path, files, words):
    data = make_data_set(tmp_path / 'data', files, ['a/x.avi'])
    with pytest.raises(ValueError, match=words):
        read_split(data, 1)


def test_missing_folders_are_named(tmp_path):
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


def test_hold_out_groups(synthetic_data):
    train = read_split(synthetic_data, 1).train
    kept, held = hold_out_groups(train, [9])
    assert {v.group for v in kept} == {8}
    assert {v.group for v in held} == {9}
    with pytest.raises(ValueError, match=r'got \[77\] of \[8, 9\]'):
        hold_out_groups(train, [77])


def test_hold_out_groups_needs_groups(tmp_path):
    train = read_split(make_hmdb51(tmp_path / 'data'), 1).train
    with pytest.raises(ValueError, match=r'got 2 of 2 without one, .*hold_out_fraction'):
        hold_out_groups(train, [1])


def videos(sizes, group_size=None):
    """Make so many videos of each class, with groups of a size or without."""
    return tuple(
        LabelledVideo(Path(f'/data/{label}/video {i}.avi'), label,
                      None if group_size is None else i // group_size)
        for label, size in enumerate(sizes) for i in range(size))


@pytest.mark.parametrize(('sizes', 'fraction', 'expected'), [
    ((10, 20, 40), 0.2, (2, 4, 8)),
    ((10, 20, 40), 0.5, (5, 10, 20)),
    ((10, 2, 1), 0.2, (2, 1, 0)),
    ((10, 3, 2), 0.01, (1, 1, 1)),
    ((10, 3, 2), 0.99, (9, 2, 1)),
])
def test_hold_out_fraction_takes_its_share_of_each_class(sizes, fraction, expected):
    everything = videos(sizes)
    kept, held = hold_out_fraction(everything, fraction, seed=3)
    assert tuple(sum(v.label == i for v in held) for i in range(len(sizes))) == expected
    assert sorted(kept + held, key=everything.index) == list(everything)
    assert list(kept) == sorted(kept, key=everything.index)


def test_hold_out_fraction_depends_on_seed_and_names_only():
    everything = videos((30, 30))
    _, held = hold_out_fraction(everything, 0.3, seed=1)
    _, of_reversed = hold_out_fraction(everything[::-1], 0.3, seed=1)
    _, of_another_seed = hold_out_fraction(everything, 0.3, seed=2)
    moved = tuple(
        LabelledVideo(Path('/other') / v.path.with_suffix('.mp4').name, v.label, None)
        for v in everything)
    _, of_moved = hold_out_fraction(moved, 0.3, seed=1)
    assert of_reversed == held[::-1]
    assert [(v.label, v.path.stem) for v in of_moved] == [(v.label, v.path.stem) for v in held]
    assert set(of_another_seed) != set(held)
    assert {v.path.stem for v in held if v.label == 0} != {
        v.path.stem for v in held if v.label == 1}


def test_hold_out_fraction_keeps_groups_whole():
    kept, held = hold_out_fraction(videos((20, 20), group_size=4), 0.4, seed=0)
    assert not {(v.label, v.group) for v in kept} & {(v.label, v.group) for v in held}
    assert [sum(v.label == i for v in held) for i in (0, 1)] == [8, 8]


@pytest.mark.parametrize(('sizes', 'fraction', 'words'), [
    ((5,), 0.0, r'fraction: expected a number in \(0, 1\), got 0.0'),
    ((5,), 1.0, 'got 1.0'),
    ((5,), float('nan'), 'got nan'),
    ((1, 1), 0.5, 'got 2 videos, each alone in its class'),
    ((), 0.5, 'got 0 videos'),
])
def test_hold_out_fraction_refuses(sizes, fraction, words):
    with pytest.raises(ValueError, match=words):
        hold_out_fraction(videos(sizes), fraction, seed=0)
