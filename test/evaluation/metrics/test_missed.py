"""Why an action was missed."""

from imrs_ros.evaluation.metrics.missed import why_missed
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import DecisionSettings
import pytest
from sample_recordings import segment, track


@pytest.mark.parametrize(('changes', 'segment_sec', 'why'), [
    ({}, (0.0, 2.0), 'best 0.72 < 0.80'),
    ({'class_thresholds': {'wave': 0.9}}, (0.0, 2.0), 'best 0.72 < 0.90'),
    ({'enter_threshold': 0.7}, (0.0, 2.0),
     'best 0.72, too short for smoothing_sec 0.2 and min_duration_sec 0.2'),
    ({'enabled_classes': ('fall',)}, (0.0, 2.0), 'not in enabled_classes'),
    ({}, (0.1, 0.9), 'no windows'), ({}, (2.0, 3.0), 'best 0.10 < 0.80')])
def test_why_an_action_was_missed(changes, segment_sec, why):
    made = track([NO_ACTION] * 3, scores=[[0.5, 0, 0], [0.72, 0, 0], [0.1, 0, 0]])
    assert why_missed(made, segment(*segment_sec, 'wave'), DecisionSettings(**changes)) == why
