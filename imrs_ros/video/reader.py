# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Video files to stamped RGB frames.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from imrs_ros.video.decoder import Decoder, open_video, VideoError
from imrs_ros.video.timeline import video_timeline
import numpy as np
from numpy.typing import NDArray

SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov', '.webm', '.mpg', '.mpeg', '.m4v', '.ts', '.m2ts',
            '.mts', '.dv', '.wmv', '.flv', '.3gp', '.ogv')
LEAST_SHARE, SLACK_FRAMES = 0.9, 2
"""Fraction of the frames stated by a container that must be there, and how many may be missing in
any case: some containers estimate their length from duration and rate."""


@dataclass(frozen=True, slots=True)
class StampedImage:
    """One decoded frame."""

    stamp_ns: int
    """Presentation time since the first frame of the video."""
    image_HWC: NDArray[np.uint8]
    """RGB, uint8, in [0, 255], upright, in square pixels, deinterlaced."""


def read_video(path: Path, first: int = 0, count: int | None = None) -> Iterator[StampedImage]:
    """
    Decode consecutive frames.

    Stamps are the presentation times in the file, which start at 0 and rise. Damaged packets are
    skipped. When the frames end, they are counted: less than nine tenths of what the container
    states, and more than two missing, is an error.

    :param path: the file.
    :param first: index of the first frame.
    :param count: number of frames; default all up to the end. Fewer come where the video ends.
    :return: frames in order of presentation.
    :raises VideoError: when the file cannot be opened or decoded, or, after its last frame, was
        clearly shorter than it states.
    """
    with open_video(path) as decoder:
        frames = _from_start(decoder) if first == 0 else _from_frame(decoder, first)
        for time_ns, frame in islice(frames, count):
            yield StampedImage(time_ns, decoder.rgb(frame))


def _from_start(decoder: Decoder) -> Iterator[tuple[int, Any]]:
    """Decode a whole video; yield times since the first frame, ns, and frames."""
    start_ns: int | None = None
    num_read, last_ns = 0, -1
    for time_ns, frame in decoder.frames():
        start_ns = time_ns if start_ns is None else start_ns
        last_ns = max(time_ns - start_ns, last_ns + 1)
        num_read += 1
        yield last_ns, frame
    _check_length(decoder, num_read)


def _from_frame(decoder: Decoder, first: int) -> Iterator[tuple[int, Any]]:
    """Decode a video from one of its frames on; yield as ``_from_start``."""
    timeline = video_timeline(decoder.path)
    if first >= timeline.num_frames:
        return
    wanted_ns, num_read = int(timeline.times_N[first]), first
    frames = decoder.frames(wanted_ns + timeline.start_ns) if decoder.has_times else ()
    for time_ns, frame in frames:
        time_ns -= timeline.start_ns
        if time_ns < wanted_ns:
            continue
        # The container's seek went too far, or the deinterlacer lacks the frame before.
        if num_read == first and (time_ns > wanted_ns or decoder.is_deinterlaced):
            break
        num_read += 1
        yield time_ns, frame
    if num_read > first:
        _check_length(decoder, num_read)
        return
    with open_video(decoder.path) as anew:
        yield from islice(_from_start(anew), first, None)


def _check_length(decoder: Decoder, num_read: int) -> None:
    num_stated = decoder.num_stated
    if num_read == 0:
        raise VideoError(f'{decoder.path}: expected at least one frame, got none')
    if num_read < min(LEAST_SHARE * num_stated, num_stated - SLACK_FRAMES):
        raise VideoError(
            f'{decoder.path}: expected {num_stated:.0f} frames as the file states, decoding '
            f'stopped after {num_read}; the file is damaged, copy or encode it again')
