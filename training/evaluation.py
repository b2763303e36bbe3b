"""
Clip and video accuracy over whole videos, through the resampling and preprocessing of the node.

Clips are consecutive windows that do not overlap, the remainder dropped; a video's scores are the
mean of its clips' logits (MARS, ``test_single_stream.py``).

Layout legend: M clips of a video, T frames, H height, W width, C channels, K classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imrs_ros.preprocessing import shrink
from imrs_ros.records import Frame
from imrs_ros.resampler import Resampler
from imrs_ros.video import read_video
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from training.splits import LabelledVideo

ScoreClips = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""clips_MTHWC (uint8) to logits_MK (float32)."""
MAX_GAP_SEC = 3600.0
"""A file has no gaps: its stamps are those of its frame rate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """Fractions in [0, 1]."""

    clip_top1: float
    """Clips whose best class is right."""
    clip_top5: float
    """Clips with the right class among the best five."""
    video_top1: float
    """Videos whose best class is right."""
    video_top5: float
    """Videos with the right class among the best five."""
    num_clips: int
    """Clips evaluated."""
    num_videos: int
    """Videos evaluated."""


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


def window_video(
    path: Path, *, num_frames: int, fps: float, size_px: int, max_clips: int | None = None,
) -> NDArray[np.uint8]:
    """
    Cut a video into consecutive windows.

    :param path: the video.
    :param num_frames: frames of a window; a shorter video loops to fill one.
    :param fps: rate of the time grid, Hz.
    :param size_px: side of the frames.
    :param max_clips: keep at most so many, evenly spaced; default all.
    :return: clips_MTHWC, uint8.
    :raises VideoError: when the video cannot be read.
    """
    images = [frame.image_HWC for frame in grid_frames(path, fps, size_px)]
    num_clips = max(1, len(images) // num_frames)
    num_chosen = min(num_clips, max_clips or num_clips)
    firsts = [int((i + 0.5) * num_clips / num_chosen) * num_frames for i in range(num_chosen)]
    return np.stack([
        [images[(first + t) % len(images)] for t in range(num_frames)] for first in firsts])


def evaluate_videos(
    score_clips: ScoreClips,
    videos: Sequence[LabelledVideo],
    *,
    num_frames: int,
    fps: float,
    size_px: int,
    max_clips: int | None = None,
) -> Accuracy:
    """
    Score videos and count what is right.

    :param score_clips: the model.
    :param videos: what to score; none is skipped.
    :param num_frames: frames of a window.
    :param fps: rate of the time grid, Hz.
    :param size_px: side of the frames.
    :param max_clips: windows a video at most; default all.
    :return: the accuracy.
    :raises VideoError: when a video cannot be read.
    """
    logits = [
        score_clips(window_video(
            video.path, num_frames=num_frames, fps=fps, size_px=size_px, max_clips=max_clips))
        for video in tqdm(videos, desc='evaluate', unit='video', leave=False)]
    return count_right(logits, [video.label for video in videos])


def count_right(logits: Sequence[NDArray[np.float32]], labels: Sequence[int]) -> Accuracy:
    """
    Count the clips and videos whose class is found.

    :param logits: logits_MK of every video.
    :param labels: the class of every video.
    :return: the accuracy.
    """
    clips = np.array([rank_of(logits_K, label)
                      for logits_MK, label in zip(logits, labels) for logits_K in logits_MK])
    videos = np.array([rank_of(logits_MK.mean(axis=0), label)
                       for logits_MK, label in zip(logits, labels)])
    return Accuracy(
        clip_top1=float((clips < 1).mean()), clip_top5=float((clips < 5).mean()),
        video_top1=float((videos < 1).mean()), video_top5=float((videos < 5).mean()),
        num_clips=len(clips), num_videos=len(videos))


def rank_of(logits_K: NDArray[np.float32], label: int) -> int:
    """
    Give the place of the right class.

    :param logits_K: scores.
    :param label: the right class.
    :return: how many classes score at least as high; 0 is the best place.
    """
    return int((logits_K >= logits_K[label]).sum()) - 1
