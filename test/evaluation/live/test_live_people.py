# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a live node says of people, as tracks: counted on messages by hand."""

from dataclasses import replace

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.live.interrupted_replay import interrupted_result
from imrs_ros.evaluation.live.live_people import (
    LivePeople, LivePeopleMessage, LivePerson, LivePersonAction)
from imrs_ros.evaluation.live.live_person_tracks import (
    live_person_tracks, live_windows, people_differences)
from imrs_ros.evaluation.live.live_track import LiveWindow
from imrs_ros.evaluation.metrics.figure import LIVE_FIGURES
from imrs_ros.evaluation.metrics.people_figures import people_figures
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.people.detection import Box
from imrs_ros.records import NO_ACTION
import numpy as np
import pytest
from sample_people import LEFT, person_track
from sample_recordings import make_job, SEC, segment, START_NS, TOPIC, track, write_bag

N, SIZE, LATE_NS = NO_ACTION, (200, 100), 3 * SEC // 10
LEFT_PX = LEFT.scaled(*SIZE)


def clock():
    found = CameraClock()
    found.place(START_NS, 0)
    return found


def person(name, sec, label, confidence=0.9):
    return LivePerson(id=name, stamp_ns=START_NS + round(sec * SEC), box_px=LEFT_PX, label=label,
                      confidence=confidence)


def message(sec, *people):
    """Return a message that arrives 0.3 s after the newest frame of a window."""
    return LivePeopleMessage(arrival_ns=START_NS + round(sec * SEC) + LATE_NS, people=people)


def ended(name, sec, arrival_sec, confidence=1.0):
    return LivePersonAction(
        id=name, stamp_ns=START_NS + round(sec * SEC), label=N, confidence=confidence,
        arrival_ns=START_NS + round(arrival_sec * SEC))


def found_in(heard, limit_sec=5.0, end_sec=10):
    windows, departed = live_windows(
        heard, clock(), START_NS, SIZE, round(limit_sec * SEC), end_sec * SEC)
    return [(w.person.id, w.person.number, w.time_ns / SEC, w.label) for w in windows], departed


def test_every_window_counts_once_whoever_it_was_of():
    ann, bob = person('ann', 1, 'wave'), person('bob', 1.2, N)
    windows, departed = live_windows(LivePeople([
        message(1, ann), message(1.2, ann, bob), message(2, person('ann', 2, 'wave'), bob),
    ]), clock(), START_NS, SIZE, 5 * SEC, 10 * SEC)
    assert [(w.person.id, w.time_ns / SEC, w.known_ns / SEC) for w in windows] == [
        ('ann', 1, 1.3), ('bob', 1.2, 1.5), ('ann', 2, 2.3)]
    assert [w.person.number for w in windows] == [0, 1, 0]
    assert departed == set()
    box = windows[0].person.box
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0.0, 0.0, 0.3, 1.0))
    assert windows[0].probabilities_K is None


def test_no_decision_on_a_person_is_known_before_its_frame():
    early = LivePeopleMessage(arrival_ns=START_NS + SEC, people=(person('ann', 2, 'wave'),))
    (window,), _ = live_windows(LivePeople([early]), clock(), START_NS, SIZE, SEC, 10 * SEC)
    assert (window.time_ns, window.known_ns) == (2 * SEC, 2 * SEC)


def test_somebody_who_left_and_comes_back_is_another_appearance():
    bob = person('bob', 1, N)
    back = person('ann', 3, 'wave')
    # Missing in a message of somebody else; there without a decision yet; gone for long.
    for between in ([message(2, person('bob', 2, N))], []):
        windows, departed = found_in(LivePeople([
            message(1, person('ann', 1, 'wave'), bob), *between,
            message(3, back, person('bob', 2 if between else 1, N))]), limit_sec=1.5)
        assert [number for name, number, *_ in windows if name == 'ann'][-1] > 1
        assert 0 in departed
    # Nothing but the end of the action says so.
    quick = [message(1, person('ann', 1, 'wave')), message(3, back)]
    assert found_in(LivePeople(quick))[1] == set()
    left = LivePeople(quick, [ended('ann', 1, 2.1)])
    assert found_in(left) == ([('ann', 0, 1, 'wave'), ('ann', 1, 3, 'wave')], {0})
    gone = LivePeople(quick[:1], [ended('ann', 1, 2.1)])
    assert found_in(gone) == ([('ann', 0, 1, 'wave')], {0})
    # The node ends all actions when no more frames come.
    assert found_in(gone, end_sec=2) == ([('ann', 0, 1, 'wave')], set())


