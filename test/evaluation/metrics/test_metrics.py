# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Figures against cases by hand, independent implementations, and invariants."""

from dataclasses import replace
import math

from hypothesis import given, settings, strategies as st
from imrs_ros.evaluation.ground_truth.segment import gaps, runs
from imrs_ros.evaluation.metrics.event_metrics import (
    background_sec, changes_ns, delays_ns, false_actions, match_events)
from imrs_ros.evaluation.metrics.figure import (
    CLASS_FIGURES, Figure, FIGURES, format_figure, LIVE_FIGURES, round_figure, TRACK_FIGURES)
from imrs_ros.evaluation.metrics.figures import figures, per_class
from imrs_ros.evaluation.metrics.frame_metrics import (
    accuracy, average_precision, confusion, no_action_auroc)
from imrs_ros.evaluation.metrics.segment_metrics import edit_score, ious, match, Matches
from imrs_ros.evaluation.metrics.track import DecidedAction
from imrs_ros.records import NO_ACTION
import numpy as np
import pytest
from sample_recordings import SEC, segment, track

NONE = NO_ACTION
LABELS = ('wave', 'fall', 'lift')


def seconds(segments):
    return [(s.start_ns / SEC, s.end_ns / SEC, s.label) for s in segments]


def test_runs_join_labels_and_end_where_windows_do():
    labels = [NONE, 'wave', 'wave', 'fall', NONE, 'wave']
    times = [0, 1, 2, 3, 4, 9]
    assert seconds(runs([t * SEC for t in times], labels, 10 * SEC)) == [
        (1, 3, 'wave'), (3, 4, 'fall'), (9, 10, 'wave')]
    # A label lasts two seconds without a window, and starts again after a longer gap.
    assert seconds(runs([0, SEC, 5 * SEC], ['wave'] * 3, 20 * SEC, 2 * SEC)) == [
        (0, 3, 'wave'), (5, 7, 'wave')]


def test_gaps_leave_out_what_follows_an_action():
    annotated = [segment(2, 4, 'wave'), segment(4.5, 6, 'fall')]
    assert gaps(annotated, 10 * SEC, SEC) == [(0, 2 * SEC), (7 * SEC, 10 * SEC)]


def test_a_case_counted_by_hand():
    # Windows every second. Annotated: waving 2 to 6, falling 10 to 14.
    one = track([NONE, 'wave', NONE, NONE, 'wave', 'wave', 'wave', NONE, NONE, 'lift', 'lift',
                 'fall', 'fall', 'fall', NONE, 'fall'],
                [segment(2, 6, 'wave'), segment(10, 14, 'fall')])
    assert seconds(one.decided) == [
        (1, 2, 'wave'), (4, 7, 'wave'), (9, 11, 'lift'), (11, 14, 'fall'), (15, 16, 'fall')]
    assert accuracy([one]) == 9 / 16
    # Unsettled are the windows at 2, 6, 10 and 14 s, of which 14 is right.
    assert accuracy([one], settled=True) == 8 / 12
    assert [delay and delay / SEC for _, delay in delays_ns(one)] == [2, 1]
    # Unlabelled and settled: 0 to 2, 7 to 10, 15 to 16 s; actions begin at 1, 9 and 15.
    assert background_sec(one) == 6
    assert len(false_actions(one)) == 3
    found = figures([one])
    assert found['false_per_min'] == 30
    # Of these 6 s, an action was decided from 1 to 2, 9 to 10 and 15 to 16 s.
    assert found['false_time_share'] == 0.5
    assert (found['num_actions'], found['num_found']) == (2, 2)
    assert found['delay_median_sec'] == 1.5
    assert found['delay_p95_sec'] == 1.95
    assert sorted(changes_ns(one)) == [t * SEC for t in (1, 2, 4, 7, 9, 11, 14, 15)]
    assert found['changes_per_min'] == 30
    # Overlaps: waving 2 of 5 s, falling 3 of 4 s; three others are wrong.
    assert match(one.decided, one.annotated, 0.4) == Matches(2, 3, 0)
    assert match(one.decided, one.annotated, 0.5) == Matches(1, 4, 1)
    assert found['f1@25'] == round(4 / 7, 4)
    assert found['f1@50'] == round(2 / 7, 4)
    # wave wave lift fall fall against wave fall: three are too many.
    assert edit_score(one.decided, one.annotated) == pytest.approx(1 - 3 / 5)
    assert confusion([one], [*LABELS, NONE])[1] == [0, 3, 1, 0]
    assert per_class([one])['lift']['false_actions'] == 1


