"""Clip-time arithmetic: the frames of a video that form a clip on the model's time grid."""

import math
from random import Random


def grid_indices(first: int, count: int, model_fps: float, video_fps: float) -> list[int]:
    """
    Return the video frame nearest to every tick; the earlier of two equally near.

    :param first: first tick of the clip, from 0 at the start of the video.
    :param count: ticks of the clip.
    :param model_fps: rate of the model's time grid, Hz.
    :param video_fps: rate of the video, Hz.
    :return: ``count`` non-decreasing frame numbers, from 0.
    """
    # Slightly less than half: rounding errors, as of 3 * 12.5 / 25, must not round up.
    return [math.ceil((first + i) * video_fps / model_fps - 0.5 - 1e-9) for i in range(count)]


def random_start(video_length: int, span: int, rng: Random) -> int:
    """
    Draw the first frame of a training clip, uniformly over all that fit.

    :param video_length: frames of the video.
    :param span: frames the clip spans.
    :param rng: source of randomness.
    :return: a frame number, from 0; 0 if the video is shorter than the clip.
    """
    return rng.randint(0, max(0, video_length - span))
