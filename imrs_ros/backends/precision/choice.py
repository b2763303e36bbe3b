# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Loads a network in every precision that may be used, and keeps the one that takes the least work.

How fast int8 and bfloat16 are depends on the processor: measured once, then remembered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
import json
import time

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.model_cache import ModelCache
from imrs_ros.model_card import InputSpec
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray

NUM_TIMINGS = 8
"""Windows that each precision scores, in turn."""
HOP = 4
"""Frames from one of them to the next."""
Clock = Callable[[], float]


class FastestPrecision:
    """A network in the precision that was chosen, and why."""

    def __init__(self, backend: Backend, measured: str, warnings: Sequence[str]) -> None:
        """
        Wrap the network.

        :param backend: the one that was chosen; closed with this one.
        :param measured: the measured times as text; empty where there was no choice.
        :param warnings: what to warn of.
        """
        self._backend = backend
        found: BackendDescription = backend.description
        self.description = replace(
            found, notes='; '.join(filter(None, (found.notes, measured))),
            warnings=(*found.warnings, *warnings))

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._backend.infer(clips)

    def close(self) -> None:
        """Free the network."""
        self._backend.close()


@dataclass(kw_only=True, slots=True)
class PrecisionChoice:
    """Which precision is used, here and from now on."""

    loaders: Mapping[str, Callable[[], Backend]]
    """By precision; each loads the network, and raises where its scores are not the model's."""
    spec: InputSpec
    """Input of the network."""
    cache: ModelCache
    """Where the choice is stored."""
    identity: Values
    """What it depends on."""
    silent: frozenset[str] = frozenset()
    """Precisions whose absence nobody is warned of."""
    clock: Clock = time.process_time
    """Returns seconds of work: what other processes take is none of a network's."""
    _reasons: list[str] = field(default_factory=list)

    def load(self) -> Backend:
        """
        Load the precision that was chosen before, or compare all.

        :return: the network; its description has the measured times, and what to warn of.
        :raises RuntimeError: when none works, with the reasons.
        """
        stored = self.cache.load(self.identity)
        chosen, measured = ('', '') if stored is None else json.loads(stored)
        loaded = self._load_those([name for name in self.loaders if name == chosen])
        loaded = loaded or self._load_those([name for name in self.loaders if name != chosen])
        if not loaded:
            raise RuntimeError('; '.join(self._reasons))
        if len(loaded) > 1:
            chosen, measured = self._least_work(loaded)
            self.cache.store(self.identity, json.dumps([chosen, measured]).encode())
            for name, backend in loaded.items():
                if name != chosen:
                    backend.close()
            loaded = {chosen: loaded[chosen]}
        (backend,) = loaded.values()
        return FastestPrecision(backend, measured, (*self._reasons, *self.cache.notices))

    def _load_those(self, names: Sequence[str]) -> dict[str, Backend]:
        loaded = {}
        for name in names:
            try:
                loaded[name] = self.loaders[name]()
            except RuntimeError as error:
                if name not in self.silent:
                    self._reasons.append(f'cpu_precision {name} is not used: {error}')
        return loaded

    def _least_work(self, backends: Mapping[str, Backend]) -> tuple[str, str]:
        """Return the precision that takes the least time a window, and all times as text."""
        spec = self.spec
        blank = np.zeros((spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), np.uint8)
        least_sec = dict.fromkeys(backends, float('inf'))
        for i in range(NUM_TIMINGS + 1):
            for name, backend in backends.items():
                start_sec = self.clock()
                backend.infer([Clip('', blank, i * HOP, 0, '')])
                # Of the first window, no frame is known yet.
                if i:
                    least_sec[name] = min(least_sec[name], self.clock() - start_sec)
        return min(least_sec, key=least_sec.__getitem__), 'CPU time a window: ' + ', '.join(
            f'{name} {1000 * sec:.1f} ms' for name, sec in least_sec.items())
