# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The whole data path with a stub backend: windows, hops, gaps, latest wins, threads."""

from dataclasses import replace
import signal
import threading
import time

from hypothesis import given, HealthCheck, settings, strategies as st
from imrs_ros.backends.base import BackendDescription
from imrs_ros.node.worker import Worker
from imrs_ros.people.detection import Box, Detection, Detections
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Event, Frame, NO_ACTION
from imrs_ros.settings import DecisionSettings, PeopleSettings, WindowSettings
import numpy as np
import pytest

MS = 1_000_000
EAGER = DecisionSettings(smoothing_sec=0.0, min_duration_sec=0.0)


class CountingBackend:
    """Scores a clip by the grey value of its newest frame, and records all calls."""

    def __init__(self, num_classes=3, batch_size=1):
        self.description = BackendDescription(
            'counting', '0', 'none', 'none', batch_size=batch_size)
        self.calls = []
        self.num_classes = num_classes

    def infer(self, clips):
        self.calls.append(list(clips))
        newest = [int(clip.frames_THWC[-1, 0, 0, 0]) % self.num_classes for clip in clips]
        return np.eye(self.num_classes, dtype=np.float32)[newest] * 20

    def close(self):
        self.calls.append('closed')


def frame(stamp_ms, value=0):
    return Frame(stamp_ms * MS, 'optical_frame', np.full((40, 50, 3), value, np.uint8))


@pytest.fixture
def backend():
    return CountingBackend()


def make(card, backend, cameras=('front',), **window):
    return Recognizer(
        card, backend, cameras, window=WindowSettings(**window), decision=EAGER)


def test_no_label_before_sixteen_frames_then_one_per_hop(tiny_card, backend):
    recognizer = make(tiny_card, backend, hop=4)
    stamps = []
    for i in range(30):
        recognizer.push('front', frame(1000 + 40 * i))
        stamps += [d.scores.stamp_ns // MS for d in recognizer.step()]
    assert stamps == [1000 + 40 * i for i in (15, 19, 23, 27)]
    first = backend.calls[0][0]
    assert first.frames_THWC.shape == (16, 32, 32, 3)
    assert first.frame_id == 'optical_frame'
    assert [c[0].first_sequence for c in backend.calls] == [0, 4, 8, 12]


def test_window_holds_the_newest_frames_in_order(tiny_card, backend):
    recognizer = make(tiny_card, backend, hop=1)
    for i in range(20):
        recognizer.push('front', frame(1000 + 40 * i, i))
        recognizer.step()
    assert backend.calls[-1][0].frames_THWC[:, 0, 0, 0].tolist() == list(range(4, 20))


def test_latest_wins_and_skipped_windows_are_counted(tiny_card, backend):
    recognizer = make(tiny_card, backend, hop=2)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i))
    recognizer.step()
    for i in range(16, 31):
        recognizer.push('front', frame(1000 + 40 * i))
    (decision,) = recognizer.step()
    assert decision.scores.stamp_ns == (1000 + 40 * 30) * MS
    assert recognizer.num_skipped('front') == 6
    assert recognizer.step() == []


@pytest.mark.parametrize(('batch_size', 'calls'), [(1, [1, 1, 1]), (2, [2, 1]), (8, [3])])
def test_cameras_share_backend_calls_but_not_results(tiny_card, batch_size, calls):
    backend = CountingBackend(batch_size=batch_size)
    recognizer = make(tiny_card, backend, ('front', 'rear', 'left'), hop=1)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i, 1))
        recognizer.push('rear', frame(5000 + 40 * i, 2))
        recognizer.push('left', frame(7000 + 40 * i, 0))
    decisions = recognizer.step()
    assert [(d.scores.camera, d.label) for d in decisions] == [
        ('front', 'fall'), ('rear', 'lift'), ('left', 'wave')]
    assert [len(clips) for clips in backend.calls] == calls
    with pytest.raises(KeyError):
        recognizer.push('right', frame(1))


