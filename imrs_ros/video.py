"""
Read video files as stamped RGB frames.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_FRACTION, MAX_MISSING = 0.9, 2
"""Fraction of the frames stated by the container that must be read, and how many frames may always
be missing: some containers estimate their length from duration and rate."""
SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov', '.webm', '.mpg')


@dataclass(frozen=True, slots=True)
class StampedImage:
    """One decoded frame."""

    stamp_ns: int
    """Time since the start of the video."""
    image_HWC: NDArray[np.uint8]
    """RGB, uint8, in [0, 255]."""


class VideoError(ValueError):
    """A video file with no frames, or clearly fewer than it states."""


def read_video(path: Path, first: int = 0, count: int | None = None) -> Iterator[StampedImage]:
    """
    Decode consecutive frames.

    Stamps are ``index / fps`` of the container, so they are exact and start at 0.

    Decoding of a damaged file stops early, just as at its end. So once it stops, frames are
    counted: fewer than nine tenths of the stated number, and more than two missing, is an error.

    :param path: the file.
    :param first: index of the first frame.
    :param count: number of frames, fewer if the video ends; by default all to the end.
    :return: the frames in order.
    :raises VideoError: if the file cannot be opened, if no frame can be read, or, after the last
        frame, if decoding stopped well before the end.
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
    if num_read < min(MIN_FRACTION * num_stated, num_stated - MAX_MISSING):
        raise VideoError(
            f'{path}: expected {num_stated:.0f} frames as the file states, decoding stopped after '
            f'{num_read}; the file is damaged, copy or encode it again')


def video_length(path: Path) -> tuple[int, float]:
    """
    Return the number of frames and the frame rate that a container states.

    :param path: the file.
    :return: number of frames (at least 1) and frame rate, Hz.
    :raises VideoError: if the file cannot be opened.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        fps = capture.get(cv2.CAP_PROP_FPS)
        if not capture.isOpened() or not fps > 0:
            raise VideoError(f'{path}: expected a video that OpenCV can open, got none')
        return max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))), fps
    finally:
        capture.release()
