# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Runs the parts of a plan: computes the items that windows need, each once.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from imrs_ros.backends.frame_reuse.camera_memory import CameraMemory, Shape
from imrs_ros.part_plan import FRAMES, Part, PartPlan
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ItemPlace = tuple[CameraMemory, int]
"""The memory of a camera, and the number of a frame."""


class Models(Protocol):
    """The models of a plan, ready to run."""

    def run(
        self, name: str, inputs: Sequence[Array], outputs: Sequence[Array] | None = None,
    ) -> Sequence[Array]:
        """
        Run a model.

        :param name: name of a part, ``whole`` or ``body``.
        :param inputs: contiguous arrays; for a part, with one of its batch sizes in front.
        :param outputs: arrays to write into; None for the model's own.
        :return: the outputs, valid until the model runs again.
        """


class PartRunner:
    """Computes items into the memories of cameras; allocates nothing after it is created."""

    def __init__(
        self, plan: PartPlan, models: Models, frame_shape: Shape, shapes: Mapping[str, Shape],
    ) -> None:
        """
        Allocate the buffers in which batches are gathered.

        :param plan: how the network is cut.
        :param models: its models.
        :param frame_shape: H, W and C of a frame.
        :param shapes: shape of an item of every output of the parts.
        """
        self._plan, self._models = plan, models
        self._shapes = {**shapes, FRAMES: frame_shape}
        self._part_of = {name: part for part in plan.parts for name in part.outputs}
        # Items before a camera's first frame.
        self._zeros = {source.ring: self._blank(source.ring, 1)
                       for part in plan.parts for source in part.sources}
        self._staged = {part.name: self._stage(part) for part in plan.parts}

    def _blank(self, ring: str, size: int) -> Array:
        return np.zeros((size, *self._shapes[ring]), np.uint8 if ring == FRAMES else np.float32)

    def _stage(self, part: Part) -> dict[str, Array]:
        """Allocate for the largest batch; a batch of one needs no copy."""
        size = part.batches[0]
        if size == 1:
            return {}
        keys = {_key(source.ring, source.first + i): source.ring
                for source in part.sources for i in range(source.count)}
        return {key: self._blank(ring, size)
                for key, ring in (keys | {name: name for name in part.outputs}).items()}

    def fill(self, windows: Sequence[ItemPlace]) -> None:
        """
        Compute the missing items of windows, of all cameras together, in order of time.

        :param windows: of different cameras, their frames stored; each by its first frame.
        """
        for part in self._plan.parts:
            missing = [(memory, first + position) for memory, first in windows
                       for position in part.positions
                       if not memory.holds(part, first + position)]
            while missing:
                size = next(size for size in part.batches if size <= len(missing))
                self._compute(part, missing[:size])
                missing = missing[size:]

    def _compute(self, part: Part, items: Sequence[ItemPlace]) -> None:
        """Compute a batch of items, and first the items they are computed from."""
        staged, size = self._staged[part.name], len(items)
        inputs = []
        for source in part.sources:
            for offset in range(source.first, source.first + source.count):
                batch = [self._item(source.ring, memory, number + offset)
                         for memory, number in items]
                inputs.append(batch[0] if size == 1 else np.concatenate(
                    batch, out=staged[_key(source.ring, offset)][:size]))
        slots = [[memory.rings[name].slot(number) for memory, number in items]
                 for name in part.outputs]
        if size == 1:
            self._models.run(part.name, inputs, [slot for (slot,) in slots])
        else:
            outputs = [staged[name][:size] for name in part.outputs]
            self._models.run(part.name, inputs, outputs)
            for output, places in zip(outputs, slots):
                for item, place in zip(output, places):
                    place[0] = item
        for memory, number in items:
            for name in part.outputs:
                memory.rings[name].mark(number)

    def _item(self, ring: str, memory: CameraMemory, number: int) -> Array:
        if number < memory.start:
            return self._zeros[ring]
        if not memory.rings[ring].holds(number):
            if ring == FRAMES:
                raise RuntimeError(
                    f'expected frame {number} to be stored; the plan needs frames older than a '
                    'window')
            self._compute(self._part_of[ring], [(memory, number)])
        return memory.rings[ring].row(number)


def _key(ring: str, offset: int) -> str:
    return f'{ring}{offset:+}'