def test_only_classes_that_occur_have_figures_each_with_its_median():
    # The wave from 0 to 5 s is known after 1 s, that from 6 to 10 s after 3 s.
    one = track([NONE, 'wave', 'wave', 'wave', 'wave', NONE, NONE, NONE, NONE, 'wave'],
                [segment(0, 5, 'wave'), segment(6, 10, 'wave')])
    assert list(per_class([one])) == ['wave']
    assert per_class([one])['wave']['delay_median_sec'] == 2.0
    decided_only = track([NONE, 'lift'], [segment(0, 1, 'wave')])
    assert list(per_class([decided_only])) == ['wave', 'lift']
    assert per_class([]) == {}


def test_decisions_at_the_edges_of_an_action():
    annotated = [segment(2, 4, 'wave')]
    after, before, start = (track(labels, annotated, settle_sec=0.0) for labels in (
        [NONE, NONE, NONE, NONE, 'wave', 'wave'], ['wave', 'wave', NONE, NONE, NONE, NONE],
        [NONE, NONE, 'wave', 'wave', NONE, NONE]))
    assert [delays_ns(one)[0][1] for one in (after, before, start)] == [None, None, 0]
    assert [len(false_actions(one)) for one in (after, before, start)] == [1, 1, 0]


def test_an_action_decided_in_its_last_nanosecond_is_found():
    one = track([NONE, 'wave', 'wave'], [segment(0, 2, 'wave')])
    known_N = np.array([0, 2 * SEC - 1, 2 * SEC])
    assert delays_ns(replace(one, known_N=known_N))[0][1] == 2 * SEC - 1


def test_decisions_that_are_known_at_once():
    one = replace(track(['wave', 'fall', NONE]), known_N=np.array([0, 0, SEC]))
    assert [(action.label, action.confidence) for action in one.decided] == [
        ('wave', 0.9), ('fall', 0.9)]


@pytest.mark.parametrize('percent', [10, 25, 30, 50, 70])
@pytest.mark.parametrize(('less_sec', 'expected'), [(0.0, 1.0), (0.1, 0.0)])
def test_an_overlap_of_exactly_what_is_asked_for_counts(percent, less_sec, expected):
    num_right = round((percent - less_sec) * 10)
    one = track(['wave'] * num_right + [NONE] * (1000 - num_right), [segment(0, 100, 'wave')],
                period_sec=0.1)
    found = figures([one])
    names = {f'f1@{percent}', f'event_precision@{percent}', f'event_recall@{percent}'}
    assert names & set(found)
    assert {found[name] for name in names & set(found)} == {expected}


def test_segments_without_a_length_overlap_by_nothing():
    assert ious([segment(1, 1, 'wave')], [segment(1, 1, 'wave')]).tolist() == [[0.0]]


def test_no_windows_are_counted_as_none():
    assert confusion([], ['wave', NONE]) == [[0, 0], [0, 0]]


def test_an_action_decided_twice_counts_once():
    annotated = [segment(0, 10, 'wave')]
    decided = [segment(0, 5, 'wave'), segment(5, 10, 'wave')]
    assert match(decided, annotated, 0.5) == Matches(1, 1, 0)


def test_events_are_matched_by_confidence_one_to_one():
    annotated = [segment(0, 4, 'wave'), segment(5, 9, 'wave')]
    decided = [DecidedAction(0, 5 * SEC, 'wave', 0.6), DecidedAction(SEC, 8 * SEC, 'wave', 0.9),
               DecidedAction(5 * SEC, 9 * SEC, 'fall', 0.8)]
    # The surest overlaps both by 3 of 8 s and takes the first, which the next would have fitted.
    assert match_events(decided, annotated, 0.3) == Matches(1, 2, 1)
    assert match_events(decided[:1], annotated, 0.8) == Matches(1, 0, 1)
    assert match_events(decided[2:], annotated, 0.3) == Matches(0, 1, 2)
    sure = [DecidedAction(0, 4 * SEC, 'wave', 0.5), DecidedAction(0, 3 * SEC, 'wave', 0.9)]
    assert match_events(sure, annotated[:1], 0.5) == Matches(1, 1, 0)


def test_the_confidence_of_an_action_is_its_greatest():
    one = replace(track([NONE, 'wave', 'wave', 'fall']), confidences_N=np.array([.9, .4, .7, .3]))
    assert [action.confidence for action in one.decided] == [0.7, 0.3]


def test_average_precision_by_hand_and_calibrated():
    # By rank of "wave": right, wrong, right, wrong, wrong, wrong.
    scores = [[s, 0, 0] for s in (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)]
    one = track(['wave'] * 6, [segment(0, 1, 'wave'), segment(2, 3, 'wave')], scores=scores)
    plain, calibrated = average_precision([one])['wave']
    assert plain == pytest.approx((1 + 2 / 3) / 2)
    # Four negatives, two positives: w = 2, precision at the third is 2 / (2 + 1/2).
    assert calibrated == pytest.approx((1 + 2 / 2.5) / 2)
    assert list(average_precision([one])) == ['wave']


