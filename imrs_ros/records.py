# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Data types passed between the modules of the run-time core.

Stamps are integer nanoseconds of the camera's header clock. Records do not copy arrays.

Layout legend: T frames, H height, W width, C channels, K classes, L logits.
"""

from dataclasses import dataclass
from enum import Enum

from imrs_ros.people.detection import Person
import numpy as np
from numpy.typing import NDArray

NO_ACTION = 'no_action'
"""The label when no class is decided."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of a camera."""

    stamp_ns: int
    """Header stamp."""
    frame_id: str
    """Header frame id."""
    image_HWC: NDArray[np.uint8]
    """RGB, uint8, in [0, 255]."""


@dataclass(frozen=True, slots=True)
class Clip:
    """The frames of one window of one camera, on the model's time grid."""

    camera: str
    """Whose frames: name of the camera, or, of crops of a person, another name of their own."""
    frames_THWC: NDArray[np.uint8]
    """RGB, uint8, in [0, 255], contiguous."""
    first_sequence: int
    """Number of the oldest frame; numbering continues across restarts."""
    stamp_ns: int
    """Header stamp of the newest frame."""
    frame_id: str
    """Header frame id of the newest frame."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The model's output for one window."""

    camera: str
    """Name of the camera."""
    stamp_ns: int
    """Header stamp of the newest frame of the window."""
    frame_id: str
    """Header frame id of that frame."""
    logits_L: NDArray[np.float32] | None
    """One logit per class, in the order of the model's labels, and a last one for none of them
    where the model has it; None for a still scene, which is not passed to the model."""
    epoch: int = 0
    """The camera's epoch when the window was taken."""
    inference_sec: float = 0.0
    """Duration of the backend call that scored it, s."""
    person: Person | None = None
    """Whom the window shows; None for the whole picture."""


class Event(Enum):
    """How a decision differs from the one before."""

    NONE = 'none'
    ONSET = 'onset'
    OFFSET = 'offset'
    CHANGE = 'change'


@dataclass(frozen=True, slots=True)
class Decision:
    """The result for one window, which the robot may act on."""

    scores: Scores
    """Scores of the window."""
    probabilities_K: NDArray[np.float32]
    """Calibrated probabilities of this window alone: the rest to 1 is that of none of the classes;
    all 0 for a still scene."""
    label: str
    """The decided label, or ``NO_ACTION``."""
    confidence: float
    """Smoothed probability of the decided label; for ``NO_ACTION``, 1 minus that of the
    best class."""
    onset_ns: int
    """Stamp of the window at which the decided label became a candidate."""
    event: Event
    """``ONSET`` from no action, ``OFFSET`` to no action, ``CHANGE`` between actions."""
