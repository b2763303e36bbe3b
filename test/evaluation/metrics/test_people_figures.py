# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Figures of people on hand-made tracks, computed by hand."""

from dataclasses import replace

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.metrics.figure import PEOPLE_FIGURES
from imrs_ros.evaluation.metrics.intervals import intervals, same_units
from imrs_ros.evaluation.metrics.people_figures import label_right, people_figures, people_units
from imrs_ros.records import NO_ACTION
import pytest
from sample_people import LEFT, person_track
from sample_recordings import SEC, segment

N = NO_ACTION


def decided(track):
    return [(d.start_ns / 1e9, d.end_ns / 1e9, d.label) for d in track.decided]


def test_known_figures_of_three_people():
    # 10 s each, a window each second; labels settle after 1 s.
    ann = person_track([N, N, 'wave', 'wave', 'wave', N, N, N, N, N], [segment(1, 5, 'wave')])
    # Found late, and a false action from 8 s on.
    bob = person_track([N, N, N, N, 'fall', N, N, N, 'lift', N], [segment(2, 6, 'fall')],
                       name='bob', numbers=[0] * 4 + [1] * 6)
    # Never found, and there for 6 s only.
    eve = person_track([N] * 6, [segment(1, 3, 'lift')], name='eve', seen_sec=(0, 6),
                       duration_sec=10)
    stray = person_track([N, 'wave', N], (), name='9', is_annotated=False, numbers=[7] * 3,
                         duration_sec=10)
    found = people_figures([ann, bob, eve, stray])
    assert list(found) == [figure.name for figure in PEOPLE_FIGURES]
    assert found['num_people'] == 3
    # Two appearances in these cameras, 0 and 1, are annotated people's, and 7 is nobody's.
    assert (found['num_followed'], found['num_unmatched']) == (3, 1)
    assert (found['num_actions'], found['num_found'], found['recall']) == (3, 2, 0.6667)
    # Delays of 1 s and 2 s.
    assert found['delay_median_sec'] == 1.5
    # bob's lift and the stray wave, over ann's 1 + 4 s, bob's 2 + 3 s, and eve's 1 + 2 s.
    assert found['false_actions'] == 2
    assert found['false_per_min'] == round(60 * 2 / 13, 4)
    # Right: wave (3 of 4 s), fall (1 of 4 s); decided: 4; annotated: 3.
    assert found['f1@25'] == round(2 * 2 / (4 + 3), 4)
    assert (found['id_switches'], found['id_switches_per_min']) == (1, round(60 / 26, 4))
    assert found['num_people_windows'] == 29


def test_accuracy_of_whole_actions():
    track = person_track([N, N, 'wave', 'fall', 'fall', 'wave'], scores=[
        [0.9, 0, 0], [0.1, 0.2, 0], [0.3, 0.2, 0], [0.1, 0.5, 0], [0.1, 0.5, 0], [0.9, 0, 0]])
    assert label_right(track, segment(1, 5, 'fall')) == (True, True)
    # By the mean, wave: 0.9 / 2 from 0 to 2 s; nothing is decided.
    assert label_right(track, segment(0, 2, 'wave')) == (True, False)
    # One of each is decided.
    assert label_right(track, segment(2, 4, 'fall')) == (True, False)
    assert label_right(track, segment(2, 4, 'wave')) == (False, False)
    assert label_right(track, segment(7, 8, 'wave')) == (False, False)
    judged = person_track([N, 'wave'], [segment(0, 2, 'wave'), segment(3, 4, 'fall')])
    found = people_figures([judged])
    assert (found['video_accuracy'], found['decided_accuracy']) == (0.5, 0.5)


def test_what_somebody_did_ends_when_they_leave():
    labels = ['wave', 'wave', N, 'fall']
    stays = person_track(labels, duration_sec=20)
    assert decided(stays) == [(0, 2, 'wave'), (3, 13, 'fall')]
    left = person_track(labels, duration_sec=20, departed=[0])
    assert decided(left) == [(0, 2, 'wave'), (3, pytest.approx(3, abs=1e-6), 'fall')]
    assert len(left.decided) == 2


def test_somebody_else_who_takes_over_starts_anew():
    track = person_track(['wave', 'wave', 'wave', N], numbers=[3, 3, 5, 5], departed=[3])
    assert decided(track) == [(0, pytest.approx(1, abs=1e-6), 'wave'), (2, 3, 'wave')]
    track = person_track(['wave', 'wave', 'wave', N], numbers=[3, 3, 5, 5])
    assert decided(track) == [(0, 2, 'wave'), (2, 3, 'wave')]
    assert track.num_switches == 1
    # After the person left, nothing is a switch.
    assert person_track([N] * 4, numbers=[3, 3, 5, 5], seen_sec=(0, 2)).num_switches == 0


