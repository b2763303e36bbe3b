# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Units and the intervals drawn from them, against cases by hand and other computations."""

from dataclasses import replace
import json
import math

from hypothesis import given, settings, strategies as st
from imrs_ros.evaluation.ground_truth.segment import runs
from imrs_ros.evaluation.metrics.bootstrap import draws, NUM_DRAWS, percentiles, values
from imrs_ros.evaluation.metrics.count_units import count_units, divide
from imrs_ros.evaluation.metrics.figures import figures, per_class
from imrs_ros.evaluation.metrics.intervals import (
    difference_intervals, draw_values, intervals, same_units)
from imrs_ros.evaluation.metrics.units import Units
from imrs_ros.records import NO_ACTION
import numpy as np
import pytest
from sample_recordings import SEC, segment, track

NONE = NO_ACTION


def actions(found):
    """Return a track of one action every ten seconds, with a window each second."""
    labels, annotated = [], []
    for i, is_found in enumerate(found):
        labels += [NONE] * 6 + ['wave' if is_found else NONE] * 4
        annotated.append(segment(10 * i + 6, 10 * i + 10, 'wave'))
    return track(labels, annotated, settle_sec=0.0)


def units_of(*tracks):
    return count_units([('walk', tracks)])


def test_units_end_with_actions_and_long_background_is_cut():
    one = track([NONE] * 200, [segment(10, 20, 'wave'), segment(150, 155, 'fall')])
    assert [(s.start_ns / SEC, s.end_ns / SEC, s.label) for s in divide(one)] == [
        (0, 20, 'wave'), (20, 80, ''), (80, 140, ''), (140, 155, 'fall'), (155, 200, '')]
    assert [s.label for s in divide(track([NONE] * 90))] == ['', '']
    assert len(divide(track([], duration_sec=0.0))) == 1
    # Other windows settle later, and have the same units.
    assert divide(replace(one, settle_ns=5 * SEC)) == divide(one)


def test_a_case_counted_by_hand():
    # Windows every second. Annotated: waving 2 to 6, falling 10 to 14; the end is a unit, too.
    one = track([NONE, 'wave', NONE, NONE, 'wave', 'wave', 'wave', NONE, NONE, 'lift', 'lift',
                 'fall', 'fall', 'fall', NONE, 'fall'],
                [segment(2, 6, 'wave'), segment(10, 14, 'fall')])
    units = units_of(one)
    assert units.keys == [('walk', 0.0, 6.0, 'wave'), ('walk', 6.0, 14.0, 'fall'),
                          ('walk', 14.0, 16.0, '')]
    sums = {name: sums_U.tolist() for name, sums_U in units.total.sums.items()}
    assert sums['num_actions'] == sums['num_found'] == sums['right@25'] == [1, 1, 0]
    # Waving overlaps by 2 of 5 s.
    assert sums['right@50'] == [0, 1, 0]
    assert sums['num_decided'] == [2, 2, 1]
    assert sums['false_actions'] == [1, 1, 1]
    # Background: 0 to 2, 7 to 10, 15 to 16 s.
    assert sums['background_sec'] == [2, 3, 1]
    assert sums['false_sec'] == [1, 1, 1]
    assert sums['num_changes'] == [3, 3, 2]
    assert sums['duration_sec'] == [6, 8, 2]
    assert (sums['num_windows'], sums['num_right']) == ([6, 8, 2], [3, 5, 1])
    assert units.total.delays_sec.tolist() == [2, 1]
    assert units.total.delay_units.tolist() == [0, 1]
    assert list(units.by_class) == ['wave', 'fall', 'lift']
    assert units.by_class['fall'].sums['num_decided'].tolist() == [0, 1, 1]


label_lists = st.lists(st.sampled_from([NONE, 'wave', 'fall']), min_size=1, max_size=40)


def segments_of(labels):
    return runs([i * SEC for i in range(len(labels))], labels, len(labels) * SEC)


@given(label_lists, label_lists)
@settings(max_examples=60, deadline=None)
def test_every_unit_once_gives_the_figures_of_the_report(decided, annotated):
    number = min(len(decided), len(annotated))
    one = track(decided[:number], segments_of(annotated[:number]))
    tracks = [one, actions([True, False, True])]
    units = count_units([('one', tracks[:1]), ('two', tracks[1:])])
    weights = np.ones((1, len(units.keys)))
    for found, expected in ((values(units.total, weights), figures(tracks)),
                            *((values(counts, weights), per_class(tracks)[label])
                              for label, counts in units.by_class.items())):
        for name in found.keys() & expected.keys():
            wanted = math.nan if expected[name] is None else expected[name]
            assert found[name][0] == pytest.approx(wanted, abs=1e-4, nan_ok=True), name
    assert values(units.total, weights).keys() >= {'recall', 'f1@25', 'false_per_min'}


@given(st.lists(st.floats(0, 10), min_size=1, max_size=12), st.integers(0, 2**32 - 1),
       st.sampled_from([0, 50, 95, 100]))
@settings(max_examples=60, deadline=None)
def test_percentiles_are_those_of_repeated_delays(delays, seed, percent):
    delays_D = np.sort(delays)
    weights_BD = np.random.default_rng(seed).integers(0, 4, (5, len(delays))).astype(float)
    for found, weights_D in zip(percentiles(delays_D, weights_BD, percent), weights_BD):
        repeated = np.repeat(delays_D, weights_D.astype(int))
        expected = np.percentile(repeated, percent) if len(repeated) else math.nan
        assert found == pytest.approx(expected, nan_ok=True)


