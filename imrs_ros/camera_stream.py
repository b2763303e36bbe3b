# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Frames of one camera to windows: shrink, resample, keep the newest frames."""

from dataclasses import dataclass
import threading

from imrs_ros.images.motion import changed_fraction
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import InputSpec
from imrs_ros.people.detection import Person
from imrs_ros.records import Clip, Frame
from imrs_ros.resampler import Resampler
from imrs_ros.ring_buffer import RingBuffer
from imrs_ros.settings import WindowSettings


@dataclass(frozen=True, slots=True)
class PushResult:
    """What pushing a frame did."""

    restart: str | None
    """Why the window was restarted at this frame; None if it was not."""
    is_window_due: bool
    """Whether a window is ready to be taken."""
    num_sampled: int
    """Distinct frames that it put on the time grid."""
    is_late: bool
    """Whether it was skipped: its stamp is not after that of the newest frame."""


@dataclass(frozen=True, slots=True)
class TakenWindow:
    """A window, and what happened since the previous one."""

    clip: Clip
    """A copy of the window's frames, so that the camera can continue at once."""
    camera: str
    """Name of the camera."""
    restarted: bool
    """Whether the camera restarted since the last window, so older scores must be discarded."""
    epoch: int
    """The camera's epoch when the window was taken."""
    is_still: bool
    """Whether too little moves in it for it to be scored."""
    person: Person | None = None
    """Whom it shows; None for the whole picture."""


class CameraStream:
    """
    Frames of one camera, on the model's time grid.

    ``push``, ``end`` and ``clear`` are called by the thread that receives images, ``take_window``
    by the one that owns the model; a lock guards what they share.
    """

    def __init__(self, name: str, spec: InputSpec, settings: WindowSettings) -> None:
        """
        Allocate all memory; there are no frames yet.

        :param name: name of the camera.
        :param spec: input of the model.
        :param settings: hop, largest gap and least motion.
        """
        self.name = name
        self._size_px = spec.size_px
        self._settings = settings
        self._resampler = Resampler(spec.fps, settings.max_gap_sec)
        self._ring = RingBuffer(spec.num_frames, (spec.size_px, spec.size_px, len(spec.mean)))
        self._num_frames = spec.num_frames
        self._lock = threading.Lock()
        self._newest: Frame | None = None
        self._num_at_last_window: int | None = None
        self._restarted = False
        self._num_skipped = 0
        self._epoch = 0

    def change(self, settings: WindowSettings) -> None:
        """
        Apply a new hop and least motion; frames and largest gap are left unchanged.

        :param settings: the new settings.
        """
        with self._lock:
            self._settings = settings

    @property
    def epoch(self) -> int:
        """Return how often ``end`` or ``clear`` was called; windows of earlier epochs are void."""
        return self._epoch

    @property
    def num_skipped(self) -> int:
        """Return the number of due windows that newer ones replaced before they were taken."""
        return self._num_skipped

    def push(self, frame: Frame) -> PushResult:
        """
        Add the camera's next frame.

        :param frame: an image of any size; it is not kept.
        :return: whether the window was restarted, and whether one is due.
        :raises ValueError: if the image is not a uint8 image with the model's channels.
        """
        small = Frame(frame.stamp_ns, frame.frame_id, shrink(frame.image_HWC, self._size_px))
        with self._lock:
            resampled = self._resampler.push(small)
            if resampled.restart is not None:
                self._restart()
            num_sampled = 0
            for tick in resampled.frames:
                self._ring.append(tick.image_HWC)
                num_sampled += tick is not self._newest
                self._newest = tick
            return PushResult(
                resampled.restart, self._is_due(), num_sampled, resampled.is_late)

    def end(self) -> None:
        """Void all windows so far; the next one needs a newer frame."""
        with self._lock:
            self._epoch += 1
            self._num_at_last_window = self._ring.num_appended

    def clear(self) -> None:
        """Discard all frames; the next window needs as many new ones as the first did."""
        with self._lock:
            self._epoch += 1
            self._resampler.reset()
            self._restart()

    def _restart(self) -> None:
        self._ring.clear()
        self._num_at_last_window = None
        self._restarted = True

    def _is_due(self) -> bool:
        if self._ring.window() is None:
            return False
        last = self._num_at_last_window
        return last is None or self._ring.num_appended - last >= self._settings.hop

    def take_window(self) -> TakenWindow | None:
        """
        Return the newest window if one is due; older ones are skipped.

        :return: the window; None if none is due.
        """
        with self._lock:
            window_THWC = self._ring.window()
            if window_THWC is None or self._newest is None or not self._is_due():
                return None
            num_appended = self._ring.num_appended
            if self._num_at_last_window is not None:
                self._num_skipped += (
                    (num_appended - self._num_at_last_window) // self._settings.hop - 1)
            self._num_at_last_window = num_appended
            restarted, self._restarted = self._restarted, False
            clip = Clip(
                camera=self.name, frames_THWC=window_THWC.copy(),
                first_sequence=num_appended - self._num_frames,
                stamp_ns=self._newest.stamp_ns, frame_id=self._newest.frame_id)
            epoch, min_motion = self._epoch, self._settings.min_motion
        is_still = min_motion > 0 and changed_fraction(clip.frames_THWC) < min_motion
        return TakenWindow(clip, self.name, restarted, epoch, is_still)
