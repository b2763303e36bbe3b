# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Labels decided from scores over time: each rule alone, then all together."""

from dataclasses import replace

from hypothesis import given, settings, strategies as st
from imrs_ros.decision import DecisionFilter, softmax
from imrs_ros.records import Event, NO_ACTION, Scores
from imrs_ros.settings import DecisionSettings, MIN_THRESHOLD, OperatingPoint, SettingsError
import numpy as np
import pytest

LABELS = ('wave', 'fall')
PLAIN = {'smoothing_sec': 0.0, 'min_duration_sec': 0.0, 'enter_threshold': 0.6,
         'leave_threshold': 0.4}


def scores(stamp_sec, p_wave):
    """Return two-class scores whose first probability is ``p_wave``."""
    logits = np.array([np.log(p_wave), np.log(1 - p_wave)], np.float32)
    return Scores('camera', round(stamp_sec * 1e9), 'frame', logits)


def run(steps, **changes):
    decision_filter = DecisionFilter(LABELS, 1.0, DecisionSettings(**{**PLAIN, **changes}))
    return [decision_filter.update(scores(t, p)) for t, p in steps]


def test_softmax_applies_the_temperature():
    logits = np.array([2.0, 0.0], np.float32)
    assert softmax(logits, 1.0)[0] == pytest.approx(1 / (1 + np.exp(-2)))
    assert softmax(logits, 2.0)[0] == pytest.approx(1 / (1 + np.exp(-1)))
    assert softmax(np.array([1e4, -1e4], np.float32), 1.0).tolist() == [1.0, 0.0]
    both = np.array([[2.0, 0.0], [0.0, 6.0]], np.float32)
    assert softmax(both, 2.0).tolist() == [softmax(row, 2.0).tolist() for row in both]


def test_hysteresis_enters_high_and_leaves_low():
    decisions = run([(1, .5), (2, .59), (3, .61), (4, .45), (5, .41), (6, .55), (7, .5)])
    assert [d.label for d in decisions] == [
        NO_ACTION, NO_ACTION, 'wave', 'wave', 'wave', 'wave', 'wave']
    assert [d.event for d in decisions] == [
        Event.NONE, Event.NONE, Event.ONSET] + 4 * [Event.NONE]


def test_a_probability_on_a_threshold_is_above_it():
    """0.5 is exact: both logits are equal."""
    assert run([(1, .5)], enter_threshold=.5)[0].label == 'wave'
    assert [d.label for d in run([(1, .9), (2, .5)], enter_threshold=.8, leave_threshold=.5)] == [
        'wave', 'wave']


def test_no_action_between_the_two_thresholds():
    decisions = run([(1, .7), (2, .45), (3, .45)], leave_threshold=.5)
    assert [d.label for d in decisions] == ['wave', NO_ACTION, NO_ACTION]
    assert [d.event for d in decisions] == [Event.ONSET, Event.OFFSET, Event.NONE]


def test_change_between_actions_is_one_event():
    decisions = run([(1, .9), (2, .1)])
    assert [(d.label, d.event) for d in decisions] == [
        ('wave', Event.ONSET), ('fall', Event.CHANGE)]


def test_min_duration_delays_and_keeps_the_onset():
    decisions = run([(1.0, .5), (1.1, .9), (1.2, .9), (1.35, .9)], min_duration_sec=.2)
    assert [d.label for d in decisions] == [NO_ACTION, NO_ACTION, NO_ACTION, 'wave']
    assert decisions[-1].onset_ns == 1_100_000_000


@pytest.mark.parametrize(('last_sec', 'label'), [(1.1999, NO_ACTION), (1.2, 'wave')])
def test_an_action_is_decided_after_exactly_the_min_duration(last_sec, label):
    assert run([(1.0, .9), (last_sec, .9)], min_duration_sec=.2)[-1].label == label


def test_interrupted_candidate_restarts():
    steps = [(1.0, .9), (1.1, .5), (1.2, .9), (1.3, .9)]
    assert [d.label for d in run(steps, min_duration_sec=.15)] == 4 * [NO_ACTION]


def test_smoothing_depends_on_time_not_on_the_number_of_windows():
    few = run([(0.0, .5), (1.0, .9)], smoothing_sec=0.5)[-1]
    many = run([(0.0, .5), *((i / 10, .9) for i in range(1, 11))], smoothing_sec=0.5)[-1]
    expected = .5 + .4 * (1 - np.exp(-2))
    assert few.confidence == pytest.approx(expected, abs=1e-5)
    assert many.confidence == pytest.approx(expected, abs=1e-5)


def test_reset_discards_scores_and_ends_the_action():
    decision_filter = DecisionFilter(LABELS, 1.0, DecisionSettings(**PLAIN))
    assert decision_filter.update(scores(1, .9)).label == 'wave'
    decision_filter.reset()
    after = decision_filter.update(scores(0.1, .55))
    assert (after.label, after.event) == (NO_ACTION, Event.OFFSET)
    assert after.confidence == pytest.approx(.45)


def test_new_epoch_discards_scores_and_action_without_an_event():
    decision_filter = DecisionFilter(LABELS, 1.0, DecisionSettings(**PLAIN))
    assert decision_filter.update(scores(1, .9)).label == 'wave'
    after = decision_filter.update(replace(scores(2, .5), epoch=1))
    assert (after.label, after.event) == (NO_ACTION, Event.NONE)
    again = decision_filter.update(replace(scores(3, .9), epoch=2))
    assert (again.label, again.event, again.onset_ns) == ('wave', Event.ONSET, 3_000_000_000)


