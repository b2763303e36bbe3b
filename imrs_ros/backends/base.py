# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The contract of every backend.

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
    """What runs the network; logged once and shown in diagnostics."""

    name: str
    """Name of the backend, as in the setting ``backend``."""
    version: str
    """Version of its library."""
    device: str
    """Name of the processor."""
    precision: str
    """Number format of the network's arithmetic."""
    batch_size: int = 1
    """Windows per call of ``infer``: more than 1 where a batch takes less time."""
    notes: str = ''
    """Further choices, as one phrase."""
    warnings: tuple[str, ...] = ()
    """Problems that do not stop it; to be logged as warnings."""

    def __str__(self) -> str:
        """Return the description as one phrase."""
        notes = f'; {self.notes}' if self.notes else ''
        return f'{self.name} {self.version} on {self.device} in {self.precision}{notes}'


class Backend(Protocol):
    """
    A loaded network. One thread loads, uses and closes it.

    A clip carries its camera and the numbers of its frames, so that a backend may reuse its work
    on frames that windows share.
    """

    @property
    def description(self) -> BackendDescription:
        """Return what runs the network."""

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one, with frames as the model card specifies.
        :return: logits_NK, float32.
        """

    def close(self) -> None:
        """Free the network; the backend must not be used again."""
