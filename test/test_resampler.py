# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Resampling against a table, and against an oracle that knows all stamps in advance."""

from hypothesis import given, settings, strategies as st
from imrs_ros.records import Frame
from imrs_ros.resampler import Resampler
import numpy as np
import pytest

BLANK = np.zeros((1, 1, 3), np.uint8)
MS = 1_000_000


def frame(stamp_ms):
    return Frame(round(stamp_ms * MS), 'camera', BLANK)


def push_all(stamps_ms, fps=25.0, max_gap_sec=0.5):
    resampler = Resampler(fps, max_gap_sec)
    pushed = [resampler.push(frame(s)) for s in stamps_ms]
    return [f.stamp_ns / MS for r in pushed for f in r.frames], [r.restart for r in pushed]


@pytest.mark.parametrize(('stamps_ms', 'expected_ms'), [
    # The model's own rate: every frame once, without delay.
    ([1000, 1040, 1080, 1120], [1000, 1040, 1080, 1120]),
    # Jitter of a few milliseconds: still every frame once.
    ([1000, 1037, 1083, 1119, 1162], [1000, 1037, 1083, 1119, 1162]),
    # Half the rate: every frame fills two ticks; 1040 is equally near, so the earlier one.
    ([1000, 1080, 1160], [1000, 1000, 1080, 1080, 1160, 1160]),
    # Twice the rate: every other frame.
    ([1000, 1020, 1040, 1060, 1080], [1000, 1040, 1080]),
    # A duplicate stamp fills nothing, and neither does a late frame.
    ([1000, 1000, 1040], [1000, 1040]),
    ([1000, 1040, 1039, 1080], [1000, 1040, 1080]),
])
def test_frames_of_the_grid(stamps_ms, expected_ms):
    assert push_all(stamps_ms)[0] == expected_ms


@given(camera_fps=st.sampled_from([5, 7.5, 10, 15, 20, 24, 25, 30, 50, 60, 120, 240]),
       fps=st.sampled_from([12.5, 25.0, 30.0]), start_ms=st.integers(1, 10**9))
@settings(max_examples=60, deadline=None)
def test_regular_camera_yields_exactly_the_nearest_frames(camera_fps, fps, start_ms):
    stamps_ms = np.array([start_ms + i * 1000 / camera_fps for i in range(60)])
    got_ms, restarts = push_all(stamps_ms, fps, max_gap_sec=1.0)
    ticks_ms = np.arange(stamps_ms[0], stamps_ms[-1] + 1e-9, 1000 / fps)
    least_ms = np.abs(stamps_ms[None] - ticks_ms[:, None]).min(axis=1)
    assert restarts == [None] * 60
    # The last ticks may already be filled ahead of the last frame.
    assert len(got_ms) >= len(ticks_ms)
    assert np.allclose(np.abs(got_ms[:len(ticks_ms)] - ticks_ms), least_ms, atol=1e-4)


@given(st.lists(st.integers(1, 200), min_size=2, max_size=60))
@settings(deadline=None)
def test_irregular_frames_keep_order_and_rate(intervals_ms):
    stamps_ms = list(np.cumsum([1000, *intervals_ms]))
    got, _ = push_all(stamps_ms)
    assert got == sorted(got)
    assert set(got) <= {float(s) for s in stamps_ms}
    # Ticks are filled up to the newest frame, and never more than one interval beyond it.
    num_ticks = (stamps_ms[-1] - stamps_ms[0]) // 40 + 1
    assert num_ticks <= len(got) <= num_ticks + 1 + max(intervals_ms) // 40


@pytest.mark.parametrize(('stamps_ms', 'words'), [
    ([1501, 1000], 'got one 0.501 s earlier'), (
        [1000, 1040, 1600], 'a frame within 0.500 s of the previous one, got one after 0.560 s'),
    ([1000, 1501], 'after 0.501 s')])
def test_gap_and_backward_stamp_restart_the_grid(stamps_ms, words):
    got, restarts = push_all(stamps_ms)
    assert restarts[:-1] == [None] * (len(stamps_ms) - 1)
    assert words in restarts[-1]
    assert got[-1] == stamps_ms[-1]
    assert got.count(stamps_ms[-1]) == 1


def test_a_grid_may_be_slower_than_1_hz():
    assert push_all([1000, 3000, 5000], fps=0.5, max_gap_sec=2.0)[0] == [1000, 3000, 5000]