def calibrated_by_the_paper(is_positive, scores):
    """Return cAP of De Geest et al. 2016, equations 1 and 2, as written there."""
    order = np.argsort(-scores, kind='stable')
    ratio = (~is_positive).sum() / is_positive.sum()
    total = num_right = num_wrong = 0
    for i in order:
        if is_positive[i]:
            num_right += 1
            total += num_right / (num_right + num_wrong / ratio)
        else:
            num_wrong += 1
    return total / is_positive.sum()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_calibrated_precision_is_that_of_the_paper(seed):
    rng = np.random.default_rng(seed)
    number = int(rng.integers(4, 40))
    first, second = sorted(rng.choice(np.arange(1, number), 2, replace=False))
    scores = rng.permutation(number)[:, None] / number * [1, 0, 0]
    one = track(['wave'] * number, [segment(first, second, 'wave')], scores=scores)
    is_positive = np.array([label == 'wave' for label in one.annotated_labels])
    assert average_precision([one])['wave'][1] == pytest.approx(
        calibrated_by_the_paper(is_positive, scores[:, 0].astype(np.float32)))


def test_auroc_counts_pairs():
    scores = [[0.9, 0, 0], [0.2, 0, 0], [0.5, 0, 0], [0.4, 0, 0]]
    one = track([NONE] * 4, [segment(0, 1, 'wave'), segment(3, 4, 'fall')], scores=scores)
    # Pairs of action (0.9, 0.4) and none (0.2, 0.5): three of four are in order.
    assert no_action_auroc([one]) == 0.75
    assert math.isnan(no_action_auroc([track([NONE] * 4)]))


def levenshtein(one, two):
    """Return the edit distance by its recursive definition."""
    if not one or not two:
        return len(one) + len(two)
    return min(levenshtein(one[1:], two) + 1, levenshtein(one, two[1:]) + 1,
               levenshtein(one[1:], two[1:]) + (one[0] != two[0]))


def f1_by_frames(decided, annotated, min_iou):
    """Count as the reference code of Lea et al. 2017: on labels of single frames."""
    def spans(labels):
        edges = [0, *(i for i in range(1, len(labels)) if labels[i] != labels[i - 1]), len(labels)]
        return [(a, b, labels[a]) for a, b in zip(edges, edges[1:]) if labels[a] != NONE]

    truth, used, num_right, num_wrong = spans(annotated), set(), 0, 0
    for start, end, label in spans(decided):
        ious = [(min(end, b) - max(start, a)) / (max(end, b) - min(start, a))
                if label == other and min(end, b) > max(start, a) else 0.0
                for a, b, other in truth]
        best = int(np.argmax(ious)) if ious else 0
        if ious and ious[best] >= min_iou and best not in used:
            used.add(best)
            num_right += 1
        else:
            num_wrong += 1
    return Matches(num_right, num_wrong, len(truth) - len(used))


label_lists = st.lists(st.sampled_from([NONE, *LABELS]), min_size=1, max_size=30)


def segments_of(labels):
    return runs([i * SEC for i in range(len(labels))], labels, len(labels) * SEC)


@given(st.lists(st.tuples(st.sampled_from([NONE, *LABELS]), st.sampled_from([NONE, *LABELS])),
                min_size=1, max_size=30), st.sampled_from([0.1, 0.25, 0.5]))
@settings(max_examples=80, deadline=None)
def test_segments_are_counted_as_by_the_reference(pairs, min_iou):
    decided, annotated = zip(*pairs)
    one = track(list(decided), segments_of(list(annotated)))
    assert match(one.decided, one.annotated, min_iou) == f1_by_frames(decided, annotated, min_iou)


@given(st.lists(st.sampled_from(LABELS), max_size=5),
       st.lists(st.sampled_from(LABELS), max_size=5))
@settings(max_examples=60, deadline=None)
def test_edit_score_is_the_distance_by_definition(one, two):
    # Segments with time between, so that equal neighbours stay two.
    made = [[segment(2 * i, 2 * i + 1, label) for i, label in enumerate(x)] for x in (one, two)]
    longest = max(len(one), len(two))
    expected = 1 - levenshtein(tuple(one), tuple(two)) / longest if longest else 1
    assert edit_score(*made) == pytest.approx(expected)


@given(label_lists.filter(lambda labels: any(x != NONE for x in labels)))
@settings(max_examples=50, deadline=None)
def test_a_perfect_prediction_gives_one(labels):
    found = figures([track(labels, segments_of(labels))])
    ones = [name for name in found if name.startswith(('f1', 'event'))] + [
        'frame_accuracy', 'mean_ap', 'calibrated_map', 'edit']
    assert {name: found[name] for name in ones} == dict.fromkeys(ones, 1.0)
    assert found['false_actions'] == found['delay_median_sec'] == 0
    assert found['num_found'] == found['num_actions']
    assert found['no_action_auroc'] == (1.0 if NONE in labels else None)


