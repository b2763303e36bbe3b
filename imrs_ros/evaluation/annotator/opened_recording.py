# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A recording that is being annotated: its cameras, their frames and their clocks."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from imrs_ros.evaluation.annotator.frame_reader import FrameReader
from imrs_ros.evaluation.annotator.frame_times import frame_times, FrameTimes
from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Image, RecordingError
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.evaluation.recordings.video_recording import TOPIC
from imrs_ros.records import Frame
from imrs_ros.video import read_video
import numpy as np


class OpenedRecording:
    """One recording, to be used by one thread: SQLite and the decoders want that."""

    def __init__(
        self, path: Path, topics: Sequence[str] = (), *, by_log_time: bool = False,
        on_image: Callable[[], object] = lambda: None,
    ) -> None:
        """
        Open a recording, and read when its frames are shown.

        :param path: a bag or a video.
        :param topics: of the cameras, all of which must be in a bag; default: all.
        :param by_log_time: use recording times as header stamps.
        :param on_image: called after every frame.
        :raises RecordingError: if it cannot be opened, or has no frame.
        """
        self.path, self._reading = path, ''
        self.frames: dict[str, FrameReader] = {}
        """Of every camera, by topic; read them by ``jpeg``."""
        self._recording = open_recording(path, topics, by_log_time=by_log_time)
        self.name, self.duration_ns = self._recording.name, self._recording.duration_ns
        try:
            times = frame_times(
                self._recording, path, by_log_time=by_log_time, on_image=on_image)
            # What no frame came of cannot be shown.
            times = {topic: found for topic, found in times.items() if len(found.times_N)}
            if not times:
                raise RecordingError(f'{path}: expected a camera with frames, got none')
        except BaseException:
            self.close()
            raise
        self.notes = list(self._recording.notes)
        self.topics = tuple(times)
        self._clocks = {topic: found.clock for topic, found in times.items()}
        self.frames |= {topic: FrameReader(found.times_N, partial(self._read_from, topic, found))
                        for topic, found in times.items()}

    def jpeg(self, topic: str, index: int, *, is_small: bool = False) -> bytes:
        """
        Return a frame.

        :param topic: of the camera.
        :param index: of the frame, by time.
        :param is_small: for a strip of pictures.
        :return: a JPEG.
        :raises FrameError: if there is no such frame, or it cannot be decoded.
        """
        # An mcap without an index is read by one camera at a time: they share its position.
        if self._reading not in ('', topic):
            self.frames[self._reading].close()
        self._reading = topic
        return self.frames[topic].jpeg(index, is_small=is_small)

    def clock(self, topic: str) -> CameraClock:
        """
        Return the clock of a camera.

        :param topic: of the camera.
        :return: the clock, after all its frames were placed.
        """
        return self._clocks[topic]

    def close(self) -> None:
        """Close the files."""
        for reader in self.frames.values():
            reader.close()
        if isinstance(self._recording, Bag):
            self._recording.close()

    def _read_from(self, topic: str, times: FrameTimes, first: int) -> Iterator[Image]:
        """Read frames from the one with that number of recording on."""
        if not isinstance(self._recording, Bag):
            for image in read_video(self.path, first):
                yield Image(TOPIC, image.stamp_ns, Frame(
                    self._recording.start_ns + image.stamp_ns, 'video', image.image_HWC))
            return
        log_ns = int(times.log_N[first])
        images = self._recording.images_from(topic, log_ns)
        # Several frames may have been recorded at the same time.
        for _ in range(first - int(np.searchsorted(times.log_N, log_ns))):
            next(images, None)
        yield from images
