# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Resample a camera's frames to the model's time grid, by their stamps alone.

The model was trained at one rate, so a window must span the same time at any camera's rate.
"""

from dataclasses import dataclass
import math

from imrs_ros.records import Frame


@dataclass(frozen=True, slots=True)
class Resampled:
    """Result of pushing one camera frame."""

    frames: tuple[Frame, ...]
    """Frames for the next ticks of the grid, in order; one frame may fill several ticks."""
    restart: str | None
    """Why the grid restarted at this frame, so that older frames must be discarded; None if it did
    not."""
    is_late: bool = False
    """Whether the frame was skipped: its stamp is not after that of the newest frame."""


class Resampler:
    """
    Nearest-frame resampling to a time grid that starts at the first frame's stamp.

    A tick ahead of the newest frame is filled at once if the next frame, expected after the same
    interval as the last, would be farther from it. So at any regular rate every tick gets exactly
    its nearest frame, without waiting for a frame that would not be used.

    Time is that of the newest frame. A frame before it is late and skipped, so that a driver that
    mixes up two frames costs one of them; a clock set back by at most ``max_gap_sec`` costs the
    frames until it has caught up. Only a larger jump, back or forward, restarts the grid.

    Not thread-safe: only one thread may push.
    """

    def __init__(self, fps: float, max_gap_sec: float) -> None:
        """
        Create an empty resampler.

        :param fps: rate of the model's time grid, Hz.
        :param max_gap_sec: a stamp farther than this from the newest one, before or after it,
            restarts the grid.
        :raises ValueError: if either is not above 0 and finite.
        """
        if not (0 < fps < math.inf and 0 < max_gap_sec < math.inf):
            raise ValueError(
                f'fps and max_gap_sec must be above 0 and finite, got {fps} and {max_gap_sec}')
        self._period_ns = 1e9 / fps
        self._max_gap_ns = round(max_gap_sec * 1e9)
        self.reset()

    def reset(self) -> None:
        """Discard all frames; the next one starts the grid."""
        self._last: Frame | None = None
        self._origin_ns = 0
        self._num_ticks = 0

    def push(self, frame: Frame) -> Resampled:
        """
        Add the camera's next frame.

        :param frame: the frame, in order of arrival.
        :return: the frames of the ticks that can now be filled; none for a late frame.
        """
        last = self._last
        if last is None:
            return self._start(frame, None)
        interval_ns = frame.stamp_ns - last.stamp_ns
        if interval_ns < -self._max_gap_ns:
            return self._start(frame, (
                f'expected a stamp after {last.stamp_ns} ns, got one {-interval_ns / 1e9:.3f} s '
                'earlier'))
        if interval_ns <= 0:
            return Resampled((), None, is_late=True)
        if interval_ns > self._max_gap_ns:
            return self._start(frame, (
                f'expected a frame within {self._max_gap_ns / 1e9:.3f} s of the previous one, got '
                f'one after {interval_ns / 1e9:.3f} s'))
        self._last = frame
        return Resampled(tuple(self._fill(last, frame, frame.stamp_ns + interval_ns)), None)

    def _start(self, frame: Frame, reason: str | None) -> Resampled:
        self._last, self._origin_ns, self._num_ticks = frame, frame.stamp_ns, 1
        return Resampled((frame,), reason)

    def _fill(self, last: Frame, frame: Frame, expected_ns: int) -> list[Frame]:
        """Fill all ticks that are nearer to ``frame`` than to the frame expected after it."""
        filled: list[Frame] = []
        while True:
            tick_ns = self._origin_ns + round(self._num_ticks * self._period_ns)
            if tick_ns - frame.stamp_ns > expected_ns - tick_ns:
                return filled
            from_last, from_frame = tick_ns - last.stamp_ns, abs(frame.stamp_ns - tick_ns)
            filled.append(last if from_last <= from_frame else frame)
            self._num_ticks += 1
