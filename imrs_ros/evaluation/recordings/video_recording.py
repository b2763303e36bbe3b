# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A video file as a recording of one camera."""

from collections.abc import Iterator
from pathlib import Path

from imrs_ros.evaluation.recordings.detection_topic import RecordedDetections
from imrs_ros.evaluation.recordings.recording import Image, RecordingError
from imrs_ros.records import Frame
from imrs_ros.video import read_video, SUFFIXES, video_timeline, VideoError

TOPIC = '/video'
FIRST_STAMP_NS = 1_000_000_000
"""A stamp of 0 means none."""


class VideoRecording:
    """One video; a context manager, like a bag."""

    def __init__(self, path: Path) -> None:
        """
        Open a video.

        :param path: the file.
        :raises RecordingError: if it cannot be opened.
        """
        self.name, self.notes = path.stem, list[str]()
        self.topics: tuple[str, ...] = (TOPIC,)
        self._path, self.start_ns = path, FIRST_STAMP_NS
        try:
            timeline = video_timeline(path)
        except VideoError as error:
            raise RecordingError(str(error)) from error
        self.num_images, self.duration_ns = timeline.num_frames, timeline.duration_ns

    def __enter__(self) -> 'VideoRecording':
        """Return the video itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""

    def images(self, size_px: int | None = None) -> Iterator[Image]:
        """
        Read all frames, up to where the file is damaged.

        :param size_px: ignored: there are no messages to decode, and frames stay whole.
        :return: frames in order.
        """
        try:
            for image in read_video(self._path):
                frame = Frame(FIRST_STAMP_NS + image.stamp_ns, 'video', image.image_HWC)
                yield Image(TOPIC, image.stamp_ns, frame)
        except VideoError as error:
            self.notes.append(str(error))

    def texts(self, topic: str) -> list[tuple[int, str]]:
        """
        Raise an error: a video has no topics.

        :param topic: any.
        :return: never.
        :raises RecordingError: always.
        """
        raise RecordingError(f'{self._path}: expected a bag with the topic {topic}, got a video')

    def detections(self, topic: str) -> list[RecordedDetections]:
        """
        Raise an error: a video has no topics.

        :param topic: any.
        :return: never.
        :raises RecordingError: always.
        """
        raise RecordingError(f'{self._path}: expected a bag with the topic {topic}, got a video; '
                             'use "--people finder" or "--people true"')


def is_video(path: Path) -> bool:
    """
    Return whether a file is a video, by its suffix.

    :param path: any file.
    :return: True if it is.
    """
    return path.suffix.lower() in SUFFIXES
