"""
Where clips come from: video files, or frames and flow extracted from them.

Layout legend: H height, W width, C channels.
"""

from typing import Protocol

from imrs_ros.video import read_video, video_length, VideoError
import numpy as np
from numpy.typing import NDArray
from training.clips.clip_sampling import grid_indices
from training.clips.frame_store import FrameStore
from training.data_set.splits import LabelledVideo


class ClipReader(Protocol):
    """Gives images of one kind on the model's time grid."""

    def num_ticks(self, video: LabelledVideo) -> int:
        """
        Count the images of a video.

        :param video: any video of the data.
        :return: at least 1.
        """

    def read(self, video: LabelledVideo, first: int, count: int) -> list[NDArray[np.uint8]]:
        """
        Read consecutive images; a video that ends before loops.

        :param video: any video of the data.
        :param first: index of the first on the grid.
        :param count: how many.
        :return: images_HWC, uint8.
        """


class VideoReader:
    """RGB frames decoded from the video file, the nearest to every tick."""

    def __init__(self, fps: float) -> None:
        """
        Choose the time grid.

        :param fps: its rate, Hz.
        """
        self._fps = fps

    def num_ticks(self, video: LabelledVideo) -> int:
        """Count the ticks of a video; see ``ClipReader``."""
        length, fps = video_length(video.path)
        return max(1, int(length * self._fps / fps))

    def read(self, video: LabelledVideo, first: int, count: int) -> list[NDArray[np.uint8]]:
        """
        Read consecutive ticks; see ``ClipReader``.

        :raises VideoError: when the video gives no frames there.
        """
        _, fps = video_length(video.path)
        indices = grid_indices(first, count, self._fps, fps)
        start, length = indices[0], indices[-1] - indices[0] + 1
        images = [f.image_HWC for f in read_video(video.path, start, length)]
        if not images:
            raise VideoError(f'{video.path}: expected frames from {start} on, got none')
        return [images[(i - start) % len(images)] for i in indices]


class StoreReader:
    """Frames or flow of a ``FrameStore``."""

    def __init__(self, store: FrameStore, stream: str) -> None:
        """
        Choose what is read.

        :param store: extracted frames.
        :param stream: ``rgb`` or ``flow``.
        """
        self._store = store
        self._is_flow = stream == 'flow'

    def num_ticks(self, video: LabelledVideo) -> int:
        """
        Count frames; see ``ClipReader``.

        Where there is flow, the last frame has none and is left out of every stream, so that all
        streams of a store draw and cut the same clips.
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
