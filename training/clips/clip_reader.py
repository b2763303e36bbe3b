# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Images on the model's time grid, from video files or from extracted frames and flow.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from imrs_ros.records import Frame
from imrs_ros.resampler import Resampler
from imrs_ros.video import read_video, video_timeline, VideoError
import numpy as np
from numpy.typing import NDArray
from training.clips.clip_sampling import grid_indices
from training.clips.frame_store import FrameStore
from training.data_set.splits import LabelledVideo

_MAX_GAP_SEC = 3600.0
"""Longer than any gap in a file, whose stamps follow its frame rate."""


class ClipReader(Protocol):
    """Reads one stream of videos on the model's time grid."""

    def num_ticks(self, video: LabelledVideo) -> int:
        """
        Return the number of images of a video.

        :param video: any video of the data set.
        :return: at least 1.
        """

    def read(self, video: LabelledVideo, first: int, count: int) -> list[NDArray[np.uint8]]:
        """
        Read consecutive images; a shorter video loops.

        :param video: any video of the data set.
        :param first: tick of the first image.
        :param count: number of images.
        :return: images_HWC, uint8.
        """


class VideoReader:
    """Decodes the frame nearest to every tick from the video file."""

    def __init__(self, fps: float) -> None:
        """
        Set the time grid.

        :param fps: its rate, Hz.
        """
        self._fps = fps

    def num_ticks(self, video: LabelledVideo) -> int:
        """Return the number of ticks of a video; see ``ClipReader``."""
        duration_sec = video_timeline(video.path).duration_ns / 1e9
        # Slightly more: a rounding error must not lose the last tick.
        return max(1, int(duration_sec * self._fps + 1e-6))

    def read(self, video: LabelledVideo, first: int, count: int) -> list[NDArray[np.uint8]]:
        """
        Read consecutive ticks; see ``ClipReader``.

        :raises VideoError: when the video has no frames there.
        """
        indices = grid_indices(first, count, self._fps, video_timeline(video.path))
        start, length = indices[0], indices[-1] - indices[0] + 1
        images = [f.image_HWC for f in read_video(video.path, start, length)]
        if not images:
            raise VideoError(f'{video.path}: expected frames from {start} on, got none')
        return [images[(i - start) % len(images)] for i in indices]


class StoreReader:
    """Reads the frames or the flow of a ``FrameStore``."""

    def __init__(self, store: FrameStore, stream: str) -> None:
        """
        Select a stream.

        :param store: extracted frames.
        :param stream: ``rgb`` or ``flow``.
        """
        self._store = store
        self._is_flow = stream == 'flow'

    def num_ticks(self, video: LabelledVideo) -> int:
        """
        Return the number of frames; see ``ClipReader``.

        The last frame has no flow. If the store holds flow, every stream leaves that frame out,
        so that all of them sample the same clips.
        """
        has_flow = self._store.settings.flow is not None
        return self._store.num_frames(video) - has_flow

    def read(self, video: LabelledVideo, first: int, count: int) -> list[NDArray[np.uint8]]:
        """
        Read consecutive frames or flow; see ``ClipReader``.

        :raises FrameStoreError: when a file is missing or damaged.
        """
        num_ticks = self.num_ticks(video)
        indices = [(first + i) % num_ticks for i in range(count)]
        if self._is_flow:
            return self._store.read_flow(video, indices)
        return self._store.read_rgb(video, indices)


def read_on_grid(
    path: Path, fps: float, first: int = 0, count: int | None = None,
) -> Iterator[NDArray[np.uint8]]:
    """
    Read a whole video through the resampler of the node.

    :param path: the video.
    :param fps: rate of the time grid, Hz.
    :param first: video frame to start from.
    :param count: number of video frames; default all to the end.
    :return: RGB images_HWC, uint8, one for each tick.
    :raises VideoError: when the video cannot be read.
    """
    resampler = Resampler(fps, _MAX_GAP_SEC)
    for source in read_video(path, first, count):
        frame = Frame(source.stamp_ns, path.stem, source.image_HWC)
        for sampled in resampler.push(frame).frames:
            yield sampled.image_HWC
