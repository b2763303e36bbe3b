# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""People of one camera: whose window is due, what it shows, who left; nobody is kept for good."""

from hypothesis import given, settings, strategies as st
from imrs_ros.model_card import InputSpec
from imrs_ros.people.detection import Box, Detection, Detections
from imrs_ros.people.kept_frames import keepable
from imrs_ros.people.people_stream import MAX_FOLLOWED, PeopleStream
from imrs_ros.records import Frame
from imrs_ros.settings import PeopleSettings, WindowSettings
import numpy as np
import pytest

MS = 1_000_000
SPEC = InputSpec(num_frames=4, fps=25.0, size_px=8, mean=(0.0,) * 3, std=(1.0,) * 3)
LEFT, RIGHT = Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 1.0, 1.0)


def frame(stamp_ms, left=0, right=0, size=(60, 120)):
    image = np.zeros((*size, 3), np.uint8)
    image[:, :size[1] // 2], image[:, size[1] // 2:] = left, right
    return Frame(stamp_ms * MS, 'optical', image)


def seen(stamp_ms, *people):
    return Detections(stamp_ms * MS, tuple(
        Detection(box, 0.9, name) for name, box in people))


def make(**people):
    return PeopleStream('front', SPEC, WindowSettings(hop=2), PeopleSettings(
        **{'min_person_px': 20, 'person_margin': 1.0, **people}))


def fill(stream, count=4, start_ms=1000):
    for i in range(count):
        stream.push(frame(start_ms + 40 * i, left=10 + i, right=100 + i))
    return start_ms + 40 * (count - 1)


def take_all(stream, round_number):
    found = []
    while (window := stream.take_window(round_number)) is not None:
        found.append(window)
    return found


def test_who_appears_is_scored_at_once_from_kept_frames():
    stream = make()
    now = fill(stream)
    assert stream.take_window(0) is None
    assert stream.detect(seen(now, ('ann', LEFT), ('bob', RIGHT)))
    ann, bob = take_all(stream, 1)
    assert (ann.person.id, bob.person.id) == ('ann', 'bob')
    assert ann.clip.frames_THWC[:, 4, 4, 0].tolist() == [10, 11, 12, 13]
    assert bob.clip.frames_THWC[:, 4, 4, 0].tolist() == [100, 101, 102, 103]
    assert ann.clip.stamp_ns == bob.clip.stamp_ns == now * MS
    assert ann.clip.camera != bob.clip.camera
    assert (ann.camera, ann.clip.first_sequence) == ('front', 0)


def test_nobody_is_due_again_before_a_hop_or_twice_in_a_round():
    stream = make()
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    assert len(take_all(stream, 1)) == 1
    assert not stream.push(frame(now + 40))
    assert take_all(stream, 2) == []
    assert stream.push(frame(now + 80))
    assert take_all(stream, 1) == []
    (window,) = take_all(stream, 2)
    assert window.clip.first_sequence == 2
    for i in range(3, 9):
        stream.push(frame(now + 40 * i))
    take_all(stream, 3)
    assert stream.num_skipped == 2


def test_whoever_waited_longest_is_first_and_the_nearest_among_equals():
    stream = make()
    now = fill(stream)
    small = Box(0.0, 0.0, 0.2, 0.5)
    stream.detect(seen(now, ('far', small), ('near', LEFT), ('new', RIGHT)))
    assert stream.take_window(1).person.id == 'near'
    assert stream.take_window(1).person.id == 'new'
    stream.push(frame(now + 40))
    stream.push(frame(now + 80))
    assert [w.person.id for w in take_all(stream, 2)] == ['far', 'near', 'new']


def test_a_round_ends_whoever_comes_meanwhile():
    stream = make(max_people=3)
    now = fill(stream)
    for i in range(100):
        # While the last window is scored, somebody new is there.
        stream.detect(seen(now + i, (f'{i}', LEFT)))
        if stream.take_window(1) is None:
            break
    assert i == 3
    assert len(take_all(stream, 2)) == 1


def test_only_the_nearest_and_large_enough_are_scored_and_the_others_counted():
    stream = make(max_people=1, min_person_px=40)
    now = fill(stream)
    tiny = Box(0.6, 0.0, 0.9, 0.6)
    stream.detect(seen(now, ('ann', LEFT), ('bob', Box(0.5, 0.0, 0.9, 0.9)), ('eve', tiny)))
    assert [w.person.id for w in take_all(stream, 1)] == ['ann']
    assert (stream.num_small, stream.num_beyond) == (1, 1)
    assert [p.id for p in stream.present()] == ['ann', 'bob', 'eve']


def test_whoever_lies_is_as_large_as_whoever_stands():
    stream = make(min_person_px=40)
    now = fill(stream)
    # 60 by 12 pixels.
    stream.detect(seen(now, ('ann', Box(0.1, 0.8, 0.6, 1.0))))
    assert [w.person.id for w in take_all(stream, 1)] == ['ann']
    assert stream.num_small == 0


def test_whoever_may_have_left_takes_no_place_from_those_who_are_there():
    stream = make(max_people=1, person_timeout_sec=9.0)
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    assert [w.person.id for w in take_all(stream, 1)] == ['ann']
    stream.push(frame(now + 40))
    stream.detect(seen(now + 40, ('bob', Box(0.5, 0.0, 0.9, 0.9))))
    stream.push(frame(now + 80))
    assert [w.person.id for w in take_all(stream, 2)] == ['bob']
    assert stream.num_beyond == 0
    stream.detect(seen(now + 80, ('ann', LEFT), ('bob', Box(0.5, 0.0, 0.9, 0.9))))
    stream.push(frame(now + 120))
    stream.push(frame(now + 160))
    assert [w.person.id for w in take_all(stream, 3)] == ['ann']
    assert stream.num_beyond == 1


def test_who_is_not_detected_any_more_leaves_and_starts_anew_on_return():
    stream = make(person_timeout_sec=0.2)
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    (first,) = take_all(stream, 1)
    stream.push(frame(now + 200))
    assert stream.departed() == ()
    stream.push(frame(now + 280))
    (gone,) = stream.departed()
    assert (gone.id, gone.number) == ('ann', first.person.number)
    assert stream.departed() == ()
    assert not stream.is_present(gone.number)
    stream.detect(seen(now + 280, ('ann', LEFT)))
    assert stream.present()[0].number != gone.number


def test_who_is_not_scored_any_more_leaves_and_is_followed_anew():
    stream = make(max_people=1, person_timeout_sec=9.0)
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    (first,) = take_all(stream, 1)
    # Someone nearer takes the only place.
    stream.detect(seen(now + 40, ('ann', LEFT), ('bob', Box(0.3, 0.0, 1.0, 1.0))))
    for i in range(1, 23):
        stream.push(frame(now + 40 * i))
        take_all(stream, 1 + i)
        if i % 5 == 0:
            stream.detect(seen(now + 40 * i, ('ann', LEFT), ('bob', Box(0.3, 0.0, 1.0, 1.0))))
    # A window of 4 frames, a hop of 2, and the largest gap of 0.5 s: 0.74 s.
    assert [p.number for p in stream.departed()] == [first.person.number]
    assert sorted(p.id for p in stream.present()) == ['ann', 'bob']


def test_a_restart_of_the_camera_discards_frames_but_not_people():
    stream = make(person_timeout_sec=5.0)
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    take_all(stream, 1)
    now = fill(stream, start_ms=now + 1000)
    (window,) = take_all(stream, 2)
    assert window.restarted
    assert window.person.number == 0
    assert window.clip.frames_THWC[:, 4, 4, 0].tolist() == [10, 11, 12, 13]


def test_a_jump_back_of_the_clock_lets_everybody_leave():
    stream = make()
    now = fill(stream, start_ms=100_000)
    stream.detect(seen(now, ('ann', LEFT)))
    stream.push(frame(1000))
    assert [p.id for p in stream.departed()] == ['ann']


def test_a_clock_that_is_set_back_voids_all_boxes_however_long_people_are_remembered():
    stream = make(person_timeout_sec=60.0)
    now = fill(stream, start_ms=100_000)
    stream.detect(seen(now, ('ann', LEFT)))
    stream.push(frame(80_000))
    assert [p.id for p in stream.departed()] == ['ann']
    stream.detect(seen(80_000, ('ann', RIGHT)))
    assert [p.box for p in stream.present()] == [RIGHT]


def test_a_detection_from_the_future_does_not_keep_those_of_now_away():
    stream = make(person_timeout_sec=60.0)
    now = fill(stream)
    stream.detect(seen(now + 30_000, ('ann', LEFT)))
    stream.detect(seen(now, ('ann', RIGHT)))
    assert [p.box for p in stream.present()] == [RIGHT]
    assert stream.num_stray == 1


def test_before_the_first_image_nobody_is_there():
    stream = make()
    assert not stream.detect(seen(5_000_000, ('ann', LEFT)))
    fill(stream)
    assert stream.present() == stream.departed() == ()


@pytest.mark.parametrize('next_frame', [
    lambda i, now: frame(now + 40 * i, size=(60, 120) if i % 2 else (30, 60)),
    lambda i, now: frame(now + 600 * i)], ids=['alternating sizes', 'gap after gap'])
def test_a_camera_that_restarts_again_and_again_lets_nobody_keep_an_action(next_frame):
    stream = make(person_timeout_sec=9.0)
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    (window,) = take_all(stream, 1)
    for i in range(1, 40):
        pushed = next_frame(i, now)
        stream.push(pushed)
        stream.detect(seen(pushed.stamp_ns // MS, ('ann', LEFT)))
        assert take_all(stream, 1 + i) == []
    assert not stream.is_present(window.person.number)
    assert stream.num_starved == 0


def test_people_lost_because_the_machine_is_too_slow_are_counted():
    stream = make(max_people=2, person_timeout_sec=9.0)
    now = fill(stream)
    everyone = ('ann', LEFT), ('bob', RIGHT), ('eve', Box(0.2, 0.2, 0.4, 0.7))
    stream.detect(seen(now, *everyone))
    take_all(stream, 1)
    for i in range(1, 25):
        stream.push(frame(now + 40 * i))
        stream.detect(seen(now + 40 * i, *everyone))
    assert [p.id for p in stream.departed()] == ['ann', 'bob']
    # Not eve, who was beyond the most.
    assert stream.num_starved == 2


def test_after_the_end_the_next_window_needs_a_newer_frame():
    stream = make()
    now = fill(stream)
    stream.detect(seen(now - 40, ('ann', LEFT)))
    take_all(stream, 1)
    stream.end()
    # Of an image before the camera fell silent, by a slow detector.
    assert not stream.detect(seen(now, ('ann', LEFT)))
    assert take_all(stream, 2) == []
    assert stream.push(frame(now + 40))
    assert len(take_all(stream, 3)) == 1


def test_late_and_stray_detections_are_counted_and_change_nothing():
    stream = make()
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    stream.detect(seen(now - 40, ('ann', RIGHT)))
    stream.detect(seen(now + 60_000, ('ann', RIGHT)))
    assert stream.present()[0].box == LEFT
    assert stream.num_stray == 2
    # Late, but of someone whom nothing newer is known of.
    stream.detect(seen(now - 40, ('bob', RIGHT)))
    assert len(stream.present()) == 2


def test_a_person_who_walks_is_held_by_the_square_of_the_whole_window():
    stream = make(person_margin=1.2)
    boxes = [Box(0.1 + 0.05 * i, 0.2, 0.2 + 0.05 * i, 0.6) for i in range(4)]
    for i, box in enumerate(boxes):
        stream.push(frame(1000 + 40 * i))
        stream.detect(seen(1000 + 40 * i, ('ann', box)))
    (window,) = take_all(stream, 1)
    assert window.person.box == boxes[-1]
    # 0.1 to 0.35 of 120 pixels are 30, and the margin.
    assert stream._people['ann'].square._square.side == 36


def test_a_camera_that_changes_its_size_starts_a_new_window():
    stream = make()
    now = fill(stream)
    stream.detect(seen(now, ('ann', LEFT)))
    take_all(stream, 1)
    for i in range(1, 4):
        assert not stream.push(frame(now + 40 * i, size=(30, 60)))
    assert stream.push(frame(now + 160, left=7, size=(30, 60)))
    (window,) = take_all(stream, 2)
    assert window.clip.frames_THWC[-1, 4, 4, 0] == 7


@pytest.mark.parametrize('box', [
    Box(float('nan'), 0, 1, 1), Box(0, 0, float('inf'), 1), Box(0.5, 0.5, 0.5, 0.9),
    Box(0.9, 0.2, 0.1, 0.8), Box(1.2, 0.0, 1.6, 1.0), Box(-1e300, -1e300, 1e300, 1e300)])
def test_boxes_that_cannot_be_used_are_ignored(box):
    stream = make()
    stream.detect(seen(fill(stream), ('ann', box)))
    assert stream.present() == ()


def test_detections_that_are_too_uncertain_are_ignored():
    stream = make(min_person_score=0.95)
    stream.detect(seen(fill(stream), ('ann', LEFT)))
    assert stream.present() == ()


def test_no_more_people_are_followed_than_memory_allows():
    stream = make()
    now = fill(stream)
    stream.detect(seen(now, *((f'{i}', LEFT) for i in range(MAX_FOLLOWED + 50))))
    assert len(stream.present()) == MAX_FOLLOWED
    assert stream.num_beyond >= 50


def test_whoever_left_makes_room_for_who_is_there():
    stream = make(max_people=200)
    now = fill(stream)
    stream.detect(seen(now - 80, ('old', LEFT)))
    # A detector that gives a new id to everyone in every image.
    for i in range(3):
        stream.detect(seen(now - 40 + 10 * i, *((f'{i} {j}', LEFT) for j in range(50))))
    assert {p.id.split()[0] for p in stream.present()} == {'1', '2'}
    assert len(stream.departed()) == 51
    assert stream.num_beyond == 0


def test_only_who_is_in_a_message_is_counted_as_too_small():
    stream = make()
    now = fill(stream)
    tiny = Box(0.6, 0.0, 0.7, 0.1)
    stream.detect(seen(now - 40, ('ann', tiny)))
    stream.detect(seen(now, ('bob', LEFT)))
    assert stream.num_small == 1


def test_large_images_are_kept_smaller_and_never_shared():
    image = np.zeros((1080, 1920, 3), np.uint8)
    assert keepable(Frame(1, '', image)).image_HWC.shape == (360, 640, 3)
    small = np.zeros((48, 64, 3), np.uint8)
    kept = keepable(Frame(1, '', small))
    assert kept.image_HWC.shape == small.shape
    assert not np.shares_memory(kept.image_HWC, small)


NUMBERS = st.one_of(st.floats(-1, 2), st.floats(allow_nan=True, allow_infinity=True))
BOXES = st.builds(Box, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
STAMPS = st.integers(1, 3000)
ACTIONS = st.one_of(
    st.tuples(st.just('push'), STAMPS, st.sampled_from([(60, 120), (1, 1), (7, 90)])),
    st.tuples(st.just('detect'), STAMPS, st.lists(
        st.tuples(st.sampled_from(['', 'a', 'b', 'c', 'd']), BOXES), max_size=5)),
    st.tuples(st.just('take'), st.integers(0, 9), st.none()),
    st.tuples(st.sampled_from(['end', 'clear']), st.none(), st.none()))


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTIONS, max_size=60), st.integers(1, 3))
def test_no_order_of_events_raises_or_keeps_somebody_who_left(actions, max_people):
    stream, left, taken = make(max_people=max_people, min_person_px=1), set(), 0
    for kind, value, more in actions:
        if kind == 'push':
            stream.push(frame(value, size=more))
        elif kind == 'detect':
            stream.detect(seen(value, *more))
        elif kind == 'take':
            window = stream.take_window(value)
            if window is not None:
                taken += 1
                assert window.clip.frames_THWC.shape == (4, 8, 8, 3)
                assert window.person.number not in left
                assert stream.is_present(window.person.number)
        else:
            getattr(stream, kind)()
            assert stream.present() == ()
        left |= {person.number for person in stream.departed()}
        assert not left & {person.number for person in stream.present()}
        assert len({person.id for person in stream.present()}) == len(stream.present())
