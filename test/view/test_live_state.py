# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What is known of recognizers as time passes, without ROS."""

import json
import math
import time

from imrs_ros.records import NO_ACTION
from imrs_ros.view.decision_log import DecisionLog, KEPT_SEC, MAX_KEPT
from imrs_ros.view.guarded import guarded
from imrs_ros.view.live_state import (
    FAULT_SEC, HealthEntry, LiveState, Picture, SeenPerson)
import pytest

NODE, NOW = '/recognizer', 1_700_000_000.0


@pytest.fixture
def state():
    state = LiveState(lambda: NOW)
    state.see_nodes({NODE: ['front']})
    return state


def camera(state):
    return state.snapshot()['nodes'][0]['cameras'][0]


def test_a_decision_lasts_from_its_onset_to_that_of_the_next():
    log = DecisionLog()
    log.add('', 'wave', 0.9, 10.0)
    log.add('ann', 'fall', 0.8, 11.0)
    log.add('', 'lift', 0.7, 12.0)
    log.add('', NO_ACTION, 1.0, 14.0)
    rows = [(row['who'], row['label'], row['start'], row['end']) for row in log.rows(20.0)]
    assert rows == [('', 'wave', 10.0, 12.0), ('ann', 'fall', 11.0, None),
                    ('', 'lift', 12.0, 14.0)]
    assert log.current('') is None
    assert log.current('ann').label == 'fall'
    log.end_all(21.0)
    assert [row['end'] for row in log.rows(22.0)] == [12.0, 21.0, 14.0]


def test_a_repeated_decision_is_one():
    log = DecisionLog()
    for _ in range(2):
        log.add('', 'wave', 0.9, 10.0)
    assert len(log.rows(11.0)) == 1


def test_old_decisions_are_forgotten_and_their_number_is_bounded():
    log = DecisionLog()
    for second in range(3 * MAX_KEPT):
        log.add('', f'action {second}', 0.5, second)
    assert len(log.rows(3 * MAX_KEPT)) <= KEPT_SEC + 1
    log = DecisionLog()
    for number in range(3 * MAX_KEPT):
        log.add('', f'action {number}', 0.5, number / 1000)
    assert len(log.rows(1.0)) == MAX_KEPT


def test_what_lasts_is_kept_in_a_crowd():
    log = DecisionLog()
    log.add('', 'wave', 0.9, 1.0)
    log.add('ann', 'fall', 0.9, 1.0)
    for number in range(3 * MAX_KEPT):
        log.add('bob', f'action {number}', 0.5, 2.0)
    assert log.current('').label == 'wave'
    assert log.current('ann').label == 'fall'
    # The whole picture's, even where nothing has ended.
    for number in range(3 * MAX_KEPT):
        log.add(f'person {number}', 'wave', 0.5, 2.0)
    assert log.current('').label == 'wave'
    assert log.current(f'person {3 * MAX_KEPT - 1}').label == 'wave'
    assert len(log.rows(3.0)) == MAX_KEPT


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_none_or_0(state, value):
    state.take_scores(NODE, 'front', NOW, [('wave', value), ('fall', 0.5)])
    state.take_action(NODE, 'front', '', 'wave', value, NOW)
    state.take_people(NODE, 'front', [
        SeenPerson('ann', (1.0, value, 2.0, 3.0), 'wave', value),
        SeenPerson('bob', (1.0, 2.0, 3.0, 4.0), 'wave', 0.5)])
    state.update_node(NODE, threshold=value, parameters={'enter_threshold': value, 'model': 'm'})
    json.dumps(state.snapshot(), allow_nan=False)
    shown, node = camera(state), state.snapshot()['nodes'][0]
    assert shown['scores'] == [['wave', 0.0], ['fall', 0.5]]
    assert (shown['label'], shown['score']) == ('wave', 0.0)
    assert shown['people'] == [['ann', 0.0, 0.0, 0.0, 0.0, 'wave', 0.0],
                               ['bob', 1.0, 2.0, 3.0, 4.0, 'wave', 0.5]]
    assert node['threshold'] is None
    assert node['parameters'] == {'enter_threshold': None, 'model': 'm'}


