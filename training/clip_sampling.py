"""Clip-time arithmetic: which frames of a video make a clip on the model's time grid."""

from random import Random


def span_frames(num_frames: int, model_fps: float, video_fps: float) -> int:
    """
    Give how many source frames a clip spans.

    :param num_frames: frames of the clip.
    :param model_fps: rate of the model's time grid, Hz.
    :param video_fps: rate of the video, Hz.
    :return: source frames from the first to the last of the clip, both counted.
    """
    return round((num_frames - 1) * video_fps / model_fps) + 1


def clip_indices(num_frames: int, model_fps: float, video_fps: float) -> list[int]:
    """
    Give the source frame nearest to every tick, counted from the clip's first frame.

    :param num_frames: frames of the clip.
    :param model_fps: rate of the model's time grid, Hz.
    :param video_fps: rate of the video, Hz.
    :return: ``num_frames`` non-decreasing indices from 0.
    """
    return [round(i * video_fps / model_fps) for i in range(num_frames)]


def random_start(video_length: int, span: int, rng: Random) -> int:
    """
    Draw the first frame of a training clip, uniform over all that fit.

    :param video_length: frames of the video.
    :param span: frames the clip spans.
    :param rng: source of randomness.
    :return: an index from 0; 0 where the video is shorter than the clip.
    """
    return rng.randint(0, max(0, video_length - span))
