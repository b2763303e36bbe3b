# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The clips of a node's cameras, from images and decisions to files; not thread-safe."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
import time

from imrs_ros.images.decoding import BitDepth, CompressedImage, decode_image, RawImage
from imrs_ros.node.clips.clip_folder import ClipFolder
from imrs_ros.node.clips.pending_clip import PendingClip
from imrs_ros.node.clips.recent_frames import RecentFrames
from imrs_ros.records import Decision

MAX_HZ = 30.0
"""Images of a faster camera are left out."""
HISTORY_SEC = 5.0
"""From an action's onset to its decision, at most; of a longer time the clip lacks the start."""
MAX_PENDING_CLIPS = 8
"""Clips that wait for their end or are being written; with more, the new one is left out."""
SILENT_SEC = 2.0
"""A camera without images for so long ends its clips."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipSettings:
    """What is kept, and where."""

    folder: Path
    """Where the clips go."""
    before_sec: float
    """Time before the onset, s."""
    after_sec: float
    """Time after the decision, s."""
    max_mb: int
    """Size of all clips beyond which the oldest are deleted, MB."""


class ClipWriter:
    """Keeps the last seconds of every camera, and writes clips of them, one frame in a call."""

    def __init__(self, settings: ClipSettings, owner: str, cameras: Iterable[str]) -> None:
        """
        Start without frames; no file is touched.

        :param settings: where to, and how much.
        :param owner: full name of the node.
        :param cameras: names of the cameras.
        """
        self._before_ns = round(settings.before_sec * 1e9)
        self._after_ns = round(settings.after_sec * 1e9)
        self._folder = ClipFolder(settings.folder, owner, settings.max_mb * 1_000_000)
        span_sec = settings.before_sec + HISTORY_SEC
        self._recent = {name: RecentFrames(round(span_sec * 1e9), round(span_sec * MAX_HZ) + 1)
                        for name in cameras}
        self._depths = {name: BitDepth() for name in self._recent}
        self._last_image_sec = dict.fromkeys(self._recent, 0.0)
        self._clips: list[PendingClip] = []
        self._num_left_out = 0

    @property
    def num_pending(self) -> int:
        """Return the number of clips that wait for their end or are being written."""
        return len(self._clips)

    @property
    def has_complete_clip(self) -> bool:
        """Return whether ``write_next`` has work."""
        return any(clip.is_complete for clip in self._clips)

    def values(self) -> dict[str, str]:
        """
        Return the details for the diagnostics.

        :return: values as text, by key.
        """
        return {'clips_folder': str(self._folder.path), 'num_clips': str(self._folder.num_clips),
                'clips_mb': f'{self._folder.num_bytes / 1e6:.1f}',
                'num_clips_left_out': str(self._num_left_out)}

    def prepare(self) -> bool:
        """
        Create the folder where missing, and read what it holds.

        :return: False: nothing was written.
        :raises OSError: when it can be neither read nor created.
        """
        self._folder.prepare()
        return False

    def take_image(self, camera: str, msg: RawImage | CompressedImage) -> None:
        """
        Keep an image for clips.

        :param camera: name of the camera.
        :param msg: one that was decoded before: what is wrong with it was reported there.
        """
        self._last_image_sec[camera] = time.monotonic()
        try:
            frame = self._recent[camera].add(decode_image(msg, self._depths[camera]))
        # Whatever an image causes, it must not end the thread.
        except Exception:
            return
        if frame is not None:
            for clip in self._clips:
                if clip.camera == camera and not clip.is_complete:
                    clip.take(frame)

    def begin(self, decision: Decision) -> None:
        """
        Begin a clip with the frames that are kept.

        :param decision: one by which an action begins.
        """
        scores = decision.scores
        if len(self._clips) == MAX_PENDING_CLIPS:
            self._num_left_out += 1
            return
        clip = PendingClip(
            camera=scores.camera, label=decision.label, onset_ns=decision.onset_ns,
            end_ns=scores.stamp_ns + self._after_ns)
        # The newest frame may be beyond the end already.
        for frame in self._recent[scores.camera].since(decision.onset_ns - self._before_ns):
            clip.take(frame)
        self._clips.append(clip)

    def end_clips(self, *, all_cameras: bool) -> None:
        """
        End the clips whose images stopped, by this machine's clock: the camera's may stand still.

        :param all_cameras: those of all cameras, and forget the frames; others will follow.
        """
        limit_sec = time.monotonic() - SILENT_SEC
        for clip in self._clips:
            if all_cameras or self._last_image_sec[clip.camera] < limit_sec:
                clip.is_complete = True
        if all_cameras:
            for recent in self._recent.values():
                recent.clear()

    def write_next(self) -> bool:
        """
        Write one frame of the oldest complete clip, if there is one.

        :return: whether a clip was finished.
        :raises OSError: when it cannot be written; the clip is left out then.
        """
        clip = next((clip for clip in self._clips if clip.is_complete), None)
        if clip is None:
            return False
        try:
            if clip.frames:
                if clip.video is None:
                    clip.video = self._folder.begin()
                frame = clip.frames.pop(0)
                clip.video.add(frame.stamp_ns, frame.image())
            if clip.frames:
                return False
            if clip.video is not None:
                self._folder.keep(clip.video, clip.camera, clip.label, clip.onset_ns)
        except BaseException:
            self._num_left_out += 1
            clip.discard()
            self._clips.remove(clip)
            raise
        self._clips.remove(clip)
        return clip.video is not None

    def discard(self) -> None:
        """Leave nothing of unfinished clips."""
        for clip in self._clips:
            clip.discard()
        self._clips.clear()
