# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The first image of every camera of a recording: what stamps and boxes refer to."""

from dataclasses import dataclass, field

from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Recording


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstImage:
    """Clock and size of a camera."""

    topic: str
    size: tuple[int, int]
    """Width and height of its images, pixels."""
    clock: CameraClock = field(default_factory=CameraClock)
    """Set by its stamp, as offline."""


def first_images(recording: Recording) -> list[FirstImage]:
    """
    Find the first image of every camera that can be used.

    :param recording: open; no more is read of it than needed.
    :return: one of each camera that has any.
    """
    found: dict[str, FirstImage] = {}
    for image in recording.images():
        if image.frame is not None and image.topic not in found:
            height, width = image.frame.image_HWC.shape[:2]
            first = found[image.topic] = FirstImage(topic=image.topic, size=(width, height))
            first.clock.place(image.frame.stamp_ns, image.log_ns)
        if len(found) == len(recording.topics):
            break
    return list(found.values())