def test_window_is_taken_only_when_it_is_scored(tiny_card, backend):
    recognizer = make(tiny_card, backend, ('front', 'rear'), hop=1)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i))
        recognizer.push('rear', frame(1000 + 40 * i))
    scored = recognizer.score_due()
    assert [d.scores.camera for d in next(scored)] == ['front']
    recognizer.push('rear', frame(1000 + 40 * 16))
    assert [d.scores.stamp_ns // MS for d in next(scored)] == [1000 + 40 * 16]
    assert list(scored) == []


@pytest.mark.parametrize('next_ms', [1000 + 40 * 20 + 700, 500])
def test_gap_or_backward_stamp_needs_sixteen_new_frames(tiny_card, backend, next_ms):
    recognizer = make(tiny_card, backend, hop=1)
    for i in range(20):
        recognizer.push('front', frame(1000 + 40 * i, 1))
    assert recognizer.step()[0].event is Event.ONSET
    assert recognizer.push('front', frame(next_ms, 2)).restart is not None
    for i in range(1, 15):
        recognizer.push('front', frame(next_ms + 40 * i, 2))
        assert recognizer.step() == []
    recognizer.push('front', frame(next_ms + 40 * 15, 2))
    (decision,) = recognizer.step()
    assert (decision.label, decision.event) == ('lift', Event.CHANGE)


def test_a_restart_discards_past_scores(tiny_card, backend):
    """Smoothed over 10 s, the second action would need more than one window."""
    recognizer = Recognizer(
        tiny_card, backend, ('front',), window=WindowSettings(hop=1),
        decision=replace(EAGER, smoothing_sec=10.0))
    decisions = []
    for first_ms, value in ((1000, 1), (3000, 2)):
        for i in range(16):
            recognizer.push('front', frame(first_ms + 40 * i, value))
            decisions += recognizer.step()
    assert [d.label for d in decisions] == ['fall', 'lift']


def test_without_a_restart_past_scores_count(tiny_card, backend):
    recognizer = Recognizer(
        tiny_card, backend, ('front',), window=WindowSettings(hop=1),
        decision=replace(EAGER, smoothing_sec=10.0))
    decisions = []
    for i in range(20):
        recognizer.push('front', frame(1000 + 40 * i, 1 if i < 16 else 2))
        decisions += recognizer.step()
    assert [d.label for d in decisions] == ['fall'] * 5


@pytest.mark.parametrize(('stamps_ms', 'num_sampled'), [
    ([1000, 1040, 1080], [1, 1, 1]), ([1000, 1020, 1040], [1, 0, 1]),
    # Of four ticks, the second frame fills three; a late frame fills none.
    ([1000, 1120, 1100], [1, 1, 0])])
def test_distinct_frames_on_the_grid_are_counted(tiny_card, backend, stamps_ms, num_sampled):
    recognizer = make(tiny_card, backend)
    pushed = [recognizer.push('front', frame(stamp_ms)) for stamp_ms in stamps_ms]
    assert [result.num_sampled for result in pushed] == num_sampled


@pytest.mark.parametrize('min_motion', [0.1, 1.0])
def test_still_windows_are_not_scored(tiny_card, backend, min_motion):
    recognizer = make(tiny_card, backend, ('front', 'rear'), hop=1, min_motion=min_motion)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i, 1))
        recognizer.push('rear', frame(1000 + 40 * i, 15 * i))
    front, rear = recognizer.step()
    assert [clip.camera for clip in backend.calls[0]] == ['rear']
    assert (front.label, front.scores.logits_L) == (NO_ACTION, None)
    assert front.scores.inference_sec == 0
    assert rear.scores.camera == 'rear'
    recognizer.push('front', frame(1000 + 40 * 16, 1))
    assert [d.label for d in recognizer.step()] == [NO_ACTION]
    assert len(backend.calls) == 1, 'no call unless a window moves'


