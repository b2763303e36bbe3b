# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
lite0 as numbers, and the plan of its parts: maps once per frame, looks once per fourth frame.

``networks.lite0`` says what it computes. One more thing that windows share exactly stays in the
body: the change from one frame to the next, reduced by the first 1x1x1 convolution, is 0.3 of the
40 million multiplications of the body.
"""

from dataclasses import dataclass

from imrs_ros.part_plan import FRAMES, Part, PartInput, PartPlan

STAGES = (1, 2)
BN_EPS = 1e-3
"""Of the image network; that of the others is PyTorch's."""


@dataclass(frozen=True, slots=True)
class BlockShape:
    """One inverted residual block."""

    num_in: int
    """Input channels."""
    num_out: int
    """Output channels."""
    expansion: int
    """Hidden channels per input channel."""
    kernel_size: int
    """Side of the spatial depthwise kernel."""
    stride: int = 1
    """Spatial stride."""

    @property
    def num_hidden(self) -> int:
        """Return the number of hidden channels."""
        return self.num_in * self.expansion

    @property
    def has_expansion(self) -> bool:
        """Return whether a first convolution makes the hidden channels."""
        return self.expansion > 1

    @property
    def has_shortcut(self) -> bool:
        """Return whether the input is added to the output."""
        return self.stride == 1 and self.num_in == self.num_out


BLOCKS = (
    BlockShape(32, 16, 1, 3),
    BlockShape(16, 24, 6, 3, 2), BlockShape(24, 24, 6, 3),
    BlockShape(24, 40, 6, 5, 2), BlockShape(40, 40, 6, 5),
    BlockShape(40, 80, 6, 3, 2), BlockShape(80, 80, 6, 3), BlockShape(80, 80, 6, 3),
    BlockShape(80, 112, 6, 5), BlockShape(112, 112, 6, 5), BlockShape(112, 112, 6, 5),
    BlockShape(112, 192, 6, 5, 2), *3 * (BlockShape(192, 192, 6, 5),),
    BlockShape(192, 320, 6, 3),
)
NUM_FRAME_BLOCKS = 11
"""Blocks of the frame part."""
NUM_STEM_CHANNELS = BLOCKS[0].num_in
NUM_MAP_CHANNELS = BLOCKS[NUM_FRAME_BLOCKS].num_in
NUM_HEAD_CHANNELS = 1280
LOOK_EVERY = 4
"""Frames from one appearance feature (look) to the next."""
FIRST_LOOK = LOOK_EVERY // 2
CHANGE_LAGS = (1, 4)
"""Lags over which the change of the maps is computed, frames."""
NUM_REDUCED_CHANNELS = 48
MOTION_CHANNELS = {1: 64, 2: 128}
"""Output channels of the 3D block of each stage."""
STILL_DIM = NUM_HEAD_CHANNELS + 2 * len(CHANGE_LAGS) * NUM_MAP_CHANNELS
"""Features that say how a clip looks and how much it changes."""
MOVING_DIM = MOTION_CHANNELS[STAGES[-1]]
"""Features that say how it moves."""
MAPS, LOOKS = 'maps', 'looks'
"""Names of the parts, and of what they compute."""
MAP_BATCHES = (4, 1)
"""Four frames in a batch take an eighth less time than one after the other; sixteen do not."""


def check_width(width: float) -> None:
    """
    Check the width multiplier.

    :param width: of a card.
    :raises ValueError: when it is not 1.
    """
    if width != 1.0:
        raise ValueError(f'lite0 has no width multiplier; width must be 1.0, got {width}')


def check_num_frames(num_frames: int) -> None:
    """
    Check the length of clips.

    :param num_frames: of a clip.
    :raises ValueError: when it is not longer than the largest lag.
    """
    if num_frames <= max(CHANGE_LAGS):
        raise ValueError(
            f'lite0 needs clips of more than {max(CHANGE_LAGS)} frames, got {num_frames}')


def lite0_plan(num_frames: int) -> PartPlan:
    """
    Return how the parts fit together.

    :param num_frames: T, frames of a window.
    :return: the plan; no model for whole clips, as the parts are as fast.
    """
    return PartPlan(
        num_frames=num_frames, has_whole=False,
        parts=(
            Part(name=MAPS, outputs=(MAPS,), sources=(PartInput(FRAMES, 0),),
                 positions=tuple(range(num_frames)), kept=num_frames, batches=MAP_BATCHES),
            Part(name=LOOKS, outputs=(LOOKS,), sources=(PartInput(MAPS, 0),),
                 positions=tuple(range(FIRST_LOOK, num_frames, LOOK_EVERY)), kept=num_frames)),
        body=(PartInput(MAPS, 0, num_frames), PartInput(LOOKS, 0, num_frames)))
