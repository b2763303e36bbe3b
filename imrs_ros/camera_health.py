"""What is counted of one camera between two reports; no ROS."""

from collections import deque
import statistics
import threading
import time
from typing import NamedTuple

KEPT_LATENCIES = 200


class CameraReport(NamedTuple):
    """One camera since the last report."""

    frames_hz: float
    """Frames received a second."""
    windows_hz: float
    """Windows published a second."""
    latency_p50_sec: float
    """Median time from a window's newest stamp to its publication, s; nan without windows."""
    latency_p95_sec: float
    """95th percentile of the same, s."""
    num_dropped: int
    """Frames that could not be used, since the node was configured."""
    num_newly_dropped: int
    """Of these, since the last report."""
    num_restarts: int
    """Windows that were started anew, since the node was configured."""

    def problem(self) -> str | None:
        """
        Say what is wrong with a camera that should be heard.

        :return: the words, or None where nothing is.
        """
        found = []
        if not self.frames_hz:
            found.append('no frames since the last report')
        if self.num_newly_dropped:
            found.append(f'images dropped since the last report: {self.num_newly_dropped}')
        return ', '.join(found) or None


class CameraHealth:
    """Counters of one camera; thread-safe."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._num_frames = self._num_windows = 0
        self._num_dropped = self._num_newly_dropped = self._num_restarts = 0
        self._last_frame_sec = time.monotonic()
        self._latencies_sec: deque[float] = deque(maxlen=KEPT_LATENCIES)

    def count_frame(self, *, restarted: bool) -> None:
        """
        Count a frame that was taken.

        :param restarted: it started the window anew.
        """
        with self._lock:
            self._num_frames += 1
            self._num_restarts += restarted
            self._last_frame_sec = time.monotonic()

    def silent_sec(self) -> float:
        """Give the time since a frame was last taken, by this machine's clock, s."""
        with self._lock:
            return time.monotonic() - self._last_frame_sec

    def count_dropped(self) -> None:
        """Count a frame that could not be used."""
        with self._lock:
            self._num_dropped += 1
            self._num_newly_dropped += 1

    def count_window(self, latency_sec: float) -> None:
        """
        Count a window that was published.

        :param latency_sec: from the stamp of its newest frame to now.
        """
        with self._lock:
            self._num_windows += 1
            self._latencies_sec.append(latency_sec)

    def report(self, elapsed_sec: float) -> CameraReport:
        """
        Give the rates since the last report, and start counting anew.

        :param elapsed_sec: time since the last report, above 0.
        :return: the report.
        """
        with self._lock:
            ordered = sorted(self._latencies_sec)
            result = CameraReport(
                frames_hz=self._num_frames / elapsed_sec,
                windows_hz=self._num_windows / elapsed_sec,
                latency_p50_sec=statistics.median(ordered) if ordered else float('nan'),
                latency_p95_sec=ordered[int(0.95 * (len(ordered) - 1))] if ordered
                else float('nan'),
                num_dropped=self._num_dropped, num_newly_dropped=self._num_newly_dropped,
                num_restarts=self._num_restarts)
            self._num_frames = self._num_windows = self._num_newly_dropped = 0
            self._latencies_sec.clear()
            return result