@given(label_lists, label_lists, st.integers(1, 10**6))
@settings(max_examples=50, deadline=None)
def test_a_shift_of_everything_changes_nothing(decided, annotated, shift_ms):
    number = min(len(decided), len(annotated))
    one = track(decided[:number], segments_of(annotated[:number]), first_sec=0.0)
    by_ns = shift_ms * 1_000_000
    # Time before the first window is left out of both: it would count as background.
    other = replace(
        one, times_N=one.times_N + by_ns, known_N=one.known_N + by_ns,
        duration_ns=one.duration_ns + by_ns,
        annotated=tuple(segment((s.start_ns + by_ns) / SEC, (s.end_ns + by_ns) / SEC, s.label)
                        for s in one.annotated))
    depends = {'false_per_min', 'false_time_share', 'changes_per_min', 'false_actions'}
    assert {k: v for k, v in figures([one]).items() if k not in depends} == {
        k: v for k, v in figures([other]).items() if k not in depends}


def test_figures_without_windows_actions_or_annotations_are_none_not_errors():
    for one in (track([NONE] * 3), track(['wave'] * 3, None), track([NONE], duration_sec=0.0)):
        found = figures([one])
        assert found['f1@25'] is None or found['f1@25'] == 0
        assert found['delay_median_sec'] is None
    assert figures([])['frame_accuracy'] is None
    assert figures([track(['wave'] * 3, None)])['frame_accuracy'] is None


def test_every_row_is_computed_and_documented(root):
    one = track(['wave', NONE], [segment(0, 1, 'wave')])
    assert list(figures([])) == list(figures([one])) == [row.name for row in TRACK_FIGURES]
    assert list(per_class([one])['wave']) == [row.name for row in CLASS_FIGURES]
    guide = (root / 'docs' / 'evaluate_your_robot.md').read_text()
    missing = {row.name for row in (*FIGURES.values(), *CLASS_FIGURES, *LIVE_FIGURES)
               if f'`{row.name}`' not in guide}
    assert not missing, 'each figure has its line in docs/evaluate_your_robot.md'
    assert FIGURES['event_recall@30'].words == 'event recall at tIoU 0.3'
    assert FIGURES['f1@25'].words == 'segmental F1 at 25 % overlap'


def test_improvements_and_rounding():
    higher, lower, neither = (Figure('x', 'x', '', way, '') for way in (
        'higher', 'lower', 'neither'))
    assert [f.improvement(1.0, 3.0) for f in (higher, lower, neither)] == [2.0, -2.0, 0.0]
    assert higher.improvement(None, 3.0) == higher.improvement(1.0, None) == 0.0
    assert [round_figure(value) for value in (7, 1 / 3, math.nan)] == [7, 0.3333, None]
    assert [format_figure(value) for value in (7, 0.3333, None)] == ['7', '0.333', '-']


def test_a_track_computes_once_and_a_changed_one_anew():
    one = track(['wave', NONE], [segment(0, 1, 'wave')])
    assert one.decided is one.decided
    assert one.annotated_labels is one.annotated_labels
    changed = replace(one, decided_labels=(NONE, 'wave'))
    assert [len(one.decided), seconds(changed.decided)] == [1, [(1, 2, 'wave')]]


def test_windows_settle_after_the_time_of_the_track():
    labels = [NONE, NONE, 'wave', 'wave', 'wave', 'wave', NONE, NONE]
    annotated = [segment(1, 4, 'wave')]
    short, long = (track(labels, annotated, settle_sec=sec) for sec in (1.0, 2.0))
    assert short.is_settled_N.tolist() == [True, False, True, True, False, True, True, True]
    assert long.is_settled_N.tolist() == [True, False, False, True, False, False, True, True]
    # Deciding from 2 to 6 s overruns by a second of background, or by none.
    assert [background_sec(one) for one in (short, long)] == [4.0, 3.0]
    assert [figures([one])['false_time_share'] for one in (short, long)] == [0.25, 0.0]


def test_overlaps_count_for_equal_labels_only():
    decided, annotated = [segment(0, 2, 'wave')], [segment(1, 3, 'wave'), segment(0, 2, 'fall')]
    assert ious(decided, annotated).tolist() == [[pytest.approx(1 / 3), 0.0]]


def test_delays_by_when_a_decision_was_known():
    one = track([NONE, 'wave', 'wave'], [segment(1, 3, 'wave')])
    late = replace(one, known_N=one.known_N + SEC // 2)
    assert delays_ns(one)[0][1] == 0
    assert delays_ns(late)[0][1] == SEC // 2
