# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Health of one camera: counters between two reports, and its problems; no ROS."""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
import math
import statistics
import threading
import time
from typing import NamedTuple

KEPT_TIMES = 200
"""Most latencies and ages in a report; the newest are kept."""
WARNING_PERIOD_SEC = 5.0
"""A problem that lasts is logged this often."""
SILENT_ERROR_SEC = 5.0
"""A camera without frames for so long is an error."""
LEAST_DISTINCT_FRAMES = 4
"""In a window; with fewer, it holds hardly any motion, and labels mean little."""


class Level(IntEnum):
    """Severity, with the values of ``diagnostic_msgs/DiagnosticStatus``."""

    OK = 0
    WARN = 1
    ERROR = 2


class HealthProblem(NamedTuple):
    """One problem."""

    level: Level
    """Severity."""
    text: str
    """What is wrong, and what to do where that is not obvious."""


class _Moment(NamedTuple):
    """When something happened, by both clocks, s."""

    camera_sec: float
    machine_sec: float


class CameraReport(NamedTuple):
    """Health of one camera since the last report."""

    frames_hz: float
    """Frames received per second."""
    sampled_hz: float
    """Different frames put on the model's time grid per second."""
    windows_hz: float
    """Windows published per second."""
    frame_age_sec: float
    """Median time from a frame's stamp to its arrival, s; nan without frames."""
    latency_p50_sec: float
    """Median time from a window's newest stamp to its publication, s; nan without windows."""
    latency_p95_sec: float
    """95th percentile of the same, s."""
    latency_max_sec: float
    """Largest of the same, s."""
    inference_p50_sec: float
    """Median inference time, part of the latency, s."""
    silent_sec: float
    """Time since the last frame by the machine's clock, s."""
    windowless_sec: float
    """Time without a window since the last one, or since frames arrive again, by the camera's
    clock, s."""
    num_dropped: int
    """Images dropped since the node was configured."""
    num_newly_dropped: int
    """Images dropped since the last report."""
    num_restarts: int
    """Window restarts since the node was configured."""
    num_late_frames: int
    """Frames skipped since the node was configured, as their stamp was not after the newest."""
    num_newly_restarted: int
    """Window restarts since the last report."""

    @property
    def lacks_frames(self) -> bool:
        """Return whether the camera has sent no frame for so long that it is an error."""
        return self.silent_sec >= SILENT_ERROR_SEC

    def problems(
        self, model_hz: float, window_sec: float, window_limit_sec: float, advice: str = '',
    ) -> list[HealthProblem]:
        """
        List the problems of a camera from which images are expected.

        :param model_hz: rate of the model's time grid.
        :param window_sec: duration of a window.
        :param window_limit_sec: longest time without a window while frames arrive.
        :param advice: what to do where no frames arrive; empty if that is not known.
        :return: the problems; empty where all is well.
        """
        found = []
        if self.lacks_frames:
            text = f'no frames for {self.silent_sec:.0f} s'
            found.append(HealthProblem(Level.ERROR, f'{text}: {advice}' if advice else text))
        elif not self.frames_hz:
            found.append(HealthProblem(Level.WARN, 'no frames since the last report'))
        elif self.frames_hz * window_sec < LEAST_DISTINCT_FRAMES:
            found.append(HealthProblem(
                Level.WARN, f'{self.frames_hz:.1f} frames per second give a window fewer than '
                f'{LEAST_DISTINCT_FRAMES} different frames; raise the rate of the camera, '
                f'the model was trained at {model_hz:g}'))
        if self.frames_hz and self.windowless_sec > window_limit_sec:
            found.append(HealthProblem(
                Level.ERROR, f'no windows for {self.windowless_sec:.1f} s, although images '
                f'arrive: {self._why_no_windows()}'))
        if self.num_newly_dropped:
            found.append(HealthProblem(
                Level.WARN, f'images dropped since the last report: {self.num_newly_dropped}'))
        if self.latency_p50_sec > window_sec:
            found.append(HealthProblem(
                Level.WARN, f'latency {self.latency_p50_sec:.2f} s, longer than a window of '
                f'{window_sec:g} s; the machine is too slow, or its clock differs from that of '
                'the camera'))
        return found

    def _why_no_windows(self) -> str:
        if self.num_newly_restarted > 1:
            return ('the window restarts again and again; look for a second publisher of the '
                    'topic, or raise max_gap_sec')
        if not self.sampled_hz:
            return 'all carry one stamp; the camera driver must stamp every image'
        return 'the model does not answer; see the status of the node'


