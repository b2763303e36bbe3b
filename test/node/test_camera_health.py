# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The counters of one camera, by a clock of its own."""

from imrs_ros.node import camera_health
from imrs_ros.node.camera_health import CameraHealth, Level, SILENT_ERROR_SEC
import pytest


@pytest.fixture
def clocks(monkeypatch):
    """Return the camera's clock and the machine's, both set by hand."""
    clocks = {'camera': 100.0, 'machine': 5000.0}
    monkeypatch.setattr(camera_health.time, 'monotonic', lambda: clocks['machine'])
    return clocks


def pass_time(clocks, camera_sec, machine_sec):
    clocks['camera'] += camera_sec
    clocks['machine'] += machine_sec


def health_of(clocks):
    return CameraHealth(lambda: clocks['camera'])


def test_rates_are_by_the_cameras_clock(clocks):
    health = health_of(clocks)
    for _ in range(25):
        pass_time(clocks, 0.04, 0.2)
        health.count_frame(0.01, num_sampled=1, restarted=False)
    report = health.report()
    assert report.frames_hz == report.sampled_hz == pytest.approx(25)
    assert not report.problems(model_hz=25, window_sec=0.64, window_limit_sec=1.3)


def test_late_frames_are_counted_since_the_node_was_configured(clocks):
    health = health_of(clocks)
    for is_late in (True, False, True):
        health.count_frame(0.01, num_sampled=0, restarted=False, is_late=is_late)
    assert health.report().num_late_frames == health.report().num_late_frames == 2


def test_silence_is_by_the_cameras_clock(clocks):
    health = health_of(clocks)
    pass_time(clocks, 0.4, 4.0)
    assert not health.is_silent(0.5)
    pass_time(clocks, 0.2, 0.0)
    assert health.is_silent(0.5)
    health.expect_frames()
    assert not health.is_silent(0.5)


@pytest.mark.parametrize('jump_sec', [0.0, -1000.0])
def test_a_clock_that_stands_still_or_is_set_back(clocks, jump_sec):
    health = health_of(clocks)
    pass_time(clocks, jump_sec, SILENT_ERROR_SEC - 0.1)
    assert not health.is_silent(0.5)
    assert not health.report().problems(model_hz=25, window_sec=0.64, window_limit_sec=1.3)
    pass_time(clocks, 0.0, 0.2)
    assert health.is_silent(0.5)
    (problem,) = health.report().problems(model_hz=25, window_sec=0.64, window_limit_sec=1.3)
    assert problem.level == Level.ERROR
    assert problem.text == f'no frames for {SILENT_ERROR_SEC:.0f} s'
    (problem,) = health.report().problems(
        model_hz=25, window_sec=0.64, window_limit_sec=1.3, advice='look for it')
    assert problem.text == f'no frames for {SILENT_ERROR_SEC:.0f} s: look for it'


@pytest.mark.parametrize(('rate_hz', 'is_fine'), [(15, True), (7, True), (6, False)])
def test_only_a_rate_that_leaves_no_motion_is_a_problem(clocks, rate_hz, is_fine):
    """Frames of 0.64 s: 4 of them need 6.25 Hz."""
    health = health_of(clocks)
    health.report()
    for _ in range(2 * rate_hz):
        pass_time(clocks, 1 / rate_hz, 1 / rate_hz)
        health.count_frame(0.01, num_sampled=1, restarted=False)
        health.count_window(0.1, 0.1)
    problems = health.report().problems(model_hz=25, window_sec=0.64, window_limit_sec=1.3)
    assert [p.level for p in problems] == ([] if is_fine else [Level.WARN])