def test_inference_time_is_that_of_the_call(tiny_card):
    class Slow(CountingBackend):
        def infer(self, clips):
            time.sleep(0.05)
            return super().infer(clips)
    recognizer = make(tiny_card, Slow(), hop=1)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i))
    begun_sec = time.monotonic()
    (decision,) = recognizer.step()
    assert 0.05 <= decision.scores.inference_sec <= time.monotonic() - begun_sec


def test_settings_change_while_it_runs(tiny_card, backend):
    recognizer = make(tiny_card, backend, hop=1)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i, 1))
    assert recognizer.step()[0].label == 'fall'
    recognizer.change(WindowSettings(hop=3), replace(EAGER, enabled_classes=('wave',)))
    decided = []
    for i in range(16, 22):
        recognizer.push('front', frame(1000 + 40 * i, 1))
        decided += [d.label for d in recognizer.step()]
    assert decided == [NO_ACTION, NO_ACTION]
    with pytest.raises(ValueError, match='class_thresholds must name classes'):
        recognizer.change(WindowSettings(), replace(EAGER, class_thresholds={'jump': 0.5}))


def test_clear_discards_frames(tiny_card, backend):
    recognizer = make(tiny_card, backend, hop=1)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i))
    recognizer.clear()
    assert recognizer.step() == []
    assert not recognizer.push('front', frame(2000)).is_window_due


@pytest.mark.parametrize('void', [
    lambda recognizer: recognizer.clear(), lambda recognizer: recognizer.end('front')])
def test_decision_made_while_its_camera_is_ended_is_void(tiny_card, backend, void):
    recognizer = make(tiny_card, backend, hop=1)
    first_ms = 1000
    for i in range(16):
        recognizer.push('front', frame(first_ms + 40 * i, 1))
    (before,) = recognizer.step()
    assert recognizer.is_current(before)
    assert (before.label, before.event, before.scores.epoch) == ('fall', Event.ONSET, 0)

    class VoidsMeanwhile(CountingBackend):
        def infer(self, clips):
            void(recognizer)
            return super().infer(clips)
    recognizer._backend, recognizer_backend = VoidsMeanwhile(), recognizer._backend
    recognizer.push('front', frame(first_ms + 40 * 16, 1))
    (meanwhile,) = recognizer.step()
    assert not recognizer.is_current(meanwhile)
    assert not recognizer.is_current(before)
    recognizer._backend = recognizer_backend
    assert recognizer.step() == []
    # The same action is an onset again: whoever voided it has announced its end.
    decisions = []
    for i in range(17, 33):
        recognizer.push('front', frame(first_ms + 40 * i, 1))
        decisions += recognizer.step()
    assert recognizer.is_current(decisions[0])
    assert (decisions[0].label, decisions[0].event) == ('fall', Event.ONSET)
    assert decisions[0].scores.epoch == 1


def test_ended_camera_needs_a_newer_frame_but_keeps_its_window(tiny_card, backend):
    recognizer = make(tiny_card, backend, hop=1)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i, 1))
    recognizer.end('front')
    assert recognizer.step() == []
    recognizer.push('front', frame(1000 + 40 * 16, 1))
    (decision,) = recognizer.step()
    assert decision.scores.stamp_ns == (1000 + 40 * 16) * MS


@pytest.mark.parametrize('camera_fps', [10, 15, 25, 30, 60, 240])
def test_windows_span_the_same_time_at_any_rate(tiny_card, backend, camera_fps):
    recognizer = make(tiny_card, backend, hop=1)
    first_ms = None
    for i in range(camera_fps * 2):
        stamp_ms = 1000 + round(1000 * i / camera_fps)
        recognizer.push('front', frame(stamp_ms, i % 250))
        if first_ms is None and recognizer.step():
            first_ms = stamp_ms
    assert 0 <= (first_ms - 1000) - 15 * 40 + 20 <= 40 + 1000 / camera_fps


