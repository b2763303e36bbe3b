# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Recordings made of videos, as ``make-bag`` makes them, with the features of every window.

Layout legend: N windows, D features, L logits, K classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imrs_ros.decision import softmax
from imrs_ros.evaluation.ground_truth.segment import runs, Segment
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.recordings.bag_recipe import BagRecipe, recorded_frames
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import InputSpec
from imrs_ros.teaching.pooling import WindowPooler
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class PooledRecording:
    """A recording of clips with background between them, scored up to the last layers."""

    times_N: NDArray[np.int64]
    """Of the newest frame of every window, from the start, ns."""
    features_ND: NDArray[np.float32]
    """Pooled features of the windows."""
    annotated: tuple[Segment, ...]
    """The actions."""
    duration_ns: int
    """Of the recording."""


def record(
    pooler: WindowPooler, spec: InputSpec, clips: Sequence[tuple[str, Path]],
    background: Sequence[Path], *, hop: int, gap_sec: float,
) -> PooledRecording:
    """
    Play clips one after the other, with background around each, and pool their windows.

    :param pooler: of the network.
    :param spec: its input.
    :param clips: label and file of each.
    :param background: videos that show none of the classes, at least one.
    :param hop: frames between two windows.
    :param gap_sec: background before every clip and after the last, s.
    :return: the recording.
    :raises VideoError: if a video cannot be read.
    """
    # At the model's rate, every frame is a tick of its grid.
    recipe = BagRecipe(fps=spec.fps, gap_sec=gap_sec)
    times: list[int] = []
    labels: list[str] = []

    def frames() -> Iterator[NDArray[np.uint8]]:
        for recorded in recorded_frames(clips, background, recipe):
            times.append(recorded.log_ns)
            labels.append(recorded.label)
            yield shrink(recorded.frame.image_HWC, spec.size_px)

    windows = list(pooler.windows(frames(), hop))
    times_ns = [time - times[0] for time in times]
    duration_ns = times_ns[-1] + round(1e9 / spec.fps)
    return PooledRecording(
        times_N=np.array([times_ns[index] for index, _ in windows], np.int64),
        features_ND=np.stack([features_D for _, features_D in windows]),
        annotated=tuple(runs(times_ns, labels, duration_ns)), duration_ns=duration_ns)


def track_of(recording: PooledRecording, logits_NL: NDArray[np.float32],
             labels: tuple[str, ...], *, hold_ns: int, settle_ns: int) -> Track:
    """
    Return the track of a recording, without decisions.

    :param recording: the recording.
    :param logits_NL: of its windows, calibrated.
    :param labels: class names.
    :param hold_ns: how long a label lasts when no further window comes.
    :param settle_ns: after a change of the annotated label, windows still contain what was before.
    :return: a track to decide.
    """
    probabilities_NK = softmax(logits_NL, 1.0)[:, :len(labels)]
    return Track(
        classes=labels, duration_ns=recording.duration_ns, hold_ns=hold_ns, settle_ns=settle_ns,
        times_N=recording.times_N, known_N=recording.times_N, probabilities_NK=probabilities_NK,
        decided_labels=(), confidences_N=np.zeros(0), annotated=recording.annotated)