def test_an_action_that_a_window_ends_is_no_departure():
    heard = LivePeople(
        [message(1, person('ann', 1, 'wave')), message(2, person('ann', 2, N, 0.75)),
         message(3, person('ann', 3, N, 0.8))],
        # The onset of no action was at 1 s already, and is decided at 2 s.
        [ended('ann', 1, 2.31, confidence=0.75)])
    assert heard.departures(START_NS + 10 * SEC) == set()
    assert [number for _, number, *_ in found_in(heard)[0]] == [0, 0, 0]


@pytest.fixture
def waving(tiny_card):
    """Return what is annotated, heard live and decided offline of ann, and a stranger."""
    action = segment(1, 4, 'wave')
    ann = AnnotatedPerson('ann', (action,), (), (0, 6 * SEC))
    heard = LivePeople([
        message(1, person('ann', 1, N)), message(2, person('ann', 2, 'wave')),
        message(3, person('ann', 2, 'wave'), person('eve', 3, N)),
        message(4, person('ann', 4, N), person('eve', 3, N))])
    offline = [person_track([N, 'wave', 'wave', 'wave', N, 'fall'], [action])]
    empty = track([], None, duration_sec=6.0)
    live = live_person_tracks(heard, clock(), START_NS, SIZE, (ann,), empty, 'walk /front',
                              make_job(tiny_card, max_gap_sec=5.0), 6 * SEC)
    return live, offline


def test_delays_and_differences_of_a_late_node(waving):
    live, offline = waving
    ann, eve = live
    assert [(d.sec, d.label) for d in ann.decided] == [((2.3, 4.3), 'wave')]
    assert (eve.name, eve.is_annotated, eve.has_scores) == ('eve', False, False)
    found = people_differences(live, offline)
    assert (found['windows_offline'], found['windows_live']) == (6, 4)
    assert found['missing_share'] == round(1 - 4 / 6, 4)
    assert found['age_median_sec'] == found['age_max_sec'] == 0.3
    # ann at 2 s and 4 s; eve is not there offline.
    assert found['same_label_share'] == 0.5
    assert set(found) < {row.name for row in LIVE_FIGURES}
    figures = people_figures(live)
    assert (figures['num_found'], figures['delay_median_sec']) == (1, 1.3)
    assert figures['decided_accuracy'] == 1
    # It does not publish scores.
    assert figures['video_accuracy'] is None


def test_a_node_that_says_nothing_has_no_differences(waving):
    _, offline = waving
    found = people_differences([], offline)
    assert (found['windows_live'], found['missing_share']) == (0, 1)
    assert found['age_max_sec'] is found['same_label_share'] is None
    assert people_differences([], [])['missing_share'] is None


def test_people_of_an_interrupted_replay_are_those_of_the_live_node(tiny_card, tmp_path):
    bag = write_bag(tmp_path / 'walk')
    job = replace(make_job(tiny_card, annotations=(
        Annotation(0.2, 1.1, 'wave', person='ann', box=Box(0, 0, 0.5, 1)),)), people='topic')
    windows = {'front': [LiveWindow(
        START_NS + SEC // 2, START_NS + SEC * 8 // 10, np.zeros(3, np.float32), N, 1.0)]}
    people = {'front': LivePeople([LivePeopleMessage(
        arrival_ns=START_NS + SEC * 6 // 10,
        people=(LivePerson(id='7', stamp_ns=START_NS + SEC // 2, box_px=Box(0, 0, 32, 48),
                           label='wave', confidence=0.9),))])}
    result = interrupted_result(bag, job, windows, people)
    ann, = result.people
    assert (ann.name, ann.seen, ann.duration_ns) == ('ann', (0, SEC * 8 // 10), SEC * 8 // 10)
    assert [s.sec for s in ann.annotated] == [(0.2, 0.8)]
    assert [d.start_ns for d in ann.decided] == [SEC * 6 // 10]
    assert ann.boxes[0] == Box(0, 0, 0.5, 1)
    made = build_report([result], job)
    assert made['people']['figures']['num_found'] == 1
    shown, = made['recordings'][0]['cameras'][0]['people']
    assert (shown['id'], shown['windows']['scores']) == ('ann', [])
    assert made['recordings'][0]['cameras'][0]['topic'] == TOPIC
