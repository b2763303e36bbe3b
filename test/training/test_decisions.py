"""Figures of decisions over time, against a case counted by hand."""

from imrs_ros.records import Decision, Event, NO_ACTION, Scores
import numpy as np
import pytest
from training.decisions import GRACE_SEC, grid, judge, Segment

SEC = 1_000_000_000


def decisions(*labels):
    return [Decision(Scores('camera', i * SEC // 2, '', None), np.zeros(2, np.float32), label, 0.5,
                     0, Event.NONE) for i, label in enumerate(labels)]


def test_figures_are_those_counted_by_hand():
    assert GRACE_SEC == 1
    # Windows every half second: 4 s of waving, 4 s of background, 2 s of falling.
    shown = [Segment('wave', 0, 4 * SEC - 1), Segment(NO_ACTION, 4 * SEC, 8 * SEC - 1),
             Segment('fall', 8 * SEC, 10 * SEC - 1)]
    none = NO_ACTION
    figures = judge(decisions(
        none, none, none, 'wave', 'wave', 'wave', 'wave', 'wave',
        'wave', 'wave', none, 'fall', 'fall', none, 'wave', none,
        none, none, 'wave', 'wave'), shown)
    # Of the windows after the grace: 5 of 6, 3 of 6, 0 of 2.
    assert figures.right_time == pytest.approx(8 / 14)
    assert figures.found == 0.5
    assert figures.delay_sec == 1.5
    # Two actions began in 3 s of background.
    assert figures.false_per_min == pytest.approx(2 * 60 / 3, rel=1e-6)
    assert figures.changes_per_min == pytest.approx(7 / (9.5 / 60))


def test_grid_is_valid_settings():
    assert len({(s.enter_threshold, s.leave_threshold, s.smoothing_sec, s.min_duration_sec)
                for s in grid()}) == 6 * 3 * 3 * 3
