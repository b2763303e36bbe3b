# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Batches of clips, cut into parts that processes share."""

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class PartedBatches(Sampler[list[int]]):
    """
    Shuffled batches, each cut into parts that the processes share.

    Part m of a batch holds its items m, m + P, m + 2P and so on; process r computes the parts
    r, r + W, and so on. P parts thus hold the same clips, and give the same loss, in one process
    as in W.
    """

    def __init__(self, num_items: int, batch_size: int, num_parts: int, rank: int = 0,
                 num_processes: int = 1) -> None:
        """
        Cut an epoch into batches and parts.

        :param num_items: clips of an epoch.
        :param batch_size: clips of a batch, over all processes.
        :param num_parts: P, parts of a batch.
        :param rank: r, number of this process.
        :param num_processes: W.
        :raises ValueError: when P is not a multiple of W, or a part would have less than 2 clips.
        """
        if num_parts % num_processes:
            raise ValueError(f'num_parts must be a multiple of the number of processes, '
                             f'{num_processes}, got {num_parts}')
        # Batch normalisation needs two clips per part.
        if min(num_items, batch_size) < 2 * num_parts:
            raise ValueError(
                f'{num_parts} parts need batches of at least {2 * num_parts} clips, got '
                f'{num_items} clips in batches of {batch_size}')
        self._num_items, self._batch_size, self._num_parts = num_items, batch_size, num_parts
        self._own_parts = range(rank, num_parts, num_processes)
        self.seed = 0
        """Seed of the order; set it before every epoch."""

    @property
    def parts_per_batch(self) -> int:
        """Return the number of parts of a batch that this process computes."""
        return len(self._own_parts)

    @property
    def batch_sizes(self) -> list[int]:
        """Return the size of every batch; a last batch too small for its parts is dropped."""
        full, rest = divmod(self._num_items, self._batch_size)
        return [self._batch_size] * full + ([rest] if rest >= 2 * self._num_parts else [])

    def __len__(self) -> int:
        """Return the number of parts per epoch of this process."""
        return len(self.batch_sizes) * self.parts_per_batch

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the parts of this process, batch by batch."""
        generator = torch.Generator().manual_seed(self.seed)
        order = torch.randperm(self._num_items, generator=generator).tolist()
        start = 0
        for size in self.batch_sizes:
            batch = order[start:start + size]
            start += size
            for part in self._own_parts:
                yield batch[part::self._num_parts]