def test_a_step_of_exactly_the_largest_gap_is_no_jump():
    for gap_ms in (500, 10_000):
        stamps_ms = [1000, 1000 + gap_ms, 1000, 1040 + gap_ms]
        assert push_all(stamps_ms, max_gap_sec=gap_ms / 1000)[1] == [None] * 4


def test_a_frame_a_nanosecond_later_is_not_late():
    resampler = Resampler(25.0, 0.5)
    stamps_ns = (1000 * MS, 1000 * MS + 1, 1000 * MS + 1, 1000 * MS)
    pushed = [resampler.push(Frame(stamp_ns, 'camera', BLANK)) for stamp_ns in stamps_ns]
    assert [result.is_late for result in pushed] == [False, False, True, True]


def test_one_late_frame_in_fifteen_costs_that_frame_only():
    """A driver at 30 Hz that stamps one frame every half second 1 ms before the previous one."""
    stamps_ms = [1000 + (i * 100 / 3 if i % 15 else (i - 1) * 100 / 3 - 1) for i in range(1, 300)]
    resampler = Resampler(25.0, 0.5)
    pushed = [resampler.push(frame(s)) for s in stamps_ms]
    assert [r.restart for r in pushed] == [None] * 299
    assert sum(r.is_late for r in pushed) == 19
    assert sum(len(r.frames) for r in pushed) == 249


@given(st.lists(st.tuples(st.integers(1, 120), st.integers(0, 400)), min_size=1, max_size=80))
@settings(deadline=None)
def test_late_frames_leave_the_grid_of_the_others(steps):
    stamps_ms, sent_ms = [], 1000
    for interval_ms, delay_ms in steps:
        sent_ms += interval_ms
        stamps_ms.append(sent_ms - delay_ms)
    newest_ms = np.maximum.accumulate(stamps_ms)
    if (newest_ms - stamps_ms).max() > 500 or np.diff(newest_ms, prepend=newest_ms[0]).max() > 500:
        return
    in_order_ms = sorted(set(newest_ms.tolist()))
    got, restarts = push_all(stamps_ms)
    assert restarts == [None] * len(stamps_ms)
    assert got == push_all(in_order_ms)[0]
    assert got == sorted(got)
    resampler = Resampler(25.0, 0.5)
    num_late = sum(resampler.push(frame(s)).is_late for s in stamps_ms)
    assert num_late == len(stamps_ms) - len(in_order_ms)


@given(st.lists(st.integers(0, 499), min_size=1, max_size=60), st.integers(1, 200))
@settings(deadline=None)
def test_frames_delayed_by_less_than_the_gap_keep_the_times_of_the_sorted_grid(delays, period_ms):
    """The order of arrival changes which frame fills a tick, never how many ticks there are."""
    taken_ms = [1000 + period_ms * i for i in range(len(delays))]
    arrived = sorted(zip((t + d for t, d in zip(taken_ms, delays)), taken_ms))
    stamps_ms = [stamp for _, stamp in arrived if stamp >= arrived[0][1]]
    if np.diff(np.maximum.accumulate(stamps_ms), prepend=stamps_ms[0]).max() > 500:
        return
    got, restarts = push_all(stamps_ms)
    assert restarts == [None] * len(stamps_ms)
    num_ticks = (max(stamps_ms) - stamps_ms[0]) // 40 + 1
    assert num_ticks <= len(got)
    ticks_ms = stamps_ms[0] + 40 * np.arange(num_ticks)
    # A late frame's place is taken by a neighbour at most one gap away.
    assert np.abs(np.array(got[:num_ticks]) - ticks_ms).max() <= 500


def test_two_clocks_on_one_topic_restart_the_grid_at_every_frame():
    stamps_ms = [1000 + 40 * i + 10_000 * (i % 2) for i in range(40)]
    got, restarts = push_all(stamps_ms)
    assert got == stamps_ms
    assert restarts[0] is None
    assert all(restarts[1:])


@pytest.mark.parametrize('arguments', [
    (0, 1), (25, 0), (-1, 1), (float('nan'), 1), (float('inf'), 1), (25, float('inf'))])
def test_invalid_arguments_are_reported(arguments):
    with pytest.raises(ValueError, match='above 0'):
        Resampler(*arguments)