class CameraHealth:
    """
    Counters of one camera; thread-safe.

    Rates are by the camera's clock, which a simulation may run slower or faster than the
    machine's, or stop.
    """

    def __init__(self, now_sec: Callable[[], float] = time.monotonic) -> None:
        """
        Start at zero.

        :param now_sec: returns the time by the camera's clock, s.
        """
        self._now_sec = now_sec
        self._lock = threading.Lock()
        self._num_frames = self._num_sampled = self._num_windows = 0
        self._num_dropped = self._num_newly_dropped = 0
        self._num_restarts = self._num_newly_restarted = 0
        self._num_late_frames = 0
        self._last_report_sec = now_sec()
        self._last_frame = self._last_window = self._flowing_since = self._moment()
        self._is_flowing = False
        self._ages_sec: deque[float] = deque(maxlen=KEPT_TIMES)
        self._latencies_sec: deque[float] = deque(maxlen=KEPT_TIMES)
        self._inferences_sec: deque[float] = deque(maxlen=KEPT_TIMES)

    def count_frame(self, age_sec: float, *, num_sampled: int, restarted: bool,
                    is_late: bool = False) -> None:
        """
        Count a received frame.

        :param age_sec: time from its stamp to now.
        :param num_sampled: number of frames put on the time grid because of it.
        :param restarted: whether it restarted the window.
        :param is_late: whether it was skipped, as its stamp is not after the newest.
        """
        with self._lock:
            self._num_frames += 1
            self._num_sampled += num_sampled
            self._num_restarts += restarted
            self._num_late_frames += is_late
            self._num_newly_restarted += restarted
            self._ages_sec.append(age_sec)
            self._last_frame = self._moment()
            if not self._is_flowing:
                self._is_flowing, self._flowing_since = True, self._last_frame

    def _moment(self) -> _Moment:
        return _Moment(self._now_sec(), time.monotonic())

    def _is_over(self, since: _Moment, limit_sec: float) -> bool:
        """Return whether a limit is over by the camera's clock, or, if that stands still, ours."""
        return (self._now_sec() - since.camera_sec > limit_sec
                or time.monotonic() - since.machine_sec > max(limit_sec, SILENT_ERROR_SEC))

    def is_silent(self, limit_sec: float) -> bool:
        """
        Return whether the camera has sent no frame for too long.

        :param limit_sec: limit by the camera's clock; where that stands still, the longer
            ``SILENT_ERROR_SEC`` by the machine's clock counts.
        :return: whether the limit is exceeded.
        """
        with self._lock:
            return self._is_over(self._last_frame, limit_sec)

    def is_windowless(self, limit_sec: float) -> bool:
        """
        Return whether no window of the camera was published for too long, whatever the cause.

        :param limit_sec: limit by the same clocks as that of ``is_silent``.
        :return: whether the limit is exceeded.
        """
        with self._lock:
            return self._is_over(self._last_window, limit_sec)

    def expect_frames(self) -> None:
        """Measure the times without frames and without windows from now on."""
        with self._lock:
            self._last_frame = self._last_window = self._moment()
            self._is_flowing = False

    def expect_windows(self) -> None:
        """Measure the time without windows from now on."""
        with self._lock:
            self._last_window = self._moment()

    def count_dropped(self) -> None:
        """Count a dropped image."""
        with self._lock:
            self._num_dropped += 1
            self._num_newly_dropped += 1

    def count_window(self, latency_sec: float, inference_sec: float) -> None:
        """
        Count a published window.

        :param latency_sec: time from the stamp of its newest frame to now.
        :param inference_sec: inference time, part of the latency.
        """
        with self._lock:
            self._num_windows += 1
            self._last_window = self._moment()
            self._latencies_sec.append(latency_sec)
            self._inferences_sec.append(inference_sec)

    def report(self) -> CameraReport:
        """
        Return the rates since the last report, and reset the counters.

        :return: the report; rates are nan if the camera's clock stood still or was set back.
        """
        with self._lock:
            now_sec = self._now_sec()
            elapsed_sec, self._last_report_sec = now_sec - self._last_report_sec, now_sec
            per_sec = 1 / elapsed_sec if elapsed_sec > 0 else math.nan
            ordered = sorted(self._latencies_sec) or [math.nan]
            result = CameraReport(
                frames_hz=self._num_frames * per_sec,
                sampled_hz=self._num_sampled * per_sec,
                windows_hz=self._num_windows * per_sec,
                frame_age_sec=statistics.median(self._ages_sec or [math.nan]),
                latency_p50_sec=statistics.median(ordered),
                latency_p95_sec=ordered[int(0.95 * (len(ordered) - 1))],
                latency_max_sec=ordered[-1],
                inference_p50_sec=statistics.median(self._inferences_sec or [math.nan]),
                silent_sec=time.monotonic() - self._last_frame.machine_sec,
                windowless_sec=now_sec - max(
                    self._last_window.camera_sec, self._flowing_since.camera_sec),
                num_dropped=self._num_dropped, num_newly_dropped=self._num_newly_dropped,
                num_restarts=self._num_restarts,
                num_newly_restarted=self._num_newly_restarted,
                num_late_frames=self._num_late_frames)
            self._is_flowing = self._num_frames > 0
            self._num_frames = self._num_sampled = self._num_windows = 0
            self._num_newly_dropped = self._num_newly_restarted = 0
            self._ages_sec.clear()
            self._latencies_sec.clear()
            self._inferences_sec.clear()
            return result
