# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the soak demands: windows and latency of every camera, none lost, and no leak; no ROS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math
import statistics

MIN_WINDOWS = 3
"""Of every camera in every steady stretch; at the longest hop, 16 frames, 1.5 windows come a
second."""
MAX_LATENCY_SEC = 1.0
"""Median of a camera in a steady stretch."""
SHIFT_FRAMES = 8 * 3600 * 4 * 25
"""Frames of a working day: 4 cameras at 25 Hz for 8 h."""
MAX_SHIFT_GROWTH_BYTES = 150e6
"""What a node may grow in a working day: about a third of what it holds at its start."""
MAX_BYTES_PER_FRAME = MAX_SHIFT_GROWTH_BYTES / SHIFT_FRAMES
NUM_BLOCKS = 10
T_QUANTILE = 2.306
"""97.5 % of Student's t with 8 degrees of freedom, for a line through ``NUM_BLOCKS`` means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slope:
    """Growth of memory per frame."""

    bytes_per_frame: float
    margin: float
    """Half of the 95 % confidence interval, bytes per frame."""

    @property
    def problem(self) -> str | None:
        """Say what is wrong, if a growth above ``MAX_BYTES_PER_FRAME`` cannot be excluded."""
        if self.bytes_per_frame + self.margin <= MAX_BYTES_PER_FRAME:
            return None
        advice = ('' if self.bytes_per_frame - self.margin > 0 else
                  '; not distinct from none, run for longer')
        return (f'memory grew by {self.bytes_per_frame:.0f} +- {self.margin:.0f} bytes per frame, '
                f'at most {MAX_BYTES_PER_FRAME:.0f} are accepted{advice}')


def fit_slope(frames: Sequence[float], memory_bytes: Sequence[float]) -> Slope:
    """
    Fit a line to the means of blocks: single measurements depend on the one before.

    :param frames: frames received so far, at every measurement.
    :param memory_bytes: memory at the same times.
    :return: the slope.
    :raises ValueError: when there are too few measurements.
    """
    size = len(frames) // NUM_BLOCKS
    if len(frames) != len(memory_bytes) or size < 1:
        raise ValueError(f'expected at least {NUM_BLOCKS} measurements of frames and memory, got '
                         f'{len(frames)} and {len(memory_bytes)}; run for longer')
    x, y = ([statistics.fmean(values[size * i:size * (i + 1)]) for i in range(NUM_BLOCKS)]
            for values in (frames, memory_bytes))
    if x[0] == x[-1]:
        # No frame arrived: nothing is known of the growth per frame.
        return Slope(bytes_per_frame=0.0, margin=math.inf)
    slope, start = statistics.linear_regression(x, y)
    x_mean = statistics.fmean(x)
    residual = sum((b - start - slope * a) ** 2 for a, b in zip(x, y)) / (NUM_BLOCKS - 2)
    margin = T_QUANTILE * math.sqrt(residual / sum((a - x_mean) ** 2 for a in x))
    return Slope(bytes_per_frame=slope, margin=margin)


def window_problems(latencies_sec: Mapping[str, Sequence[float]]) -> list[str]:
    """
    Judge what the cameras got in a steady stretch.

    :param latencies_sec: of every window received, by camera; every camera is a key.
    :return: what is wrong.
    """
    problems = []
    for camera, values in latencies_sec.items():
        if len(values) < MIN_WINDOWS:
            problems.append(
                f'{camera}: expected at least {MIN_WINDOWS} windows, got {len(values)}')
        elif (median_sec := statistics.median(values)) > MAX_LATENCY_SEC:
            problems.append(f'{camera}: latency {median_sec:.2f} s, above {MAX_LATENCY_SEC:g} s')
    return problems
