# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A recording: the images of its cameras, in the order in which they were recorded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from imrs_ros.evaluation.recordings.detection_topic import RecordedDetections
from imrs_ros.records import Frame


class RecordingError(ValueError):
    """A recording that cannot be evaluated; the text names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Image:
    """One recorded image, or why it cannot be used."""

    topic: str
    """Topic on which it was published."""
    log_ns: int
    """When it was recorded, from the start of the recording."""
    frame: Frame | None
    """The decoded image; None if it cannot be used."""
    problem: str = ''
    """Why it cannot be used."""


class Recording(Protocol):
    """A bag, or a video."""

    name: str
    """Name in reports and annotations."""
    topics: tuple[str, ...]
    """Camera topics."""
    start_ns: int
    """Recording time of the first message."""
    duration_ns: int
    """From the first to the last message."""
    num_images: int
    """Of all cameras, to show progress."""
    notes: list[str]
    """What was repaired; grows while the recording is read."""

    def images(self, size_px: int | None = None) -> Iterator[Image]:
        """
        Read all images of the cameras.

        :param size_px: side of the network's frames, to decode as the node does; None for whole
            images.
        :return: images in the order of recording.
        """

    def texts(self, topic: str) -> list[tuple[int, str]]:
        """
        Read the texts of a topic, as of annotations.

        :param topic: of ``std_msgs/String``.
        :return: time from the start of the recording, ns, and text.
        :raises RecordingError: if there is no such topic.
        """

    def detections(self, topic: str) -> list[RecordedDetections]:
        """
        Read the people of a topic.

        :param topic: of ``vision_msgs/Detection2DArray``.
        :return: all messages, in the order of recording.
        :raises RecordingError: if there is no such topic, or of another version of vision_msgs.
        """
