# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Clip-time arithmetic: the frames of a video that form a clip on the model's time grid.

Layout legend: N frames of a video.
"""

from random import Random

from imrs_ros.video import Timeline
import numpy as np


def grid_indices(first: int, count: int, model_fps: float, timeline: Timeline) -> list[int]:
    """
    Return the video frame nearest to every tick; the earlier of two equally near.

    :param first: first tick of the clip, from 0 at the first frame of the video.
    :param count: ticks of the clip.
    :param model_fps: rate of the model's time grid, Hz.
    :param timeline: of the video.
    :return: ``count`` non-decreasing frame numbers, from 0; behind the last frame they go on at
        the mean rate of the video.
    """
    times_N = timeline.times_N
    # Slightly earlier: times are rounded to ns, and a tie must not go to the later frame.
    ticks_ns = (first + np.arange(count)) * 1e9 / model_fps - 1.0
    indices = np.searchsorted((times_N[1:] + times_N[:-1]) / 2, ticks_ns)
    beyond = np.ceil((ticks_ns - times_N[-1]) * timeline.fps / 1e9 - 0.5)
    return (indices + np.maximum(beyond, 0)).astype(int).tolist()


def random_start(video_length: int, span: int, rng: Random) -> int:
    """
    Draw the first frame of a training clip, uniformly over all that fit.

    :param video_length: frames of the video.
    :param span: frames the clip spans.
    :param rng: source of randomness.
    :return: a frame number, from 0; 0 if the video is shorter than the clip.
    """
    return rng.randint(0, max(0, video_length - span))
