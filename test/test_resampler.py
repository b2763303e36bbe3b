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
    # A duplicate stamp fills nothing.
    ([1000, 1000, 1040], [1000, 1040]),
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
    ([1000, 1040, 990], 'got one 0.050 s earlier'), ([1000, 1040, 1600], 'after 0.560 s')])
def test_gap_and_backward_stamp_restart_the_grid(stamps_ms, words):
    got, restarts = push_all(stamps_ms)
    assert restarts[:-1] == [None] * (len(stamps_ms) - 1)
    assert words in restarts[-1]
    assert got[-1] == stamps_ms[-1]
    assert got.count(stamps_ms[-1]) == 1


@pytest.mark.parametrize('arguments', [
    (0, 1), (25, 0), (-1, 1), (float('nan'), 1), (float('inf'), 1), (25, float('inf'))])
def test_invalid_arguments_are_reported(arguments):
    with pytest.raises(ValueError, match='above 0'):
        Resampler(*arguments)
