# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Clip and video accuracy on whole videos.

The scores of a video are the mean of the logits of its clips (MARS, ``test_single_stream.py``).

Layout legend: M clips of a video, T frames, H height, W width, C channels, K classes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
import torch
from torch import nn
from tqdm import tqdm
from training.clips.windows import Windows
from training.data_set.splits import LabelledVideo

ScoreClips = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""clips_MTHWC (uint8) to logits_MK (float32)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """Accuracies, fractions in [0, 1]."""

    clip_top1: float
    """Clips whose best class is correct."""
    clip_top5: float
    """Clips with the correct class among the best five."""
    video_top1: float
    """Videos whose best class is correct."""
    video_top5: float
    """Videos with the correct class among the best five."""
    num_clips: int
    """Number of clips."""
    num_videos: int
    """Number of videos."""
    video_top1_low: float
    """Lower bound of the 95 % interval of ``video_top1`` (Wilson 1927), as if videos were drawn
    independently of each other; clips of one recording are not, so it is then too narrow."""
    video_top1_high: float
    """Upper bound of the same interval."""
    chance: float
    """Share of the most frequent class: the ``video_top1`` of a model that always names it."""

    @property
    def is_above_chance(self) -> bool:
        """Whether the whole interval lies above chance."""
        return self.video_top1_low > self.chance

    @property
    def margin(self) -> str:
        """Interval and chance level, as text."""
        return (f'95 % interval {self.video_top1_low:.1%} to {self.video_top1_high:.1%}, '
                f'chance {self.chance:.1%}')


def score_clips(network: nn.Module, clips_NTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    """
    Return the logits of a network, in evaluation mode.

    :param network: any network; it stays in evaluation mode.
    :param clips_NTHWC: clips, uint8.
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
    :param videos: the videos.
    :param windows: cuts a video into clips.
    :return: logits_MK of every video.
    :raises ValueError: when a video cannot be read.
    """
    return [score_clips(windows(video))
            for video in tqdm(
                videos, desc='evaluate', unit='video', leave=False, disable=None)]


def count_right(logits: Sequence[NDArray[np.float32]], labels: Sequence[int]) -> Accuracy:
    """
    Count the clips and videos whose class is correct.

    :param logits: logits_MK of every video.
    :param labels: correct class of every video.
    :return: the accuracy.
    :raises ValueError: when there is no video.
    """
    if not labels:
        raise ValueError('expected at least one video to measure accuracy on, got none')
    clips = np.array([rank_of(logits_K, label)
                      for logits_MK, label in zip(logits, labels) for logits_K in logits_MK])
    videos = np.array([rank_of(logits_MK.mean(axis=0), label)
                       for logits_MK, label in zip(logits, labels)])
    interval = binomtest(int((videos < 1).sum()), len(videos)).proportion_ci(method='wilson')
    return Accuracy(
        clip_top1=float((clips < 1).mean()), clip_top5=float((clips < 5).mean()),
        video_top1=float((videos < 1).mean()), video_top5=float((videos < 5).mean()),
        num_clips=len(clips), num_videos=len(videos), video_top1_low=float(interval.low),
        video_top1_high=float(interval.high),
        chance=max(Counter(labels).values()) / len(videos))


def rank_of(logits_K: NDArray[np.float32], label: int) -> int:
    """
    Return the rank of the correct class.

    :param logits_K: scores.
    :param label: the correct class.
    :return: number of other classes that do not score lower; 0 is the best rank. A class whose
        score is NaN ranks last.
    """
    return int((~(logits_K < logits_K[label])).sum()) - 1
