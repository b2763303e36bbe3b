# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
When the frames of a video are shown.

Layout legend: N frames.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from imrs_ros.video.decoder import open_video, VideoError
import numpy as np
from numpy.typing import NDArray

FRAME_PER_PACKET = {'av1', 'dvvideo', 'ffv1', 'h264', 'hevc', 'libdav1d', 'mjpeg', 'mpeg1video',
                    'mpeg2video', 'prores', 'rawvideo', 'vp9'}
"""Codecs whose packets hold one shown frame each, unless they are interlaced. Others hide
reference frames in packets (VP8) or pack several frames into one (MPEG-4 in AVI)."""
DEFAULT_DURATION_NS = 40_000_000
"""Of a single frame whose file states no duration."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Presentation times of a video; the first frame is at 0."""

    times_N: NDArray[np.int64]
    """Of every frame, ns, ascending; at least one."""
    duration_ns: int
    """To the end of the last frame, above 0."""
    start_ns: int
    """Time of the first frame on the file's own clock."""

    @property
    def num_frames(self) -> int:
        """Return the number of frames."""
        return len(self.times_N)

    @property
    def fps(self) -> float:
        """Return the mean frame rate, Hz."""
        return self.num_frames * 1e9 / self.duration_ns


def video_timeline(path: Path) -> Timeline:
    """
    Return when the frames of a video are shown; decodes the video only where its codec needs that.

    :param path: the file.
    :return: the timeline; remembered while size and date of the file stay the same.
    :raises VideoError: when the file cannot be opened, or has no frame.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise VideoError(f'{path}: expected a video file, got {error.strerror}') from error
    return _timeline(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1024)
def _timeline(path: Path, num_bytes: int, modified_ns: int) -> Timeline:
    times = _packet_times(path)
    if times is None:
        with open_video(path) as decoder:
            times = [(time_ns, 0) for time_ns, _ in decoder.frames()]
    if not times:
        raise VideoError(f'{path}: expected at least one frame, got none')
    times.sort()
    starts = np.array([time_ns for time_ns, _ in times], np.int64)
    length_ns = int(starts[-1] - starts[0])
    last_ns = times[-1][1] or (
        round(length_ns / (len(times) - 1)) if length_ns else DEFAULT_DURATION_NS)
    # Rising, whatever the file says: equal times would be one frame to the time grid.
    times_N = np.maximum.accumulate(starts - starts[0] - np.arange(len(times))) + np.arange(
        len(times))
    return Timeline(times_N, length_ns + last_ns, int(starts[0]))


def _packet_times(path: Path) -> list[tuple[int, int]] | None:
    """Return time and duration of every frame; None where the packets do not tell."""
    with open_video(path) as decoder:
        if not (decoder.codec in FRAME_PER_PACKET and decoder.has_times
                and decoder.is_progressive):
            return None
        return decoder.packet_times()
