"""
Whole videos cut into consecutive windows, through the resampling and preprocessing of the node.

Windows do not overlap, and the remainder is dropped (MARS, ``test_single_stream.py``).

Layout legend: M clips of a video, T frames, H height, W width, C channels.
"""

from collections.abc import Callable
from pathlib import Path

from imrs_ros.images.preprocessing import shrink
from imrs_ros.records import Frame
from imrs_ros.resampler import Resampler
from imrs_ros.video import read_video
import numpy as np
from numpy.typing import NDArray
from training.clips.clip_reader import ClipReader
from training.data_set.splits import LabelledVideo

Windows = Callable[[LabelledVideo], NDArray[np.uint8]]
"""A video to its clips_MTHWC (uint8)."""
MAX_GAP_SEC = 3600.0
"""A file has no gaps: its stamps are those of its frame rate."""


def grid_frames(path: Path, fps: float, size_px: int) -> list[Frame]:
    """
    Read a video as the node would see it: shrunk, on the model's time grid.

    :param path: the video.
    :param fps: rate of the grid, Hz.
    :param size_px: side of the frames.
    :return: one frame a tick; its stamp is that of the source frame.
    :raises VideoError: when the video cannot be read.
    """
    resampler = Resampler(fps, max_gap_sec=MAX_GAP_SEC)
    frames: list[Frame] = []
    for source in read_video(path):
        frame = Frame(source.stamp_ns, path.stem, shrink(source.image_HWC, size_px))
        frames.extend(resampler.push(frame).frames)
    return frames


def video_windows(*, num_frames: int, fps: float, size_px: int) -> Windows:
    """
    Cut video files into consecutive windows, through the resampler of the node.

    :param num_frames: frames of a window; a shorter video loops to fill one.
    :param fps: rate of the time grid, Hz.
    :param size_px: side of the frames.
    :return: a function from a video to clips_MTHWC, uint8.
    """
    def windows(video: LabelledVideo) -> NDArray[np.uint8]:
        images = [frame.image_HWC for frame in grid_frames(video.path, fps, size_px)]
        return np.stack([
            [images[(first + t) % len(images)] for t in range(num_frames)]
            for first in window_starts(len(images), num_frames)])
    return windows


def window_starts(length: int, num_frames: int, max_clips: int | None = None) -> list[int]:
    """
    Choose windows that do not overlap; the remainder is dropped.

    :param length: frames of the video.
    :param num_frames: frames of a window.
    :param max_clips: keep at most so many, evenly spaced; default all.
    :return: the first frame of every window; one where the video is shorter than that.
    """
    num_clips = max(1, length // num_frames)
    num_chosen = min(num_clips, max_clips or num_clips)
    return [int((i + 0.5) * num_clips / num_chosen) * num_frames for i in range(num_chosen)]


def reader_windows(
    reader: ClipReader, *, num_frames: int, size_px: int, max_clips: int | None = None,
) -> Windows:
    """
    Cut videos into consecutive windows of one stream.

    :param reader: where the images come from.
    :param num_frames: frames of a window; a shorter video loops to fill one.
    :param size_px: side of the frames.
    :param max_clips: keep at most so many, evenly spaced; default all.
    :return: a function from a video to clips_MTHWC, uint8.
    """
    def windows(video: LabelledVideo) -> NDArray[np.uint8]:
        firsts = window_starts(reader.num_ticks(video), num_frames, max_clips)
        return np.stack([
            [shrink(image, size_px) for image in reader.read(video, first, num_frames)]
            for first in firsts])
    return windows
