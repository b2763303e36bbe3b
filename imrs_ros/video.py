"""
Video files to stamped RGB frames.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_SHARE, SLACK_FRAMES = 0.9, 2
"""Share of the frames a container states that must be there, and how many may be missing anyhow:
some containers estimate their length from time and rate."""
SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov', '.webm', '.mpg')


@dataclass(frozen=True, slots=True)
class StampedImage:
    """One decoded frame."""

    stamp_ns: int
    """Time since the start of the video."""
    image_HWC: NDArray[np.uint8]
    """RGB, uint8, in [0, 255]."""


class VideoError(ValueError):
    """A video file that gives no frames, or clearly fewer than it states."""


def read_video(path: Path, first: int = 0, count: int | None = None) -> Iterator[StampedImage]:
    """
    Decode consecutive frames.

    Stamps are ``index / fps`` of the container, so that they are exact and start at 0.

    A damaged file stops early like one that ends. So, once the frames stop, they are counted:
    less than nine tenths of what the container states, and more than two missing, is an error.

    :param path: the file.
    :param first: index of the first frame.
    :param count: how many; default all to the end. Fewer come where the video ends.
    :return: frames in order.
    :raises VideoError: when the file cannot be opened, its first frame not be read, or, after the
        last frame, decoding stopped well before the end.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        fps = capture.get(cv2.CAP_PROP_FPS)
        if not capture.isOpened() or not fps > 0:
            raise VideoError(f'{path}: expected a video that OpenCV can open, got none')
        if first:
            capture.set(cv2.CAP_PROP_POS_FRAMES, first)
        index = first
        while count is None or index < first + count:
            ok, image_BGR = capture.read()
            if not ok:
                _check_length(path, index, capture.get(cv2.CAP_PROP_FRAME_COUNT))
                return
            image_RGB = cv2.cvtColor(image_BGR, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            yield StampedImage(round(index * 1e9 / fps), image_RGB)
            index += 1
    finally:
        capture.release()


def _check_length(path: Path, num_read: int, num_stated: float) -> None:
    if num_read == 0:
        raise VideoError(f'{path}: expected at least one frame, got none')
    if num_read < min(LEAST_SHARE * num_stated, num_stated - SLACK_FRAMES):
        raise VideoError(
            f'{path}: expected {num_stated:.0f} frames as the file states, decoding stopped after '
            f'{num_read}; the file is damaged, copy or encode it again')


def video_length(path: Path) -> tuple[int, float]:
    """
    Give the number of frames and the frame rate that a container states.

    :param path: the file.
    :return: number of frames (at least 1) and frames a second.
    :raises VideoError: when the file cannot be opened.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        fps = capture.get(cv2.CAP_PROP_FPS)
        if not capture.isOpened() or not fps > 0:
            raise VideoError(f'{path}: expected a video that OpenCV can open, got none')
        return max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))), fps
    finally:
        capture.release()
