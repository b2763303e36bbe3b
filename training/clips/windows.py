# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Whole videos cut into consecutive windows, with the resampling and preprocessing of the node.

Windows do not overlap; the remainder of a video is dropped (MARS, ``test_single_stream.py``).

Layout legend: M clips of a video, T frames, H height, W width, C channels.
"""

from collections.abc import Callable

from imrs_ros.images.preprocessing import shrink
import numpy as np
from numpy.typing import NDArray
from training.clips.clip_reader import ClipReader, read_on_grid
from training.data_set.splits import LabelledVideo

Windows = Callable[[LabelledVideo], NDArray[np.uint8]]
"""A video to its clips_MTHWC (uint8)."""


def video_windows(*, num_frames: int, fps: float, size_px: int) -> Windows:
    """
    Cut video files into consecutive windows, with the resampler of the node.

    :param num_frames: frames of a window; a shorter video loops to fill it.
    :param fps: rate of the time grid, Hz.
    :param size_px: side of the frames.
    :return: a function from a video to clips_MTHWC, uint8.
    """
    def windows(video: LabelledVideo) -> NDArray[np.uint8]:
        images = [shrink(image, size_px) for image in read_on_grid(video.path, fps)]
        return np.stack([
            [images[(first + t) % len(images)] for t in range(num_frames)]
            for first in window_starts(len(images), num_frames)])
    return windows


def window_starts(length: int, num_frames: int, max_clips: int | None = None) -> list[int]:
    """
    Return where windows that do not overlap start; the remainder is dropped.

    :param length: frames of the video.
    :param num_frames: frames of a window.
    :param max_clips: at most this many windows, evenly spaced; default all.
    :return: the first frame of every window; one window if the video is shorter than that.
    """
    num_clips = max(1, length // num_frames)
    num_chosen = min(num_clips, max_clips or num_clips)
    return [int((i + 0.5) * num_clips / num_chosen) * num_frames for i in range(num_chosen)]


def reader_windows(
    reader: ClipReader, *, num_frames: int, size_px: int, max_clips: int | None = None,
) -> Windows:
    """
    Cut videos into consecutive windows of one stream.

    :param reader: source of the images.
    :param num_frames: frames of a window; a shorter video loops to fill it.
    :param size_px: side of the frames.
    :param max_clips: at most this many windows, evenly spaced; default all.
    :return: a function from a video to clips_MTHWC, uint8.
    """
    def windows(video: LabelledVideo) -> NDArray[np.uint8]:
        firsts = window_starts(reader.num_ticks(video), num_frames, max_clips)
        return np.stack([
            [shrink(image, size_px) for image in reader.read(video, first, num_frames)]
            for first in firsts])
    return windows
