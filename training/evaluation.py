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
import torch
from torch import nn
from tqdm import tqdm
from training.clip_reader import ClipReader
from training.splits import LabelledVideo

Windows = Callable[[LabelledVideo], NDArray[np.uint8]]
"""A video to its clips_MTHWC (uint8)."""
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


def score_clips(network: nn.Module, clips_NTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    """
    Give the logits of a network in evaluation mode.

    :param network: any network; it is left in evaluation mode.
    :param clips_NTHWC: uint8.
    :return: logits_NK, float32.
    """
    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        logits_NK: NDArray[np.float32] = network(
            torch.from_numpy(clips_NTHWC).to(device)).cpu().numpy()
    return logits_NK


def score_videos(
    score_clips: ScoreClips, videos: Sequence[LabelledVideo], windows: Windows,
) -> list[NDArray[np.float32]]:
    """
    Score whole videos.

    :param score_clips: the model.
    :param videos: what to score; none is skipped.
    :param windows: cuts a video into clips.
    :return: logits_MK of every video.
    :raises ValueError: when a video cannot be read.
    """
    return [score_clips(windows(video))
            for video in tqdm(
                videos, desc='evaluate', unit='video', leave=False, disable=None)]


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
    :return: how many classes do not score lower; 0 is the best place. A score that is no number
        is never right.
    """
    return int((~(logits_K < logits_K[label])).sum()) - 1
