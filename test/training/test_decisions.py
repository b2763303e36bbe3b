"""Decisions over time, measured on videos one after the other."""

from imrs_ros.records import NO_ACTION
from samples import write_video
from training.decisions import describe, grid, play


def test_videos_follow_each_other_and_actions_lie_where_they_were_played(tiny_card, tmp_path):
    path = write_video(tmp_path / 'clip.avi', 50)
    track = play([('wave', path), (NO_ACTION, path), ('fall', path)], tiny_card, hop=5)
    assert [(s.sec, s.label) for s in track.annotated] == [
        ((0.0, 2.0), 'wave'), ((4.0, 6.0), 'fall')]
    assert track.duration_ns == 6_000_000_000
    # The first window after 16 frames, then one every fifth, over the cuts.
    assert len(track.decided_labels) == (150 - 16) // 5 + 1
    assert track.probabilities_NK.shape == (27, 3)


def test_a_line_of_the_table():
    found = dict.fromkeys(('settled_accuracy', 'f1@25', 'delay_median_sec', 'false_per_min',
                           'changes_per_min'), 0.5) | {'num_found': 3}
    assert describe('defaults', found).split() == ['defaults', '0.500', '0.500', '3', '0.500',
                                                   '0.500', '0.500']


def test_grid_is_valid_settings():
    assert len({(s.enter_threshold, s.leave_threshold, s.smoothing_sec, s.min_duration_sec)
                for s in grid()}) == 6 * 3 * 3 * 3
