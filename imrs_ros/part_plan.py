"""
How a network is cut into parts, so that windows that share frames share their work.

A plan is data: the networks make it, a file keeps it beside the exported parts, and
``backends/frame_reuse`` runs it without knowing the network.

Items are counted by frames: item ``i`` of a ring belongs to frame ``i`` of a camera.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FRAMES = 'frames'
"""The ring of the frames themselves."""
PLAN_FILE = 'plan.json'
"""The plan beside its exported models."""
WHOLE, BODY = 'whole', 'body'
"""Names of the two models that are no part."""


@dataclass(frozen=True, slots=True)
class PartInput:
    """Items of one ring, in a row."""

    ring: str
    """``frames``, or an output of a part."""
    first: int
    """The first item: for a part from the item it makes, for the body from the window's start."""
    count: int = 1
    """How many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """
    A model that makes one item of every output, from items of other rings.

    It takes every source item as an input of its own, with an axis for the batch in front.
    """

    name: str
    """Name of the part."""
    outputs: tuple[str, ...]
    """Names of the rings it fills."""
    sources: tuple[PartInput, ...]
    """What it takes. Items before the camera's first frame are zeros."""
    positions: tuple[int, ...] = ()
    """Positions of a window whose items the body needs; empty where only other parts do."""
    kept: int
    """Items that are kept: the newest, in a row."""
    batches: tuple[int, ...] = (1,)
    """Batch sizes that it is compiled for, the largest first, 1 last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartPlan:
    """The parts of a network, in the order in which they are run."""

    num_frames: int
    """T, frames of a window."""
    parts: tuple[Part, ...]
    """What is computed once and kept; empty where nothing can be."""
    body: tuple[PartInput, ...]
    """What the last model takes, each as one array: all items of a source in a row."""
    has_whole: bool
    """Whether a model makes all that the body takes from a whole clip, for windows that share
    too little; where not, the parts do that as fast."""

    def as_mapping(self) -> dict[str, Any]:
        """
        Give the plan as plain data.

        :return: what ``from_mapping`` takes.
        """
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> 'PartPlan':
        """
        Make a plan from plain data.

        :param values: what ``as_mapping`` gave, maybe through a file.
        :return: the plan.
        """
        def sources(given: Any) -> tuple[PartInput, ...]:
            return tuple(PartInput(**source) for source in given)
        parts = tuple(Part(
            name=part['name'], outputs=tuple(part['outputs']), sources=sources(part['sources']),
            positions=tuple(part['positions']), kept=part['kept'],
            batches=tuple(part['batches'])) for part in values['parts'])
        return cls(num_frames=values['num_frames'], parts=parts, body=sources(values['body']),
                   has_whole=values['has_whole'])
