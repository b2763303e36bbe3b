# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Thresholds of new classes are fitted; those of the others stay."""

from imrs_ros.settings import DecisionSettings, OperatingPoint
from imrs_ros.teaching.thresholds import fit_new_thresholds, fit_operating_point, THRESHOLDS
import pytest
from sample_recordings import segment, track

SETTINGS = DecisionSettings(smoothing_sec=0.0, min_duration_sec=0.0)
START = OperatingPoint(
    enter_threshold=0.6, leave_threshold=0.2, class_thresholds={'wave': 0.3, 'lift': 0.85})


def recording(false, right, label='fall'):
    """Return a track: background of which a class is named so likely, then an action."""
    classes = ('wave', 'fall', 'lift')
    scores = [[p if c == label else 0.0 for c in classes]
              for p in (*[false] * 10, *[0.0] * 5, *[right] * 10)]
    return track(['no_action'] * 25, [segment(15, 25, label)], scores=scores, hold_sec=1.0)


def test_thresholds_of_kept_classes_stay():
    point = fit_new_thresholds([recording(0.4, 0.7)], SETTINGS, 0.0, START, ['fall'])
    assert 0.4 < point.class_thresholds['fall'] <= 0.7
    assert {**point.class_thresholds, 'fall': 0} == {**START.class_thresholds, 'fall': 0}
    assert (point.enter_threshold, point.leave_threshold) == (0.6, 0.2)


def test_more_false_actions_are_allowed():
    point = fit_new_thresholds([recording(0.7, 0.4)], SETTINGS, 60.0, START, ['fall'])
    assert point.class_thresholds['fall'] <= 0.4


@pytest.mark.parametrize('fit', [
    lambda tracks: fit_new_thresholds(tracks, SETTINGS, 0.0, START, ['fall']),
    lambda tracks: fit_operating_point(tracks, SETTINGS, 0.0)])
def test_what_cannot_be_told_apart_is_not_found(fit):
    point = fit([recording(1.0, 1.0)])
    assert point.class_thresholds.get('fall', point.enter_threshold) in THRESHOLDS


def test_classes_get_thresholds_of_their_own():
    point = fit_new_thresholds(
        [recording(0.6, 0.9), recording(0.2, 0.5, 'lift')], SETTINGS, 0.0, START, ['fall', 'lift'])
    assert 0.6 < point.class_thresholds['fall'] <= 0.9
    assert 0.2 < point.class_thresholds['lift'] <= 0.5
    assert point.class_thresholds['wave'] == 0.3
