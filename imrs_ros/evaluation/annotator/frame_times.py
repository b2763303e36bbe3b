# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
When each frame of a recording is shown, without decoding any.

Times are those of ``evaluate``: header stamps, placed on the time of the recording.

Layout legend: N frames, in the order in which they were recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import struct

from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.video_recording import VideoRecording
from imrs_ros.video import video_timeline
import numpy as np
from numpy.typing import NDArray

STAMP_OFFSET = 4
"""Bytes before ``header.stamp`` in a serialised image: those that say how it is serialised."""


@dataclass(slots=True)
class FrameTimes:
    """Times of the frames of one camera."""

    times_N: NDArray[np.int64]
    """From the start of the recording, ns; they need not rise."""
    log_N: NDArray[np.int64]
    """When each was recorded, from the start of the recording, ns; they rise."""
    clock: CameraClock
    """Of the camera, after all its frames were placed."""


@dataclass(slots=True)
class _Placed:
    clock: CameraClock = field(default_factory=CameraClock)
    times: list[int] = field(default_factory=list)
    logs: list[int] = field(default_factory=list)


def frame_times(
    recording: Bag | VideoRecording, path: Path, *, by_log_time: bool = False,
    on_image: Callable[[], object] = lambda: None,
) -> dict[str, FrameTimes]:
    """
    Read when the frames of every camera are shown.

    :param recording: open.
    :param path: of the recording.
    :param by_log_time: use recording times as header stamps.
    :param on_image: called after every frame.
    :return: times by topic, for every camera of the recording.
    """
    placed = {topic: _Placed() for topic in recording.topics}
    if isinstance(recording, VideoRecording):
        (camera,) = placed.values()
        for time_ns in video_timeline(path).times_N.tolist():
            camera.times.append(camera.clock.place(recording.start_ns + time_ns, time_ns))
            camera.logs.append(time_ns)
            on_image()
    else:
        for topic, stamped_ns, content in recording.serialized():
            log_ns = stamped_ns - recording.start_ns
            stamp_ns = stamped_ns if by_log_time else header_stamp_ns(content)
            # The recognizer drops frames without a stamp; here, they say so in their place.
            placed[topic].times.append(
                placed[topic].clock.place(stamp_ns, log_ns) if stamp_ns > 0 else log_ns)
            placed[topic].logs.append(log_ns)
            on_image()
    return {topic: FrameTimes(np.array(camera.times, np.int64), np.array(camera.logs, np.int64),
                              camera.clock) for topic, camera in placed.items()}


def header_stamp_ns(content: bytes) -> int:
    """
    Read the header stamp of an image.

    :param content: as ROS 2 serialises ``sensor_msgs/Image`` or ``CompressedImage``.
    :return: the stamp; 0 if there is none.
    """
    if len(content) < STAMP_OFFSET + 8:
        return 0
    order = '<' if content[1] & 1 else '>'
    sec, nanosec = struct.unpack_from(f'{order}iI', content, STAMP_OFFSET)
    return int(sec) * 1_000_000_000 + int(nanosec)
