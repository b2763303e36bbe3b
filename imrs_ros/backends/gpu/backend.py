# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The faster of TensorRT and PyTorch on the GPU here: what ``auto`` tries first where there is one.

Which one that is varies: users found TensorRT four times slower than PyTorch on one 3D network,
and faster on others. It is measured once on this machine, then stored beside the engines. Not yet
run on a GPU; the logic is tested with stand-ins for both.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
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
Loaders = Mapping[str, Callable[[], Backend]]


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
        description = backend.description
        self.description = replace(
            description, notes=measured, warnings=(*notices, *description.warnings))

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


class GpuChoice:
    """Loads GPU backends, compares them once, and remembers which one was faster."""

    def __init__(
        self, loaders: Loaders, spec: InputSpec, cache: ModelCache, identity: Values,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """
        Prepare the choice; nothing is loaded yet.

        :param loaders: how to load each backend, by name, the preferred one first.
        :param spec: the model's input.
        :param cache: where the choice is stored.
        :param identity: what it depends on.
        :param clock: returns seconds.
        """
        self._loaders, self._cache, self._identity = dict(loaders), cache, identity
        self._clock = clock
        self._failures: list[str] = []
        clip_THWC = golden_clips(spec.num_frames, spec.size_px, len(spec.mean))[0]
        self._clip = Clip('', clip_THWC, 0, 0, '')

    def load(self) -> Backend:
        """
        Load the backend that was chosen before, or compare all.

        :return: the backend; its description has the measured times, and what to warn of.
        :raises ModelCardError: when the model itself cannot be used.
        :raises RuntimeError: when none works, with the reasons.
        """
        name, measured = recall(self._cache, self._identity) or ('', '')
        first = [name] if name in self._loaders else []
        loaded = self._load_those(first)
        if not loaded:
            measured = ''
            loaded = self._load_those(other for other in self._loaders if other not in first)
        if not loaded:
            raise RuntimeError('; '.join(self._failures))
        if len(loaded) > 1:
            fastest, measured = keep_faster(loaded, self._clip, self._clock)
            remember(self._cache, self._identity, fastest.description.name, measured)
            loaded = [fastest]
        return ChosenBackend(loaded[0], measured, (*self._failures, *self._cache.notices))

    def _load_those(self, names: Iterable[str]) -> list[Backend]:
        loaded = []
        for name in names:
            try:
                backend = self._loaders[name]()
            except ModelCardError:
                raise
            # Whatever a library raises, the other may still work.
            except Exception as error:
                self._failures.append(
                    f'backend {name} unavailable: {type(error).__name__}: {error}')
            else:
                loaded.append(backend)
        return loaded


def measure_ms(
    backends: Sequence[Backend], clip: Clip, clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """
    Time backends in turn, so that a busy moment affects all of them.

    Windows are those of a stream, each ``HOP`` frames after the last: backends that share frames
    may do so.

    :param backends: warmed up.
    :param clip: the first window; the others have its frames in another order.
    :param clock: returns seconds.
    :return: the median time per clip by name, ms.
    """
    durations: dict[str, list[float]] = {backend.description.name: [] for backend in backends}
    for first in range(0, HOP * NUM_ROUNDS, HOP):
        window = Clip('choice', np.roll(clip.frames_THWC, -first, axis=0), first, 0, '')
        for backend in backends:
            start = clock()
            backend.infer([window])
            durations[backend.description.name].append(clock() - start)
    return {name: 1e3 * statistics.median(values) for name, values in durations.items()}


def keep_faster(
    backends: Sequence[Backend], clip: Clip, clock: Callable[[], float] = time.perf_counter,
) -> tuple[Backend, str]:
    """
    Return the fastest of several backends, and close the others.

    :param backends: warmed up.
    :param clip: the first window that they score.
    :param clock: returns seconds.
    :return: the fastest, and the measured times as text.
    """
    times_ms = measure_ms(backends, clip, clock)
    ordered = sorted(backends, key=lambda backend: times_ms[backend.description.name])
    for backend in ordered[1:]:
        with suppress(Exception):
            backend.close()
    names = [backend.description.name for backend in ordered]
    return ordered[0], 'per clip: ' + ', '.join(
        f'{name} {times_ms[name]:.2f} ms' for name in names)


def recall(cache: ModelCache, identity: Values) -> tuple[str, str] | None:
    """
    Return the choice that was made here before.

    :param cache: holds the engines, too.
    :param identity: what the choice depends on.
    :return: name of the backend, and the measured times; None where there is none.
    """
    stored = cache.load(identity)
    if stored is None:
        return None
    name, _, measured = stored.decode('utf-8', 'replace').partition('\n')
    return name, measured


def remember(cache: ModelCache, identity: Values, name: str, measured: str) -> None:
    """
    Store a choice for the next start.

    :param cache: holds the engines, too.
    :param identity: what the choice depends on.
    :param name: name of the backend.
    :param measured: the measured times.
    """
    cache.store(identity, f'{name}\n{measured}'.encode())
