# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The newest frames of a camera at the size that crops of people need, kept once for all."""

from collections import deque
from dataclasses import replace

from imrs_ros.images.preprocessing import check_image, fit_within
from imrs_ros.records import Frame
from imrs_ros.resampler import Resampler

KEPT_PX = 640
"""Longer side of a kept frame at most: 0.9 MB each at 4:3."""


class KeptFrames:
    """Frames of the last window on the model's time grid. Not thread-safe: the owner must lock."""

    def __init__(self, num_frames: int, fps: float, max_gap_sec: float) -> None:
        """
        Start without frames.

        :param num_frames: frames of a window.
        :param fps: rate of the time grid, Hz.
        :param max_gap_sec: longest time between two frames; after a longer one, nothing is kept.
        """
        self._resampler = Resampler(fps, max_gap_sec)
        self._frames: deque[Frame] = deque(maxlen=num_frames)
        self.num_appended = 0
        """Number of frames ever kept; numbering continues across restarts."""

    def push(self, frame: Frame) -> bool:
        """
        Keep a frame for all ticks of the grid that it fills.

        :param frame: as ``keepable`` returns it.
        :return: whether older frames were discarded: a gap, or a jump of the clock.
        """
        resampled = self._resampler.push(frame)
        if resampled.restart is not None:
            self._frames.clear()
        for tick in resampled.frames:
            self._frames.append(tick)
            self.num_appended += 1
        # A camera that changes its size: windows hold frames of one size.
        if self._frames and any(
                tick.image_HWC.shape != self._frames[-1].image_HWC.shape for tick in self._frames):
            newest = self._frames[-1]
            self._frames.clear()
            self._frames.append(newest)
            return True
        return resampled.restart is not None

    def clear(self) -> None:
        """Discard all frames."""
        self._resampler.reset()
        self._frames.clear()

    @property
    def newest_ns(self) -> int | None:
        """Return the stamp of the newest frame; None without one."""
        return self._frames[-1].stamp_ns if self._frames else None

    @property
    def is_full(self) -> bool:
        """Return whether there are enough frames for a window."""
        return len(self._frames) == self._frames.maxlen

    def window(self) -> tuple[Frame, ...] | None:
        """
        Return the frames of the newest window, oldest first.

        :return: the frames, which nobody may write to; None until there are enough.
        """
        return tuple(self._frames) if self.is_full else None


def keepable(frame: Frame) -> Frame:
    """
    Return a frame at the size at which it is kept.

    :param frame: RGB of any size.
    :return: a copy, its longer side at most ``KEPT_PX``.
    :raises ValueError: if the image is not a uint8 RGB image.
    """
    check_image(frame.image_HWC)
    small_HWC = fit_within(frame.image_HWC, KEPT_PX)
    # The original may share memory with a message that is reused.
    return replace(frame, image_HWC=(
        small_HWC.copy() if small_HWC is frame.image_HWC else small_HWC))
