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
    measured: str = ''
    """What was measured when it was chosen; empty where there was no choice."""
    notices: tuple[str, ...] = ()
    """What was passed over within the backend, as a precision; to be logged as warnings."""

    def __str__(self) -> str:
        """Give the description as one phrase."""
        measured = f' ({self.measured})' if self.measured else ''
        return f'{self.name} {self.version} on {self.device} in {self.precision}{measured}'


class Backend(Protocol):
    """
    A loaded network. One thread makes it, uses it and closes it.

    A clip carries its stream and the numbers of its frames, so that a backend may keep work on
    frames that windows share.
    """

    @property
    def description(self) -> BackendDescription:
        """Describe what runs the network."""

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any streams.

        :param clips: at least one; frames as the model card says.
        :return: logits_NK, float32.
        """

    def close(self) -> None:
        """Free the network. The backend is not used again."""
