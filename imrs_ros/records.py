"""
What travels between the modules of the run-time core.

Stamps are integer nanoseconds of the camera's header clock. Arrays are not copied by records.

Layout legend: T frames, H height, W width, C channels, K classes.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

NO_ACTION = 'no_action'
"""The label decided when no class is."""


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
    """Name of the camera."""
    frames_THWC: NDArray[np.uint8]
    """RGB, uint8, in [0, 255], contiguous."""
    first_sequence: int
    """Number of the oldest frame; frames of a camera are numbered on, over all restarts."""
    stamp_ns: int
    """Header stamp of the newest frame."""
    frame_id: str
    """Header frame id of the newest frame."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the model says of one window."""

    camera: str
    """Name of the camera."""
    stamp_ns: int
    """Header stamp of the newest frame of the window."""
    frame_id: str
    """Header frame id of that frame."""
    logits_K: NDArray[np.float32] | None
    """One logit a class, in the order of the model's labels; None for a still scene, which the
    model has not seen."""
    epoch: int = 0
    """How often the camera's past had been ended when the window was taken."""
    inference_sec: float = 0.0
    """What the call of the backend took that scored it, s."""


class Event(Enum):
    """What a decision changed."""

    NONE = 'none'
    ONSET = 'onset'
    OFFSET = 'offset'
    CHANGE = 'change'


@dataclass(frozen=True, slots=True)
class Decision:
    """What the robot may act on after one window."""

    scores: Scores
    """The window it was made from."""
    probabilities_K: NDArray[np.float32]
    """Calibrated probabilities of this window alone; they sum to 1, or are all 0 for a still
    scene."""
    label: str
    """The decided label, or ``NO_ACTION``."""
    confidence: float
    """Smoothed probability of the decided label; of ``NO_ACTION``, 1 less the best class's."""
    onset_ns: int
    """Stamp of the window since which the decided label was a candidate."""
    event: Event
    """``ONSET`` from no action, ``OFFSET`` to no action, ``CHANGE`` between actions."""