def test_background_is_the_time_in_which_the_person_is_there():
    track = person_track([N] * 20, [segment(5, 8, 'wave')], seen_sec=(2, 15))
    assert track.background == [(2 * SEC, 5 * SEC), (9 * SEC, 15 * SEC)]
    other = person_track([N, 'wave', N, 'fall'], (), is_annotated=False)
    assert other.background == [(SEC, SEC + 1), (3 * SEC, 3 * SEC + 1)]
    assert people_figures([track, other])['false_actions'] == 2


def test_excused_actions_of_others_are_neither_right_nor_wrong():
    ann = person_track(['wave', N, N, N], [segment(0, 1, 'wave')])
    stray = person_track(['wave', N, 'fall', N], (), is_annotated=False, numbers=[7] * 4)
    plain = people_figures([ann, stray])
    assert (plain['false_actions'], plain['f1@25']) == (2, 0.5)
    waves, = ann.annotated
    excused = replace(stray, annotated_people=(
        AnnotatedPerson('ann', (waves,), ((waves, LEFT),), ann.seen),))
    found = people_figures([ann, excused])
    assert (found['false_actions'], found['f1@25']) == (1, 0.6667)
    assert [d.label for d in excused.judged.decided] == ['fall']
    assert [d.label for d in excused.decided] == ['wave', 'fall']
    assert excused.background == [(2 * SEC, 2 * SEC + 1)]
    assert people_units([ann, excused]).total.sums['num_decided'].sum() == 2


def test_people_without_windows_are_missed():
    found = people_figures([person_track([], [segment(1, 2, 'wave')], duration_sec=10)])
    assert (found['num_actions'], found['num_found'], found['num_followed']) == (1, 0, 0)
    assert found['video_accuracy'] == 0


def test_without_annotations_only_people_are_counted():
    found = people_figures([person_track(['wave'], None, is_annotated=False)])
    assert (found['num_followed'], found['num_people_windows'], found['num_people']) == (1, 1, 0)
    assert found['num_unmatched'] == 0
    assert found['recall'] is None
    assert found['video_accuracy'] is None
    assert people_figures([])['num_followed'] == 0


def test_units_are_the_same_whoever_was_followed():
    ann = person_track(['wave'] * 10, [segment(1, 5, 'wave')])
    bob = person_track([N] * 10, [segment(2, 6, 'fall')], name='bob')
    stray = person_track([N, 'wave', 'fall'], (), name='9', is_annotated=False, duration_sec=10)
    alone, crowd = people_units([ann, bob]), people_units([ann, bob, stray, stray])
    assert same_units(alone, crowd) is not None
    assert len(alone.keys) == 5
    assert alone.total.sums['false_actions'].sum() == 1
    assert crowd.total.sums['false_actions'].sum() == 5
    # Strangers have no background of their own.
    assert crowd.total.sums['background_sec'].sum() == pytest.approx(
        alone.total.sums['background_sec'].sum(), abs=1e-6)
    found = people_figures([ann, bob, stray, stray])
    limits = intervals(crowd)['']
    for name in ('recall', 'f1@25', 'false_per_min'):
        low, high = limits[name]
        assert low <= found[name] <= high
    # The sums give the figures.
    sums = {name: sums_U.sum() for name, sums_U in crowd.total.sums.items()}
    assert 60 * sums['false_actions'] / sums['background_sec'] == pytest.approx(
        found['false_per_min'], abs=1e-3)
    assert 2 * sums['right@25'] / (sums['num_decided'] + sums['num_actions']) == pytest.approx(
        found['f1@25'], abs=1e-4)


def test_every_figure_is_documented(root):
    guide = (root / 'docs' / 'evaluate_your_robot.md').read_text()
    assert [row.name for row in PEOPLE_FIGURES if f'`{row.name}`' not in guide] == []


def test_cameras_are_kept_apart():
    front = person_track(['wave'], [segment(0, 1, 'wave')])
    rear = person_track(['wave'], [segment(0, 1, 'wave')], camera='walk /rear')
    assert people_figures([front, rear])['num_followed'] == 2
    assert len(people_units([front, rear]).keys) == 4
