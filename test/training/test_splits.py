"""UCF101's split files: parsed right, leaks and gaps named."""

import shutil

import pytest
from training.splits import hold_out_groups, read_labels, read_split


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
    assert sizes == [(919, 366), (923, 362), (940, 345)] or all(sum(s) == 1285 for s in sizes)


def test_hold_out_groups(synthetic_data):
    train = read_split(synthetic_data, 1).train
    kept, held = hold_out_groups(train, [9])
    assert {v.group for v in kept} == {8}
    assert {v.group for v in held} == {9}
    with pytest.raises(ValueError, match=r'got \[77\] of \[8, 9\]'):
        hold_out_groups(train, [77])


@pytest.fixture
def copied(synthetic_data, tmp_path):
    return shutil.copytree(synthetic_data, tmp_path / 'copy')


@pytest.mark.parametrize(('line', 'error', 'words'), [
    ('Left/v_Left_g08_c01.avi', ValueError, 'one group must not stand in both'),
    ('Jump/v_Jump_g01_c01.avi', ValueError, 'line 5.*Class one of'),
    ('Left/v_Left_g30_c01.avi', FileNotFoundError, 'v_Left_g30_c01: expected a video'),
    ('no slash', ValueError, 'line 5'),
])
def test_wrong_lines_are_named(copied, line, error, words):
    with (copied / 'splits' / 'testlist01.txt').open('a') as file:
        file.write(line + '\n')
    with pytest.raises(error, match=words):
        read_split(copied, 1)


def test_wrong_class_index_is_named(tmp_path):
    path = tmp_path / 'classInd.txt'
    path.write_text('0 Left\n1 Right\n')
    with pytest.raises(ValueError, match='ids from 1'):
        read_labels(path)
