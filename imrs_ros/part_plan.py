# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
How a network is cut into parts, so that windows that share frames share the work on them.

A plan is data: the networks create it, a file beside the exported parts stores it, and
``backends/frame_reuse`` runs it without knowing the network.

Items are numbered by frames: item ``i`` of a ring belongs to frame ``i`` of a camera.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
import json
from pathlib import Path
from typing import Any

FRAMES = 'frames'
"""Name of the ring of the frames themselves."""
PLAN_FILE = 'plan.json'
"""Name of the plan's file beside the exported models."""
WHOLE, BODY = 'whole', 'body'
"""Names of the two models that are not parts."""
LOGITS, FEATURES = 0, 1
"""Places of the outputs of a converted body; its features are what the last layers got."""


@dataclass(frozen=True, slots=True)
class PartInput:
    """Consecutive items of a ring."""

    ring: str
    """``frames``, or an output of a part."""
    first: int
    """The first item: for a part relative to its own item, for the body to the window's start."""
    count: int = 1
    """Number of items."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """
    A model that computes one item of every output from items of other rings.

    Every source item is an input of its own, with an axis for the batch in front.
    """

    name: str
    """Name of the part."""
    outputs: tuple[str, ...]
    """Names of the rings it fills."""
    sources: tuple[PartInput, ...]
    """Its inputs. Items before the camera's first frame are zeros."""
    positions: tuple[int, ...] = ()
    """Positions of a window whose items the body needs; empty where only other parts do."""
    kept: int
    """Number of newest items that are stored."""
    batches: tuple[int, ...] = (1,)
    """Batch sizes for which it is compiled, the largest first, 1 last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartPlan:
    """The parts of a network, in the order in which they are run."""

    num_frames: int
    """T, frames of a window."""
    parts: tuple[Part, ...]
    """What is computed once per frame; empty where nothing can be shared."""
    body: tuple[PartInput, ...]
    """Inputs of the last model, each one array of all items of a source."""
    has_whole: bool
    """Whether a model computes the inputs of the body from a whole clip, for windows that share
    too little; where not, the parts are as fast."""

    def as_mapping(self) -> dict[str, Any]:
        """
        Return the plan as plain data.

        :return: the argument of ``from_mapping``.
        """
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> 'PartPlan':
        """
        Create a plan from plain data.

        :param values: from ``as_mapping``, perhaps through a file.
        :return: the plan.
        """
        def sources(entries: Any) -> tuple[PartInput, ...]:
            return tuple(PartInput(**entry) for entry in entries)
        parts = tuple(Part(
            name=part['name'], outputs=tuple(part['outputs']), sources=sources(part['sources']),
            positions=tuple(part['positions']), kept=part['kept'],
            batches=tuple(part['batches'])) for part in values['parts'])
        return cls(num_frames=values['num_frames'], parts=parts, body=sources(values['body']),
                   has_whole=values['has_whole'])

    def save(self, folder: Path) -> None:
        """
        Write the plan beside the models of the parts.

        :param folder: an existing folder; gets ``PLAN_FILE``.
        """
        (folder / PLAN_FILE).write_text(json.dumps(self.as_mapping()), encoding='utf-8')

    @classmethod
    def load(cls, folder: Path) -> 'PartPlan':
        """
        Read the plan of converted models.

        :param folder: holds ``PLAN_FILE``.
        :return: the plan.
        :raises OSError: when it cannot be read.
        """
        return cls.from_mapping(json.loads((folder / PLAN_FILE).read_text(encoding='utf-8')))
