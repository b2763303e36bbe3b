# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Examples, one after the other: wait for images, count down, record."""

from collections.abc import Callable
from enum import Enum
import math
import time

from imrs_ros.capture.camera import CaptureCamera
from imrs_ros.capture.example_folder import ExampleFolder
from imrs_ros.capture.options import CaptureOptions
from imrs_ros.node.clips.recent_frames import MAX_BACK_NS
from imrs_ros.node.clips.video_file import VideoFile
from imrs_ros.node.entities import RosEntities
from imrs_ros.records import Frame

LEAST_IMAGES = 4
"""An example with fewer holds hardly any motion, and is not kept."""


class Stage(Enum):
    """What the session waits for."""

    PAUSED = 'paused'
    """To be started."""
    CAMERA = 'camera'
    """An image, before the countdown."""
    COUNTDOWN = 'countdown'
    """The end of the countdown."""
    RECORDING = 'recording'
    """Images."""


class CaptureSession:
    """
    Records examples until there are enough; used on the executor's thread alone.

    Images are encoded as they arrive. Where that takes too long, the middleware leaves some out,
    and the stamps of the others stay true.
    """

    def __init__(self, entities: RosEntities, options: CaptureOptions, folder: ExampleFolder,
                 say: Callable[[str], None]) -> None:
        """
        Wait to be started.

        :param entities: own the subscription.
        :param options: how many examples, and how long.
        :param folder: where the examples go.
        :param say: called with what happens, for the user.
        """
        self._options, self._folder, self._say = options, folder, say
        self.camera = CaptureCamera(entities, options, self._see, say)
        self.stage = Stage.PAUSED
        self.num_kept = 0
        """Examples recorded."""
        self._start_sec, self._shown = 0.0, 0
        self._video: VideoFile | None = None
        self._first_ns = self._last_ns = 0
        self._progress_sec = 0.0
        entities.on_close(self.pause)

    @property
    def is_over(self) -> bool:
        """Return whether all examples are there."""
        return 0 < self._options.count <= self.num_kept

    def start(self) -> None:
        """Begin with the next example as soon as there are images."""
        self.stage = Stage.CAMERA
        self.camera.expect_images()

    def pause(self) -> None:
        """Record nothing; leave nothing of an example that is not complete."""
        self.stage = Stage.PAUSED
        if self._video is not None:
            self._discard('interrupted')

    def _discard(self, reason: str) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.discard()
            self._say(f'  not kept: {reason}')

    def tick(self) -> None:
        """
        Count down, and look at the clock; to be called often.

        :raises RuntimeError: when images do not come.
        :raises OSError: when an example cannot be written.
        """
        if self.stage is Stage.PAUSED:
            return
        if self.camera.silent_sec > self._options.timeout:
            raise RuntimeError(self.camera.why_silent())
        if (self.stage is Stage.RECORDING
                and time.monotonic() - self._progress_sec > self._options.timeout):
            raise RuntimeError(
                'expected images with rising stamps, got images that all carry one stamp; the '
                'camera driver must stamp every image')
        if self.stage is Stage.COUNTDOWN:
            self._count_down(self._start_sec - time.monotonic())

    def _count_down(self, left_sec: float) -> None:
        if left_sec <= 0:
            self._video, self.stage = self._folder.begin(), Stage.RECORDING
            self._progress_sec = time.monotonic()
            self._say(f'  recording for {self._options.seconds:g} s')
        elif math.ceil(left_sec) != self._shown:
            self._shown = math.ceil(left_sec)
            self._say(f'  {self._shown}')

    def _see(self, frame: Frame) -> None:
        if self.stage is Stage.CAMERA:
            self._announce()
        elif self._video is not None:
            self._record(self._video, frame)

    def _announce(self) -> None:
        """Begin the countdown."""
        of = f' of {self._options.count}' if self._options.count else ''
        self._say(f'{self._options.label}: example {self.num_kept + 1}{of}')
        self.stage, self._shown = Stage.COUNTDOWN, 0
        self._start_sec = time.monotonic() + self._options.countdown

    def _record(self, video: VideoFile, frame: Frame) -> None:
        if not video.num_images:
            self._first_ns = self._last_ns = frame.stamp_ns
        back_ns = self._last_ns - frame.stamp_ns
        self._last_ns = max(self._last_ns, frame.stamp_ns)
        if back_ns > MAX_BACK_NS:
            self._discard(f'the stamps of the images went back by {back_ns / 1e9:.1f} s')
            self.stage = Stage.CAMERA
        elif frame.stamp_ns - self._first_ns > self._options.seconds * 1e9:
            self._finish(video)
        elif video.add(frame.stamp_ns, frame.image_HWC):
            self._progress_sec = time.monotonic()

    def _finish(self, video: VideoFile) -> None:
        self.stage = Stage.CAMERA
        if video.num_images < LEAST_IMAGES:
            self._discard(f'expected at least {LEAST_IMAGES} images in {self._options.seconds:g} '
                          f's, got {video.num_images}; raise the rate of the camera, or --seconds')
            return
        path = self._folder.keep(video)
        self._video = None
        self.num_kept += 1
        self._say(f'  {path}: {video.num_images} images, {video.duration_sec:.1f} s')
        if self._options.step or self.is_over:
            self.stage = Stage.PAUSED