@given(st.lists(st.tuples(st.integers(-300, 900), st.integers(1, 300), st.integers(1, 300)),
                max_size=60))
@settings(deadline=None, max_examples=50)
def test_arbitrary_stamps_and_sizes_neither_raise_nor_label_early(tiny_card, steps):
    backend = CountingBackend()
    recognizer = make(tiny_card, backend, hop=1)
    stamp_ms, held = 10_000, 0
    for step_ms, height, width in steps:
        stamp_ms = max(1, stamp_ms + step_ms)
        image = np.zeros((height, width, 3), np.uint8)
        pushed = recognizer.push('front', Frame(stamp_ms * MS, '', image))
        held = 1 if pushed.restart else held + 1
        decisions = recognizer.step()
        # A slow camera's frame may fill several ticks, at most 0.5 s / 40 ms of them.
        assert not decisions or held * 13 >= 16
    assert all(len(call) == 1 for call in backend.calls)


def test_worker_loads_runs_and_releases_the_backend_on_one_thread(tiny_card):
    threads, decided, backend = [], [], CountingBackend()

    def load():
        threads.append(threading.current_thread())
        return make(tiny_card, backend, hop=1)

    done = threading.Event()
    worker = Worker(load, lambda d: (decided.extend(d), threads.append(
        threading.current_thread()), done.set()), pytest.fail)
    for i in range(16):
        worker.recognizer.push('front', frame(1000 + 40 * i))
    worker.notify()
    assert done.wait(10)
    worker.stop()
    assert backend.calls[-1] == 'closed'
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert [d.label for d in decided] == ['wave']


def test_worker_reports_errors_and_continues(tiny_card):
    class FailingOnce(CountingBackend):
        def infer(self, clips):
            if not self.calls:
                self.calls.append('failed')
                raise RuntimeError('out of memory')
            return super().infer(clips)

    errors, decided, done = [], [], threading.Event()
    worker = Worker(lambda: make(tiny_card, FailingOnce(), hop=1),
                    lambda d: (decided.extend(d), done.set()),
                    lambda e: (errors.append(str(e)), done.set()))
    for i in range(17):
        worker.recognizer.push('front', frame(1000 + 40 * i))
        if i >= 15:
            worker.notify()
            assert done.wait(10)
            done.clear()
    worker.stop()
    assert errors == ['out of memory']
    assert len(decided) == 1


