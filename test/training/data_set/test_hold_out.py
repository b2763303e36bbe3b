# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Validation videos held out by group, or as a fraction of each class."""

from pathlib import Path

import pytest
from sample_data_sets import make_hmdb51
from training.data_set.hold_out import hold_out_fraction, hold_out_groups
from training.data_set.splits import LabelledVideo, read_split


def test_hold_out_groups(synthetic_data):
    train = read_split(synthetic_data, 1).train
    kept, held = hold_out_groups(train, [9])
    assert {v.group for v in kept} == {8}
    assert {v.group for v in held} == {9}
    with pytest.raises(ValueError, match=r"training videos, \[8, 9\], got \['77'\]; correct"):
        hold_out_groups(train, [9, 77])
    with pytest.raises(ValueError, match=r'got \[8, 9\] of \[8, 9\]'):
        hold_out_groups(train, [8, 9])


def test_hold_out_groups_needs_groups(tmp_path):
    train = read_split(make_hmdb51(tmp_path / 'data'), 1).train
    with pytest.raises(ValueError, match=r'got 2 of 2 without a group, .*validation_fraction'):
        hold_out_groups(train, [1])


def videos(sizes, group_size=None):
    """Return LabelledVideos, ``sizes`` of each class, in groups of ``group_size`` or without."""
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
def test_hold_out_fraction_takes_the_fraction_of_each_class(sizes, fraction, expected):
    everything = videos(sizes)
    kept, held = hold_out_fraction(everything, fraction, seed=3)
    assert tuple(sum(v.label == i for v in held) for i in range(len(sizes))) == expected
    assert sorted(kept + held, key=everything.index) == list(everything)
    assert list(kept) == sorted(kept, key=everything.index)


def test_hold_out_fraction_depends_on_seed_and_names_only():
    everything = videos((30, 30))
    _, held = hold_out_fraction(everything, 0.3, seed=1)
    _, held_reversed = hold_out_fraction(everything[::-1], 0.3, seed=1)
    _, held_other_seed = hold_out_fraction(everything, 0.3, seed=2)
    moved = tuple(
        LabelledVideo(Path('/other') / v.path.with_suffix('.mp4').name, v.label, None)
        for v in everything)
    _, held_moved = hold_out_fraction(moved, 0.3, seed=1)
    assert held_reversed == held[::-1]
    assert [(v.label, v.path.stem) for v in held_moved] == [(v.label, v.path.stem) for v in held]
    assert set(held_other_seed) != set(held)
    assert {v.path.stem for v in held if v.label == 0} != {
        v.path.stem for v in held if v.label == 1}


def test_hold_out_fraction_keeps_groups_whole():
    kept, held = hold_out_fraction(videos((20, 20), group_size=4), 0.4, seed=0)
    assert not {(v.label, v.group) for v in kept} & {(v.label, v.group) for v in held}
    assert [sum(v.label == i for v in held) for i in (0, 1)] == [8, 8]


@pytest.mark.parametrize(('sizes', 'fraction', 'message'), [
    ((5,), 0.0, r'fraction: expected a number in \(0, 1\), got 0.0'),
    ((5,), 1.0, 'got 1.0'),
    ((5,), float('nan'), 'got nan'),
    ((1, 1), 0.5, 'got 2 videos, each alone in its class'),
    ((), 0.5, 'got 0 videos'),
])
def test_hold_out_fraction_refuses(sizes, fraction, message):
    with pytest.raises(ValueError, match=message):
        hold_out_fraction(videos(sizes), fraction, seed=0)


def people(*names):
    """Return videos in class 0 and 1 by turns; each name is the group of its video."""
    return tuple(LabelledVideo(Path(f'/data/{i % 2}/video {i}.avi'), i % 2, name)
                 for i, name in enumerate(names))


@pytest.mark.parametrize('seed', range(8))
def test_groups_of_a_file_are_kept_whole_across_classes(seed):
    kept, held = hold_out_fraction(
        people('anna', 'anna', 'ben', 'cleo', 'ben', 'ben', 'cleo', 'cleo'), 0.3, seed)
    assert {video.group for video in held}.isdisjoint({video.group for video in kept})
    assert {video.label for video in kept} == {video.label for video in held} == {0, 1}


def test_a_group_is_never_held_out_if_a_class_would_be_empty():
    # Only ben is in class 1, and without anna's two videos class 0 still has his.
    for seed in range(8):
        kept, held = hold_out_fraction(people('anna', 'ben', 'anna', 'ben', 'ben'), 0.5, seed)
        assert {video.group for video in held} == {'anna'}
    with pytest.raises(ValueError, match='each alone in its class or tied to it by its group'):
        hold_out_fraction(people('anna', 'anna', 'anna', 'anna'), 0.5, 0)


def test_words_and_numbers_are_groups_to_hold_out():
    kept, held = hold_out_groups(people('anna', '7', 'ben', 'ben'), ['anna', 7])
    assert [video.group for video in held] == ['anna', '7']
    assert [video.group for video in kept] == ['ben', 'ben']
    with pytest.raises(ValueError, match=r"videos, \['7', 'anna', 'ben'\], got \['3', 'dan'\]"):
        hold_out_groups(people('anna', '7', 'ben', 'ben'), ['dan', 3])
