# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Runs the parts of a plan: computes the items that windows need, each once, of all cameras together.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from imrs_ros.backends.frame_reuse.camera_memory import CameraMemory, num_kept, Shape
from imrs_ros.backends.frame_reuse.storage import Array, Storage
from imrs_ros.part_plan import FRAMES, Part, PartPlan

ItemPlace = tuple[CameraMemory, int]
"""The memory of a camera, and the number of a frame."""
MAX_STAGED_BYTES = 1 << 29
"""Of the buffers of one part: its largest batches are left out where they would take more."""


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
    """
    Computes items into the memories of cameras; allocates nothing after it is created.

    New frames are taken up in order of time, as many at once as the rings have room for.
    """

    def __init__(
        self, plan: PartPlan, models: Models, storage: Storage, frame_shape: Shape,
        shapes: Mapping[str, Shape], batch_sizes: Sequence[int] = (), num_spare: int = 0,
    ) -> None:
        """
        Allocate the buffers in which batches are gathered.

        :param plan: how the network is cut.
        :param models: its models.
        :param storage: where the items lie.
        :param frame_shape: H, W and C of a frame.
        :param shapes: shape of an item of every output of the parts.
        :param batch_sizes: ascending, in which every part runs on the buffers of the runner alone:
            all missing items in one call, filled up with old ones to the next size. By default
            the plan's, exactly.
        :param num_spare: as of the memories.
        """
        self._plan, self._models, self._storage = plan, models, storage
        self._shapes, self._batch_sizes = {**shapes, FRAMES: frame_shape}, tuple(batch_sizes)
        self._part_of = {name: part for part in plan.parts for name in part.outputs}
        self._reach: dict[str, int] = {}
        """By part: how many frames after its own an item needs."""
        for part in plan.parts:
            self._reach[part.name] = max(
                source.first + source.count - 1 + self._reach_of(source.ring)
                for source in part.sources)
        self._num_at_once = self._count_at_once(num_spare)
        # Items before a camera's first frame.
        self._zeros = {source.ring: self._blank(source.ring, 1)
                       for part in plan.parts for source in part.sources}
        self._sizes: dict[str, tuple[int, ...]] = {}
        """Of ``batch_sizes``, by part, those whose buffers are not too large."""
        self._staged = {part.name: self._stage(part) for part in plan.parts}

    def _reach_of(self, ring: str) -> int:
        return 0 if ring == FRAMES else self._reach[self._part_of[ring].name]

    def _count_at_once(self, num_spare: int) -> int:
        """Return how many new frames the rings have room for before old items are read."""
        plan = self._plan
        rooms = [num_kept(plan, self._part_of[source.ring], num_spare) + source.first
                 - self._reach[part.name] + self._reach_of(source.ring)
                 for part in plan.parts for source in part.sources
                 if source.ring != FRAMES
                 and self._part_of[source.ring].kept < plan.num_frames]
        return max(1, min([plan.num_frames, *rooms]))

    def _blank(self, ring: str, size: int) -> Array:
        return self._storage.zeros((size, *self._shapes[ring]), is_pixels=ring == FRAMES)

    def _stage(self, part: Part) -> dict[str, Array]:
        """Allocate for the largest batch; a batch of one of the plan needs no copy."""
        rings = {_key(source.ring, offset): source.ring for source in part.sources
                 for offset in range(source.first, source.first + source.count)}
        rings |= {name: name for name in part.outputs}
        sizes = self._batch_sizes
        if sizes:
            item_bytes = sum(int(self._blank(ring, 1).nbytes) for ring in rings.values())
            sizes = tuple(size for size in sizes
                          if size == sizes[0] or size * item_bytes <= MAX_STAGED_BYTES)
            self._sizes[part.name] = sizes
        elif part.batches[0] == 1:
            return {}
        return {key: self._blank(ring, max(sizes or part.batches))
                for key, ring in rings.items()}

    def warm_up(self) -> None:
        """Run every part in each of ``batch_sizes`` on the buffers, as they will be run."""
        for part in self._plan.parts:
            for size in reversed(self._sizes[part.name]):
                staged = [array[:size] for array in self._staged[part.name].values()]
                num_inputs = len(staged) - len(part.outputs)
                self._models.run(part.name, staged[:num_inputs], staged[num_inputs:])

    def fill(self, windows: Sequence[ItemPlace]) -> None:
        """
        Compute the missing items of windows, of all cameras together, in order of time.

        :param windows: of different cameras, their frames stored; each by its first frame.
        """
        ends = [first + self._plan.num_frames for _, first in windows]
        while True:
            limits = [min(memory.taken_to + self._num_at_once, end)
                      for (memory, _), end in zip(windows, ends)]
            self._take_up(windows, limits)
            for (memory, _), limit in zip(windows, limits):
                memory.taken_to = limit
            if limits == ends:
                return

    def _take_up(self, windows: Sequence[ItemPlace], limits: Sequence[int]) -> None:
        """Compute what depends on frames before the limits alone."""
        missing: dict[str, set[tuple[int, int]]] = {}
        for part in self._plan.parts:
            reach = self._reach[part.name]
            missing[part.name] = {
                (place, first + position) for place, (memory, first) in enumerate(windows)
                for position in part.positions if first + position + reach < limits[place]
                and not memory.holds(part, first + position)}
        for part in reversed(self._plan.parts):
            for source in part.sources:
                if source.ring != FRAMES:
                    producer = self._part_of[source.ring]
                    missing[producer.name] |= _not_held(
                        windows, missing[part.name], producer,
                        range(source.first, source.first + source.count))
        for part in self._plan.parts:
            items = [(windows[place][0], number) for place, number in sorted(missing[part.name])]
            for batch, size in self._batches(part, items):
                self._compute(part, batch, size)

    def _batches(
        self, part: Part, items: Sequence[ItemPlace],
    ) -> Iterator[tuple[Sequence[ItemPlace], int]]:
        """Yield batches of items, and the size in which each is run."""
        while items:
            if sizes := self._sizes.get(part.name):
                number = min(len(items), sizes[-1])
                size = next(size for size in sizes if size >= number)
            else:
                number = size = next(size for size in part.batches if size <= len(items))
            yield items[:number], size
            items = items[number:]

    def _compute(self, part: Part, items: Sequence[ItemPlace], size: int) -> None:
        """Compute a batch of items; those that they are computed from are there."""
        places = [memory.rings[name].places(number)
                  for name in part.outputs for memory, number in items]
        if size > 1 or self._batch_sizes:
            inputs, outputs, results = self._gather(part, items, size)
            self._models.run(part.name, inputs, outputs)
        else:
            ((memory, number),) = items
            inputs = [self._item(source.ring, memory, number + offset) for source in part.sources
                      for offset in range(source.first, source.first + source.count)]
            self._models.run(part.name, inputs, [place[0] for place in places])
            results = [place.pop(0) for place in places]
        self._storage.copy([result for result, targets in zip(results, places) for _ in targets],
                           [target for targets in places for target in targets])
        for memory, number in items:
            for name in part.outputs:
                memory.rings[name].mark(number)

    def _gather(
        self, part: Part, items: Sequence[ItemPlace], size: int,
    ) -> tuple[list[Array], list[Array], list[Array]]:
        """Return inputs, copied into the buffers, buffers of the outputs, and each output."""
        staged, inputs = self._staged[part.name], []
        sources, targets = [], []
        for source in part.sources:
            for offset in range(source.first, source.first + source.count):
                buffer = staged[_key(source.ring, offset)]
                inputs.append(buffer[:size])
                sources += [self._item(source.ring, memory, number + offset)
                            for memory, number in items]
                targets += [buffer[i:i + 1] for i in range(len(items))]
        self._storage.copy(sources, targets)
        outputs = [staged[name] for name in part.outputs]
        return inputs, [output[:size] for output in outputs], [
            output[i:i + 1] for output in outputs for i in range(len(items))]

    def _item(self, ring: str, memory: CameraMemory, number: int) -> Array:
        if number < memory.start:
            return self._zeros[ring]
        if not memory.rings[ring].holds(number):
            raise RuntimeError(
                f'expected item {number} of {ring} to be stored; the plan keeps too few of them')
        return memory.rings[ring].row(number)


def _not_held(
    windows: Sequence[ItemPlace], items: Iterable[tuple[int, int]], producer: Part,
    offsets: range,
) -> set[tuple[int, int]]:
    """Return the items of another part that items need and that are not there."""
    needed = {(place, number + offset) for place, number in items for offset in offsets}
    return {(place, number) for place, number in needed
            if number >= windows[place][0].start
            and not windows[place][0].holds(producer, number)}


def _key(ring: str, offset: int) -> str:
    return f'{ring}{offset:+}'
