# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Why an action was missed."""

from imrs_ros.evaluation.metrics.missed import why_missed
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import DecisionSettings, OperatingPoint
import pytest
from sample_recordings import segment, track


@pytest.mark.parametrize(('changes', 'segment_sec', 'why'), [
    ({}, (0.0, 2.0), 'best 0.72 < 0.80'),
    ({'class_thresholds': {'wave': 0.9}}, (0.0, 2.0), 'best 0.72 < 0.90'),
    ({'enter_threshold': 0.7}, (0.0, 2.0),
     'best 0.72, too short for smoothing_sec 0.2 and min_duration_sec 0.2'),
    ({'enter_threshold': 0.5}, (0.0, 1.0),
     'best 0.50, too short for smoothing_sec 0.2 and min_duration_sec 0.2'),
    ({'enabled_classes': ('fall',)}, (0.0, 2.0), 'not in enabled_classes'),
    ({}, (0.1, 0.9), 'no windows'), ({}, (2.0, 3.0), 'best 0.10 < 0.80')])
def test_why_an_action_was_missed(changes, segment_sec, why):
    made = track([NO_ACTION] * 3, scores=[[0.5, 0, 0], [0.72, 0, 0], [0.1, 0, 0]])
    settings = DecisionSettings(**changes).at(OperatingPoint())
    assert why_missed(made, segment(*segment_sec, 'wave'), settings) == why