def test_an_exception_is_said_once_and_shown_for_a_while(state, monkeypatch, capsys):
    def fail(value):
        raise ValueError(f'no {value}')
    for _ in range(3):
        guarded(state, fail)('angle')
    assert capsys.readouterr().err == 'view: ValueError: no angle\n'
    state.say('no camera')
    assert state.snapshot()['notice'] == 'no camera; ValueError: no angle'
    later = time.monotonic() + FAULT_SEC
    monkeypatch.setattr(time, 'monotonic', lambda: later)
    assert state.snapshot()['notice'] == 'no camera'


def test_scores_are_shown_with_latency_until_they_are_stale(state, monkeypatch):
    state.take_scores(NODE, 'front', NOW - 0.125, [('wave', 0.75), ('fall', 0.125)])
    shown = camera(state)
    assert shown['scores'] == [['wave', 0.75], ['fall', 0.125]]
    assert shown['latency'] == 0.125
    assert shown['fresh']
    later = time.monotonic() + 3
    monkeypatch.setattr(time, 'monotonic', lambda: later)
    shown = camera(state)
    assert not shown['fresh']
    assert shown['scores'] == []
    assert shown['since_result'] == pytest.approx(3, abs=0.5)


def test_stamps_of_a_recording_are_shown_now_and_without_latency(state):
    state.take_scores(NODE, 'front', NOW - 1e6, [('wave', 0.75)])
    state.take_action(NODE, 'front', '', 'wave', 0.9, NOW - 1e6)
    shown = camera(state)
    assert shown['latency'] is None
    assert shown['decisions'][0]['start'] == NOW


def test_a_node_that_leaves_ends_its_actions_and_comes_back(state):
    state.take_action(NODE, 'front', '', 'wave', 0.9, NOW - 5)
    state.take_people(NODE, 'front', [SeenPerson('ann', (0, 0, 1, 1), 'wave', 0.5)])
    state.update_node(NODE, state='active')
    assert camera(state)['label'] == 'wave'
    state.see_nodes({})
    node = state.snapshot()['nodes'][0]
    assert (node['there'], node['state']) == (False, 'stopped')
    assert camera(state)['label'] == NO_ACTION
    assert camera(state)['people'] == []
    assert camera(state)['decisions'][0]['end'] == NOW
    state.see_nodes({NODE: ['front']})
    assert state.snapshot()['nodes'][0]['there']


def test_cameras_follow_the_configuration_of_the_node(state):
    state.see_nodes({NODE: ['rear']})
    assert [each['name'] for each in state.snapshot()['nodes'][0]['cameras']] == ['rear']
    # While it loads a model, a node has none.
    state.see_nodes({NODE: []})
    assert [each['name'] for each in state.snapshot()['nodes'][0]['cameras']] == ['rear']


def test_a_node_without_news_is_silent(state):
    state.update_node(NODE, state='active')
    for age_sec, silent in ((1.0, None), (8.0, 8)):
        state.take_health(NODE, None, HealthEntry(0, 'active', {}, time.monotonic() - age_sec))
        assert state.snapshot()['nodes'][0]['silent'] == silent


def test_news_of_nobody_known_are_ignored(state):
    state.take_scores('/other', 'front', NOW, [])
    state.take_action(NODE, 'rear', '', 'wave', 0.9, NOW)
    state.take_picture('/other', 'front', Picture(b'', 1, 1))
    state.take_health('/other', None, HealthEntry(0, '', {}, 0.0))
    assert len(state.snapshot()['nodes']) == 1
    assert state.topic_of(NODE, 'rear') == ''
    assert not state.pictures_after({})