@pytest.fixture
def interruptible():
    """Let SIGINT raise even if the tests run in the background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_worker_stops_when_its_creation_is_interrupted(tiny_card, interruptible):
    begun, may_go_on, backend = threading.Event(), threading.Event(), CountingBackend()

    def load():
        begun.set()
        assert may_go_on.wait(10)
        return make(tiny_card, backend)

    def interrupt():
        begun.wait(10)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        may_go_on.set()

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        Worker(load, pytest.fail, pytest.fail)
    helper.join(10)
    assert backend.calls == ['closed']
    assert not [t for t in threading.enumerate() if t.name == 'imrs_worker']


def test_worker_raises_the_error_of_loading():
    def fail():
        raise ValueError('no such model')
    with pytest.raises(ValueError, match='no such model'):
        Worker(fail, pytest.fail, pytest.fail)


def test_first_uncertain_window_is_no_action(tiny_card):
    class Unsure(CountingBackend):
        def infer(self, clips):
            return np.zeros((len(clips), 3), np.float32)

    recognizer = make(tiny_card, Unsure(), hop=1)
    for i in range(16):
        recognizer.push('front', frame(1000 + 40 * i))
    (decision,) = recognizer.step()
    assert (decision.label, decision.event) == (NO_ACTION, Event.NONE)


def test_worker_respects_the_rate_limit_and_takes_the_newest_window(tiny_card):
    backend, done = CountingBackend(), threading.Event()
    worker = Worker(lambda: make(tiny_card, backend, hop=1), lambda d: done.set(), pytest.fail,
                    max_rate_hz=0.001)
    for i in range(19):
        worker.recognizer.push('front', frame(1000 + 40 * i))
        if i >= 15:
            worker.notify()
        if i == 15:
            assert done.wait(10)
            done.clear()
    worker.limit.max_rate_hz = 0.0
    assert done.wait(10)
    worker.limit.max_rate_hz = 0.001
    assert [call[0].stamp_ns for call in backend.calls] == [1600 * MS, 1720 * MS]
    worker.recognizer.push('front', frame(1000 + 40 * 19))
    worker.notify()
    worker.stop()
    assert len(backend.calls) == 3, 'two windows, then close'


LEFT, RIGHT = Box(0.0, 0.0, 0.4, 1.0), Box(0.6, 0.0, 1.0, 1.0)


def halves(stamp_ms, left, right):
    image = np.zeros((40, 100, 3), np.uint8)
    image[:, :50], image[:, 50:] = left, right
    return Frame(stamp_ms * MS, 'optical_frame', image)


def seen(stamp_ms, *people):
    return Detections(stamp_ms * MS, tuple(Detection(box, 0.9, name) for name, box in people))


def make_with_people(card, backend, cameras=('front',), **people):
    return Recognizer(
        card, backend, cameras, window=WindowSettings(hop=1), decision=EAGER,
        people=PeopleSettings(**{'min_person_px': 1, **people}))


def test_everybody_gets_decisions_of_their_own_beside_the_whole_picture(tiny_card, backend):
    recognizer = make_with_people(tiny_card, backend)
    for i in range(16):
        recognizer.push('front', halves(1000 + 40 * i, 1, 2))
    assert recognizer.detect('front', seen(1600, ('ann', LEFT), ('bob', RIGHT)))
    decisions = recognizer.step()
    assert [(d.scores.person and d.scores.person.id, d.label) for d in decisions] == [
        (None, 'fall'), ('ann', 'fall'), ('bob', 'lift')]
    assert {d.event for d in decisions} == {Event.ONSET}
    assert {d.scores.camera for d in decisions} == {'front'}
    assert recognizer.people('front').present() == tuple(d.scores.person for d in decisions[1:])


def test_decisions_on_someone_who_left_are_void_and_a_return_starts_anew(tiny_card, backend):
    recognizer = make_with_people(tiny_card, backend, person_timeout_sec=0.1)
    for i in range(16):
        recognizer.push('front', halves(1000 + 40 * i, 1, 2))
    recognizer.detect('front', seen(1600, ('ann', LEFT)))
    of_ann = recognizer.step()[1]
    assert recognizer.is_current(of_ann)
    for i in range(16, 21):
        recognizer.push('front', halves(1000 + 40 * i, 1, 2))
    assert [p.id for p in recognizer.departed('front')] == ['ann']
    assert not recognizer.is_current(of_ann)
    recognizer.detect('front', seen(1800, ('ann', LEFT)))
    again = recognizer.step()[1]
    assert (again.event, again.label) == (Event.ONSET, 'fall')
    assert again.scores.person.number != of_ann.scores.person.number
    recognizer.end('front')
    assert not recognizer.is_current(again)
    assert recognizer.people('front').present() == ()


def test_people_of_all_cameras_take_turns_after_the_whole_pictures(tiny_card, backend):
    recognizer = make_with_people(tiny_card, backend, ('front', 'rear'))
    for camera in ('front', 'rear'):
        for i in range(16):
            recognizer.push(camera, halves(1000 + 40 * i, 1, 2))
        recognizer.detect(camera, seen(1600, ('ann', LEFT), ('bob', RIGHT)))
    assert [(d.scores.camera, d.scores.person and d.scores.person.id)
            for d in recognizer.step()] == [
        ('front', None), ('rear', None), ('front', 'ann'), ('rear', 'ann'),
        ('front', 'bob'), ('rear', 'bob')]


def test_new_thresholds_hold_for_people_who_are_there_and_who_come(tiny_card, backend):
    recognizer = make_with_people(tiny_card, backend)
    for i in range(16):
        recognizer.push('front', halves(1000 + 40 * i, 1, 2))
    recognizer.detect('front', seen(1600, ('ann', LEFT)))
    recognizer.step()
    recognizer.change(WindowSettings(hop=1), replace(EAGER, enabled_classes=('wave',)))
    recognizer.push('front', halves(1640, 1, 2))
    recognizer.detect('front', seen(1640, ('ann', LEFT), ('bob', RIGHT)))
    assert [d.label for d in recognizer.step()] == [NO_ACTION] * 3


def test_filters_of_people_who_left_are_not_kept(tiny_card, backend):
    recognizer = make_with_people(tiny_card, backend, person_timeout_sec=0.05)
    for i in range(200):
        recognizer.push('front', halves(1000 + 40 * i, 1, 2))
        recognizer.detect('front', seen(1000 + 40 * i, (f'{i // 4}', LEFT)))
        recognizer.step()
    assert len(recognizer._of_people) <= 3


def test_without_people_detections_are_refused(tiny_card, backend):
    recognizer = make(tiny_card, backend)
    assert recognizer.people('front') is None
    with pytest.raises(KeyError):
        recognizer.detect('front', seen(1000))


BOXES = st.sampled_from([LEFT, RIGHT, Box(0.3, 0.1, 0.7, 0.9), Box(0.9, 0.9, 1.5, 1.5),
                         Box(0.5, 0.5, 0.5, 0.5), Box(float('nan'), 0.0, 1.0, 1.0)])
PEOPLE_ACTIONS = st.one_of(
    st.tuples(st.just('push'), st.integers(-30, 60), st.integers(0, 255)),
    st.tuples(st.just('detect'), st.integers(-400, 400), st.lists(
        st.tuples(st.sampled_from(['a', 'b', 'c', '']), BOXES), max_size=4)),
    st.tuples(st.just('late step'), st.integers(-400, 400), st.just([])),
    st.tuples(st.sampled_from(['step', 'end', 'clear']), st.none(), st.none()))


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PEOPLE_ACTIONS, max_size=80), st.integers(1, 3))
def test_no_order_of_events_leaves_an_action_of_someone_who_left(tiny_card, actions, max_people):
    recognizer = make_with_people(
        tiny_card, CountingBackend(), max_people=max_people, person_timeout_sec=0.3)
    now_ms, acting = 10_000, {}

    def publish(decisions):
        # As the node does, under its lock.
        for person in recognizer.departed('front'):
            acting.pop(person.number, None)
        for decision in filter(recognizer.is_current, decisions):
            if decision.scores.person is not None:
                acting[decision.scores.person.number] = decision.label
    for _ in range(16):
        recognizer.push('front', halves(now_ms := now_ms + 40, 1, 2))
    for kind, value, more in actions:
        if kind == 'push':
            recognizer.push('front', halves(now_ms := now_ms + value, more, more // 2))
        elif kind == 'detect':
            recognizer.detect('front', seen(max(1, now_ms + value), *more))
        elif kind == 'step':
            publish(recognizer.step())
        elif kind == 'late step':
            # Everybody leaves while the model works.
            decisions = recognizer.step()
            recognizer.push('front', halves(now_ms := now_ms + 480, 1, 2))
            publish(decisions)
        else:
            if kind == 'clear':
                recognizer.clear()
            else:
                recognizer.end('front')
            publish([])
            assert not acting
        present = {person.number for person in recognizer.people('front').present()}
        publish([])
        assert acting.keys() <= present
    for _ in range(40):
        recognizer.push('front', halves(now_ms := now_ms + 40, 1, 2))
        publish(recognizer.step())
    assert not acting
    assert recognizer.people('front').present() == ()
