# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A live node against offline: counted on windows by hand."""

from imrs_ros.evaluation.live.live_track import differences, live_section, live_track, LiveWindow
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.metrics.figure import LIVE_FIGURES
from imrs_ros.records import NO_ACTION
import numpy as np
import pytest
from sample_recordings import SEC, segment, START_NS, track

CLOCK_AHEAD_NS = 5 * SEC


@pytest.fixture
def offline():
    """Return six windows, one per second."""
    return track([NO_ACTION, 'wave', 'wave', 'wave', NO_ACTION, 'fall'], [segment(1, 4, 'wave')])


def live_windows(offline):
    """Yield the second, third and fifth window, 0.3 s late; the camera's clock is ahead."""
    for i, label in ((1, NO_ACTION), (2, 'wave'), (4, NO_ACTION)):
        yield LiveWindow(
            START_NS + CLOCK_AHEAD_NS + i * SEC, START_NS + i * SEC + 3 * SEC // 10,
            offline.probabilities_NK[i] + np.float32(0.01), label, 0.5)


def test_differences_and_delays_of_a_late_node(offline):
    clock = CameraClock()
    clock.place(START_NS + CLOCK_AHEAD_NS, 0)
    live = live_track(list(live_windows(offline)), clock, offline, START_NS)
    assert (live.times_N / SEC).tolist() == [1, 2, 4]
    assert (live.known_N / SEC).tolist() == [1.3, 2.3, 4.3]
    found = differences(live, offline, {'num_dropped': '2', 'frames_hz': '25'})
    assert (found['windows_offline'], found['windows_live'], found['missing_share']) == (6, 3, 0.5)
    assert found['age_median_sec'] == found['age_max_sec'] == 0.3
    # The second window differs in its label; the third and the fifth do not.
    assert found['same_label_share'] == round(2 / 3, 4)
    assert found['score_difference'] == 0.01
    assert found['num_dropped'] == 2
    counts = dict.fromkeys(('num_dropped', 'num_skipped_windows', 'num_restarts'), '0')
    assert list(differences(live, offline, counts)) == [row.name for row in LIVE_FIGURES]
    section = live_section([('front', offline, live)], {}, ['unusual'])
    # Waving from 1 s on is first decided in the window of 2 s, and known 0.3 s later.
    assert section['figures']['delay_median_sec'] == 1.3
    assert section['cameras'][0]['decided'] == [[2.3, 4.3, 'wave']]
    assert section['notes'] == ['unusual']


def test_no_decision_is_known_before_its_frame(offline):
    clock = CameraClock()
    clock.place(START_NS, 0)
    windows = [LiveWindow(START_NS + SEC, START_NS, offline.probabilities_NK[0], 'wave', 0.5)]
    live = live_track(windows, clock, offline, START_NS)
    assert live.known_N.tolist() == live.times_N.tolist() == [SEC]


def test_a_count_that_is_no_number_is_undefined(offline):
    clock = CameraClock()
    clock.place(START_NS + CLOCK_AHEAD_NS, 0)
    live = live_track(list(live_windows(offline)), clock, offline, START_NS)
    found = differences(live, offline, {'num_dropped': 'nan', 'num_restarts': '-'})
    assert (found['num_dropped'], found['num_restarts']) == (None, None)
