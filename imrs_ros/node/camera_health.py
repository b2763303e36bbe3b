"""What is counted of one camera between two reports, and what is wrong with it; no ROS."""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
import math
import statistics
import threading
import time
from typing import NamedTuple

KEPT_TIMES = 200
"""Latencies and ages of a report; the newest count."""
SILENT_ERROR_SEC = 5.0
"""A camera that gives no frame for so long is lost."""
LEAST_RATE_SHARE = 0.9
"""Of the model's frame rate; a slower camera shows the model less than it learnt from."""


class Level(IntEnum):
    """How bad it is; the values are those of ``diagnostic_msgs/DiagnosticStatus``."""

    OK = 0
    WARN = 1
    ERROR = 2


class HealthProblem(NamedTuple):
    """One thing that is wrong."""

    level: Level
    """How bad it is."""
    text: str
    """What it is, and where it is not plain what to do."""


class CameraReport(NamedTuple):
    """One camera since the last report."""

    frames_hz: float
    """Frames received a second."""
    sampled_hz: float
    """Different frames put on the model's time grid a second."""
    windows_hz: float
    """Windows published a second."""
    frame_age_sec: float
    """Median time from a frame's stamp to its arrival, s; nan without frames."""
    latency_p50_sec: float
    """Median time from a window's newest stamp to its publication, s; nan without windows."""
    latency_p95_sec: float
    """95th percentile of the same, s."""
    latency_max_sec: float
    """Largest of the same, s."""
    inference_p50_sec: float
    """Median time that the model took of it, s."""
    silent_sec: float
    """Time since the last frame by this machine's clock, s."""
    num_dropped: int
    """Frames that could not be used, since the node was configured."""
    num_newly_dropped: int
    """Of these, since the last report."""
    num_restarts: int
    """Windows that were started anew, since the node was configured."""

    def problems(self, model_hz: float, window_sec: float) -> list[HealthProblem]:
        """
        Say what is wrong with a camera that should be heard.

        :param model_hz: rate of the model's time grid.
        :param window_sec: time that a window spans.
        :return: what is, if anything.
        """
        found = []
        if self.silent_sec >= SILENT_ERROR_SEC:
            found.append(HealthProblem(Level.ERROR, f'no frames for {self.silent_sec:.0f} s'))
        elif not self.frames_hz:
            found.append(HealthProblem(Level.WARN, 'no frames since the last report'))
        elif self.frames_hz < LEAST_RATE_SHARE * model_hz:
            found.append(HealthProblem(
                Level.WARN, f'{self.frames_hz:.1f} frames a second, fewer than the '
                f'{model_hz:g} of the model'))
        if self.num_newly_dropped:
            found.append(HealthProblem(
                Level.WARN, f'images dropped since the last report: {self.num_newly_dropped}'))
        if self.latency_p50_sec > window_sec:
            found.append(HealthProblem(
                Level.WARN, f'results {self.latency_p50_sec:.2f} s late, more than a window of '
                f'{window_sec:g} s; the machine is too slow, or clocks differ'))
        return found


class CameraHealth:
    """
    Counters of one camera; thread-safe.

    Rates are those of the camera's clock, which a simulation may run slower or faster than this
    machine's, or let stand still.
    """

    def __init__(self, now_sec: Callable[[], float] = time.monotonic) -> None:
        """
        Start at zero.

        :param now_sec: gives the time by the camera's clock, s.
        """
        self._now_sec = now_sec
        self._lock = threading.Lock()
        self._num_frames = self._num_sampled = self._num_windows = 0
        self._num_dropped = self._num_newly_dropped = self._num_restarts = 0
        self._last_report_sec = now_sec()
        self._note_frame()
        self._ages_sec: deque[float] = deque(maxlen=KEPT_TIMES)
        self._latencies_sec: deque[float] = deque(maxlen=KEPT_TIMES)
        self._inferences_sec: deque[float] = deque(maxlen=KEPT_TIMES)

    def count_frame(self, age_sec: float, *, num_sampled: int, restarted: bool) -> None:
        """
        Count a frame that was taken.

        :param age_sec: from its stamp to now.
        :param num_sampled: frames that were put on the time grid because of it.
        :param restarted: it started the window anew.
        """
        with self._lock:
            self._num_frames += 1
            self._num_sampled += num_sampled
            self._num_restarts += restarted
            self._ages_sec.append(age_sec)
            self._note_frame()

    def _note_frame(self) -> None:
        self._last_frame_sec, self._last_arrival_sec = self._now_sec(), time.monotonic()

    def is_silent(self, limit_sec: float) -> bool:
        """
        Tell whether the camera has given no frame for too long.

        :param limit_sec: by the camera's clock; where that stands still, the longer
            ``SILENT_ERROR_SEC`` of this machine's clock counts.
        :return: whether it has.
        """
        with self._lock:
            return (self._now_sec() - self._last_frame_sec > limit_sec
                    or time.monotonic() - self._last_arrival_sec > SILENT_ERROR_SEC)

    def expect_frames(self) -> None:
        """Count the time of silence from now on."""
        with self._lock:
            self._note_frame()

    def count_dropped(self) -> None:
        """Count a frame that could not be used."""
        with self._lock:
            self._num_dropped += 1
            self._num_newly_dropped += 1

    def count_window(self, latency_sec: float, inference_sec: float) -> None:
        """
        Count a window that was published.

        :param latency_sec: from the stamp of its newest frame to now.
        :param inference_sec: what the model took of it.
        """
        with self._lock:
            self._num_windows += 1
            self._latencies_sec.append(latency_sec)
            self._inferences_sec.append(inference_sec)

    def report(self) -> CameraReport:
        """
        Give the rates since the last report, and start counting anew.

        :return: the report; rates are nan where the camera's clock stood still or was set back.
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
                silent_sec=time.monotonic() - self._last_arrival_sec,
                num_dropped=self._num_dropped, num_newly_dropped=self._num_newly_dropped,
                num_restarts=self._num_restarts)
            self._num_frames = self._num_sampled = self._num_windows = 0
            self._num_newly_dropped = 0
            self._ages_sec.clear()
            self._latencies_sec.clear()
            self._inferences_sec.clear()
            return result
