"""
From a camera's frames to frames on the model's time grid, by stamps alone.

A window must span the same time whatever the camera's rate: the model was trained at one.
"""

from dataclasses import dataclass
import math

from imrs_ros.records import Frame


@dataclass(frozen=True, slots=True)
class Resampled:
    """What one camera frame brings."""

    frames: tuple[Frame, ...]
    """Frames for the next ticks of the grid, in order; a frame may stand for several ticks."""
    restart: str | None
    """Why the grid starts anew at this frame, so that older frames must be forgotten."""


class Resampler:
    """
    The frame nearest to every tick of a grid that starts at the first frame's stamp.

    A tick that lies ahead of the newest frame is filled at once when the next frame, expected
    after the same interval as the last, would be farther away. So a regular camera of any rate
    gives exactly the nearest frames, and never waits for a frame that will not be used.

    Not thread-safe: one thread pushes.
    """

    def __init__(self, fps: float, max_gap_sec: float) -> None:
        """
        Make an empty resampler.

        :param fps: rate of the model's time grid, Hz.
        :param max_gap_sec: a longer time between two frames starts the grid anew.
        :raises ValueError: when one of them is not above 0, or infinite.
        """
        if not (0 < fps < math.inf and 0 < max_gap_sec < math.inf):
            raise ValueError(
                f'fps and max_gap_sec must be above 0 and finite, got {fps} and {max_gap_sec}')
        self._period_ns = 1e9 / fps
        self._max_gap_ns = round(max_gap_sec * 1e9)
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next frame starts the grid."""
        self._last: Frame | None = None
        self._origin_ns = 0
        self._num_ticks = 0

    def push(self, frame: Frame) -> Resampled:
        """
        Take the next frame of the camera.

        :param frame: any frame; its stamp should be above that of the one before.
        :return: the frames of the ticks that can now be filled. A frame with the stamp of the
            one before is a duplicate and fills none.
        """
        last = self._last
        if last is None:
            return self._start(frame, None)
        interval_ns = frame.stamp_ns - last.stamp_ns
        if interval_ns == 0:
            return Resampled((), None)
        if interval_ns < 0:
            return self._start(frame, (
                f'expected a stamp after {last.stamp_ns} ns, got one {-interval_ns / 1e9:.3f} s '
                'before it'))
        if interval_ns > self._max_gap_ns:
            return self._start(frame, (
                f'expected a frame within {self._max_gap_ns / 1e9:.3f} s of the one before, got '
                f'one after {interval_ns / 1e9:.3f} s'))
        self._last = frame
        return Resampled(tuple(self._fill(last, frame, frame.stamp_ns + interval_ns)), None)

    def _start(self, frame: Frame, reason: str | None) -> Resampled:
        self._last, self._origin_ns, self._num_ticks = frame, frame.stamp_ns, 1
        return Resampled((frame,), reason)

    def _fill(self, last: Frame, frame: Frame, expected_ns: int) -> list[Frame]:
        """Fill all ticks nearer to ``frame`` than to the frame expected after it."""
        filled: list[Frame] = []
        while True:
            tick_ns = self._origin_ns + round(self._num_ticks * self._period_ns)
            if tick_ns - frame.stamp_ns > expected_ns - tick_ns:
                return filled
            from_last, from_frame = tick_ns - last.stamp_ns, abs(frame.stamp_ns - tick_ns)
            filled.append(last if from_last <= from_frame else frame)
            self._num_ticks += 1
