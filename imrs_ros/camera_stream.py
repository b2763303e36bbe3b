"""One camera's way from a frame to a window: shrink, resample, keep the last frames."""

from dataclasses import dataclass
import threading

from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import InputSpec
from imrs_ros.motion import changed_share
from imrs_ros.records import Clip, Frame
from imrs_ros.resampler import Resampler
from imrs_ros.ring_buffer import RingBuffer
from imrs_ros.settings import WindowSettings


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a frame."""

    restart: str | None
    """Why the window starts anew at this frame, or None."""
    is_window_due: bool
    """A window waits to be taken."""
    num_sampled: int
    """Frames that were put on the time grid because of it, each counted once."""


@dataclass(frozen=True, slots=True)
class TakenWindow:
    """A window, and what happened since the one before."""

    clip: Clip
    """A copy of the window's frames: the camera may go on at once."""
    restarted: bool
    """The camera started anew since the last window, so older scores must be forgotten."""
    epoch: int
    """The camera's epoch when it was taken."""
    is_still: bool
    """Too little moves in it for the model to be asked."""


class CameraStream:
    """
    The frames of one camera, on the model's time grid.

    ``push``, ``end`` and ``clear`` belong to the thread that receives images, ``take_window`` to
    the one that owns the model; a lock lets them meet.
    """

    def __init__(self, name: str, spec: InputSpec, settings: WindowSettings) -> None:
        """
        Start without frames; all its memory is allocated here.

        :param name: the camera's name.
        :param spec: the model's input.
        :param settings: hop and largest gap.
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
        Go by another hop and least motion from now on; frames and largest gap stay.

        :param settings: the new ones.
        """
        with self._lock:
            self._settings = settings

    @property
    def epoch(self) -> int:
        """Give how often ``end`` or ``clear`` was called: a window of an older one is void."""
        return self._epoch

    @property
    def num_skipped(self) -> int:
        """Give the number of windows that fell due but were overtaken by newer ones."""
        return self._num_skipped

    def push(self, frame: Frame) -> Pushed:
        """
        Take the camera's next frame.

        :param frame: any size; its image is not kept.
        :return: whether the window was restarted, and whether one is due.
        :raises ValueError: when the image is not an uint8 image of the model's channels.
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
            return Pushed(resampled.restart, self._is_due(), num_sampled)

    def end(self) -> None:
        """Let no window so far count any more; the next one needs a frame newer than this."""
        with self._lock:
            self._epoch += 1
            self._num_at_last_window = self._ring.num_appended

    def clear(self) -> None:
        """Forget all frames; the next window needs as many new ones as the first did."""
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
        Take the newest window if it is due, and forget those it overtook.

        :return: the window, or None.
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
        is_still = min_motion > 0 and changed_share(clip.frames_THWC) < min_motion
        return TakenWindow(clip, restarted, epoch, is_still)