def test_the_interval_of_two_actions_by_hand():
    # Drawn twice of one found and one missed: none found in a quarter of the draws, both in
    # another. The limits of 95 % lie in these quarters.
    found = intervals(units_of(actions([True, False])))['']
    assert found['recall'] == [0.0, 1.0]
    assert found['num_found'] == [0, 2]
    values_B = draw_values(units_of(actions([True, False])))['']['recall']
    assert len(values_B) == NUM_DRAWS
    assert set(values_B) == {0.0, 0.5, 1.0}
    assert np.mean(values_B == 0.5) == pytest.approx(0.5, abs=0.05)


def test_no_more_actions_are_found_than_there_are():
    # Units of background alone are drawn as well, so that draws differ in their actions.
    one = actions([True] * 20)
    found = intervals(units_of(replace(one, duration_ns=one.duration_ns + 300 * SEC)))['']
    assert found['num_found'] == [20, 20]
    assert found['recall'] == [1.0, 1.0]
    low, high = intervals(units_of(actions([True] * 60 + [False] * 40)))['']['num_found']
    assert 40 < low < 60 < high < 80


def test_the_interval_of_many_actions_is_the_binomial_one():
    from scipy.stats import binom
    low, high = intervals(units_of(actions([True] * 60 + [False] * 40)))['']['recall']
    expected = binom.ppf((0.025, 0.975), 100, 0.6) / 100
    assert (low, high) == pytest.approx(tuple(expected), abs=0.011)


def test_the_same_seed_draws_the_same():
    units = units_of(actions([True, False, True]))
    assert intervals(units) == intervals(units)
    first, second = (np.concatenate(list(draws(3, seed))) for seed in (0, 1))
    assert first.shape == (NUM_DRAWS, 3)
    assert (first.sum(1) == 3).all()
    assert not np.array_equal(first, second)


def test_a_hundred_hours_are_drawn_in_parts_that_fit_into_memory():
    assert [len(part) for part in draws(20_000)] == [250] * 4


@given(st.lists(st.booleans(), min_size=2, max_size=30), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_every_interval_contains_its_figure(found, seed):
    one = actions(found)
    rng = np.random.default_rng(seed)
    labels = [label if label != NONE or rng.random() > 0.1 else 'fall'
              for label in one.decided_labels]
    one = replace(one, decided_labels=tuple(labels))
    measured = figures([one])
    for name, (low, high) in intervals(units_of(one))[''].items():
        if name in measured:
            assert low - 1e-4 <= measured[name] <= high + 1e-4, name


@pytest.mark.parametrize(('tracks', 'absent', 'present'), [
    ([], {'recall', 'false_per_min'}, set()),
    ([track([NONE] * 3, None)], {'recall', 'changes_per_min'}, set()),
    # No actions, in one minute and in two.
    ([track(['wave'] * 3)], {'recall', 'false_per_min', 'delay_median_sec'}, set()),
    ([track([NONE, 'wave'] * 60)], {'recall', 'delay_median_sec'}, {'false_per_min', 'f1@25'}),
    # A single action, and the background after it.
    ([track([NONE, 'wave', NONE], [segment(1, 2, 'wave')])], {'recall', 'delay_p95_sec'},
     {'frame_accuracy'}),
    # No background.
    ([track(['wave'] * 4, [segment(0, 2, 'wave'), segment(2, 4, 'wave')])], {'false_per_min'},
     {'recall', 'delay_median_sec'}),
    ([track([], [segment(0, 1, 'wave')], duration_sec=1.0)], {'frame_accuracy', 'recall'}, set()),
    # One recording without annotations: label changes count there, too.
    ([actions([True, False]), track(['wave'] * 3, None)], {'changes_per_min'}, {'recall'})])
def test_an_interval_needs_two_units_that_count(tracks, absent, present):
    found = intervals(units_of(*tracks)).get('', {})
    assert not absent & found.keys()
    assert found.keys() >= present


def test_cameras_that_saw_the_same_actions_share_units():
    one, other = actions([True, False]), actions([False, True])
    units = units_of(one, other)
    assert len(units.keys) == 2
    assert units.total.sums['num_actions'].tolist() == [2, 2]
    # Each unit was found by one of the two cameras.
    assert intervals(units)['']['recall'] == [0.5, 0.5]
    # Two recordings of one name stay two.
    assert len(count_units([('walk', [one]), ('walk', [other])]).keys) == 4


def test_units_survive_json():
    units = units_of(actions([True, False, True]))
    text = json.dumps(units.as_json(), allow_nan=False)
    again = Units.from_json(json.loads(text))
    assert again.keys == units.keys
    assert intervals(again) == intervals(units)
    wrong = {**units.as_json(), 'keys': []}
    with pytest.raises(ValueError, match='expected counts of 0 units, got others'):
        Units.from_json(wrong)


def test_paired_draws_leave_out_what_is_hard_for_both():
    before, after = [True, False] * 20, [True, False] * 18 + [True] * 4
    pair = [units_of(actions(found)) for found in (before, after)]
    low, high = difference_intervals(*pair)['']['recall']
    # Two of 40 more were found, in two units: never fewer, whichever are drawn.
    assert low == 0.0
    assert 0.05 < high < 0.15
    other = count_units([('run', [actions(after)])])
    assert same_units(pair[0], other) is None
    unpaired = difference_intervals(pair[0], other)['']['recall']
    assert unpaired[0] < -0.1
    assert unpaired[1] > 0.2


def test_units_in_another_order_are_paired_all_the_same():
    one, two = actions([True, False]), actions([False, False])
    first = count_units([('one', [one]), ('two', [two])])
    second = count_units([('two', [two]), ('one', [one])])
    assert same_units(first, second).tolist() == [2, 3, 0, 1]
    assert second.at(same_units(first, second)).keys == first.keys
    found = difference_intervals(first, second)
    assert {tuple(limits) for limits in found[''].values()} == {(0, 0)}