@given(st.lists(st.tuples(st.floats(0.01, 1.0), st.floats(0.01, 0.99)), max_size=40))
@settings(deadline=None)
def test_events_match_the_changes_of_label(steps):
    times = np.cumsum([step for step, _ in steps])
    before = NO_ACTION
    for decision in run(list(zip(times, [p for _, p in steps])), smoothing_sec=.3,
                        min_duration_sec=.2):
        assert (decision.event is Event.NONE) == (decision.label == before)
        assert decision.onset_ns <= decision.scores.stamp_ns
        assert 0 <= decision.confidence <= 1
        assert decision.probabilities_K.sum() == pytest.approx(1, abs=1e-5)
        before = decision.label


@pytest.mark.parametrize(('name', 'value'), [
    ('smoothing_sec', -1.0), ('min_duration_sec', -0.1), ('enter_threshold', 0.0005),
    ('enter_threshold', 1.0), ('enter_threshold', 1.5), ('leave_threshold', 0.0005),
    ('leave_threshold', 0.7), ('leave_threshold', float('nan')),
    ('class_thresholds', {'wave': 1e-320}), ('class_thresholds', {'wave': 1.0})])
def test_invalid_settings_are_reported(name, value):
    with pytest.raises(ValueError, match=name):
        DecisionSettings(**{**PLAIN, name: value})


def test_only_enabled_classes_are_decided():
    assert [d.label for d in run([(1, .9), (2, .1)], enabled_classes=('fall',))] == [
        NO_ACTION, 'fall']


def test_class_with_its_own_threshold():
    steps = [(1, .7), (2, .1), (3, .75), (4, .55), (5, .52)]
    own = {'class_thresholds': {'wave': .75}}
    # Left at the same fraction of it, 2/3, as any other class.
    assert [d.label for d in run(steps, enter_threshold=.6, leave_threshold=.4, **own)] == [
        NO_ACTION, 'fall', 'wave', 'wave', 'wave']
    assert run([*steps, (6, .49)], enter_threshold=.6, leave_threshold=.4, **own)[-1].label == (
        NO_ACTION)


@pytest.mark.parametrize('leave_threshold', [PLAIN['leave_threshold'], MIN_THRESHOLD])
def test_still_scene_ends_the_action(leave_threshold):
    decision_filter = DecisionFilter(
        LABELS, 1.0, DecisionSettings(**{**PLAIN, 'leave_threshold': leave_threshold}))
    assert decision_filter.update(scores(1, .9)).label == 'wave'
    still = decision_filter.update(replace(scores(2, .9), logits_L=None))
    assert (still.label, still.event, still.confidence) == (NO_ACTION, Event.OFFSET, 1.0)
    assert still.probabilities_K.tolist() == [0, 0]


def test_settings_change_between_windows():
    decision_filter = DecisionFilter(LABELS, 1.0, DecisionSettings(**PLAIN))
    assert decision_filter.update(scores(1, .55)).label == NO_ACTION
    decision_filter.change(DecisionSettings(**{**PLAIN, 'enter_threshold': .52}))
    assert decision_filter.update(scores(2, .55)).label == 'wave'
    with pytest.raises(SettingsError, match='enabled_classes must name classes of the model, '
                                            'wave, fall; got jump'):
        decision_filter.change(DecisionSettings(**PLAIN, enabled_classes=('jump',)))
    assert decision_filter.update(scores(3, .5)).label == 'wave'


def test_the_logit_of_none_takes_its_share():
    settings = DecisionSettings(smoothing_sec=0.0, min_duration_sec=0.0, enter_threshold=0.5)
    decision_filter = DecisionFilter(('wave', 'fall'), 1.0, settings)

    def decide(stamp_ns, *shares):
        return decision_filter.update(
            Scores('front', stamp_ns, '', np.log(shares).astype(np.float32)))
    decision = decide(1, 0.3, 0.1, 0.6)
    assert decision.probabilities_K == pytest.approx([0.3, 0.1])
    assert (decision.label, decision.confidence) == (NO_ACTION, pytest.approx(0.7))
    assert decide(2, 0.6, 0.1, 0.3).label == 'wave'


def test_thresholds_left_out_are_the_models():
    point = OperatingPoint(enter_threshold=0.7, leave_threshold=0.35,
                           class_thresholds={'fall': 0.4})
    timing = {'smoothing_sec': 0.0, 'min_duration_sec': 0.0}

    def label(shares, **given):
        decision_filter = DecisionFilter(
            ('wave', 'fall'), 1.0, DecisionSettings(**timing, **given), point)
        return decision_filter.update(
            Scores('front', 1, '', np.log(shares).astype(np.float32))).label
    assert label([0.69, 0.31]) == NO_ACTION
    assert label([0.71, 0.29]) == 'wave'
    assert label([0.59, 0.41]) == 'fall'
    assert label([0.59, 0.41], enter_threshold=0.5) == 'wave'
    assert label([0.45, 0.41, 0.14], enter_threshold=0.5) == NO_ACTION
    assert label([0.45, 0.41, 0.14], class_thresholds={'wave': 0.44}) == 'wave'
    assert DecisionSettings(enter_threshold=MIN_THRESHOLD).at(point).leave_threshold == (
        MIN_THRESHOLD)
    with pytest.raises(ValueError, match=r'leave_threshold must be in .*0\.7'):
        label([0.5, 0.5], leave_threshold=0.8)
