# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The fastest of several backends here, measured once, then remembered.

Which one that is varies with the machine: users found TensorRT four times slower than PyTorch on
one 3D network, and faster on others; int8 pays on some processors only.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
import statistics
import time

from imrs_ros.backends.base import Backend
from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.model_cache import ModelCache
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import InputSpec, ModelCardError
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray

NUM_ROUNDS = 30
"""Windows that each backend scores, in turn."""
HOP = 4
"""Frames from one of them to the next."""


class ChosenBackend:
    """A backend, and why it was chosen."""

    def __init__(self, backend: Backend, measured: str, notices: Sequence[str]) -> None:
        """
        Wrap the backend.

        :param backend: the one that was chosen; closed with this one.
        :param measured: the measured times as text; empty where there was no choice.
        :param notices: what to warn of.
        """
        self._backend = backend
        found = backend.description
        self.description = replace(
            found, notes='; '.join(filter(None, (found.notes, measured))),
            warnings=(*notices, *found.warnings))

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
class FastestChoice:
    """Loads backends, compares them once, and remembers which one was the fastest."""

    loaders: Mapping[str, Callable[[], Backend]]
    """How to load each, by name, the preferred one first; a loader raises where it cannot be used,
    or its scores are not the model's."""
    spec: InputSpec
    """The model's input."""
    cache: ModelCache
    """Where the choice is stored."""
    identity: Values
    """What it depends on."""
    describe: Callable[[str, Exception], str]
    """Says why one is not used; empty where nobody needs to know."""
    measured: str
    """What is measured."""
    clock: Callable[[], float] = time.perf_counter
    """Returns seconds."""
    _reasons: list[str] = field(default_factory=list)

    def load(self) -> Backend:
        """
        Load the backend that was chosen before, or compare all.

        :return: the backend; its description has the measured times, and what to warn of.
        :raises ModelCardError: when the model itself cannot be used.
        :raises RuntimeError: when none works, with the reasons.
        """
        chosen, measured = recall(self.cache, self.identity)
        loaded = self._load_those(name for name in self.loaders if name == chosen)
        if not loaded:
            measured = ''
            loaded = self._load_those(name for name in self.loaders if name != chosen)
        if not loaded:
            raise RuntimeError('; '.join(self._reasons))
        if len(loaded) > 1:
            times_ms = measure_ms(loaded, self.spec, self.clock)
            chosen = min(times_ms, key=times_ms.__getitem__)
            measured = f'{self.measured}: ' + ', '.join(
                f'{name} {ms:#.3g}'.rstrip('.') + ' ms' for name, ms in times_ms.items())
            self.cache.store(self.identity, f'{chosen}\n{measured}'.encode())
            for other in loaded.keys() - {chosen}:
                with suppress(Exception):
                    loaded.pop(other).close()
        (backend,) = loaded.values()
        return ChosenBackend(backend, measured, (*self._reasons, *self.cache.notices))

    def _load_those(self, names: Iterable[str]) -> dict[str, Backend]:
        loaded = {}
        for name in names:
            try:
                loaded[name] = self.loaders[name]()
            except ModelCardError:
                raise
            # Whatever a library raises, another may still work.
            except Exception as error:
                if reason := self.describe(name, error):
                    self._reasons.append(reason)
        return loaded


def measure_ms(
    backends: Mapping[str, Backend], spec: InputSpec, clock: Callable[[], float],
) -> dict[str, float]:
    """
    Time backends in turn, so that a busy moment affects all of them.

    Windows are those of a stream, each ``HOP`` frames after the last: backends that share frames
    may do so.

    :param backends: by name.
    :param spec: the model's input.
    :param clock: returns seconds.
    :return: the median time of a window by name, ms.
    """
    clip_THWC = golden_clips(spec.num_frames, spec.size_px, len(spec.mean))[0]
    durations: dict[str, list[float]] = {name: [] for name in backends}
    for first in range(0, HOP * NUM_ROUNDS, HOP):
        window = Clip('choice', np.roll(clip_THWC, -first, axis=0), first, 0, '')
        for name, backend in backends.items():
            start_sec = clock()
            backend.infer([window])
            durations[name].append(clock() - start_sec)
    return {name: 1e3 * statistics.median(values) for name, values in durations.items()}


def recall(cache: ModelCache, identity: Values) -> tuple[str, str]:
    """
    Return the choice that was made here before.

    :param cache: where it is stored.
    :param identity: what it depends on.
    :return: name of the backend, and the measured times; empty where there is none.
    """
    name, _, measured = (cache.load(identity) or b'').decode('utf-8', 'replace').partition('\n')
    return name, measured
