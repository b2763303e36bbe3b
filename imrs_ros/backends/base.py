"""
What every backend promises.

Layout legend: N clips, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BackendDescription:
    """What runs the network; logged once and kept in diagnostics."""

    name: str
    """The library, as in the setting ``backend``."""
    version: str
    """Version of the library."""
    device: str
    """The processor."""
    precision: str
    """Number format of the network's arithmetic."""
    batch_size: int = 1
    """Windows to give to one call: more than 1 where they take less time together."""
    notes: str = ''
    """What else was chosen, as one phrase."""
    warnings: tuple[str, ...] = ()
    """What is not as it should be although it works; to be logged as warnings."""

    def __str__(self) -> str:
        """Give the description as one phrase."""
        notes = f'; {self.notes}' if self.notes else ''
        return f'{self.name} {self.version} on {self.device} in {self.precision}{notes}'


class Backend(Protocol):
    """
    A loaded network. One thread makes it, uses it and closes it.

    A clip carries its camera and the numbers of its frames, so that a backend may keep work on
    frames that windows share.
    """

    @property
    def description(self) -> BackendDescription:
        """Describe what runs the network."""

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one; frames as the model card says.
        :return: logits_NK, float32.
        """

    def close(self) -> None:
        """Free the network. The backend is not used again."""
