# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The faster of two GPU backends: measured once on this machine, then stored beside the engines.

Which one that is varies: users found TensorRT four times slower than PyTorch on one 3D network,
and faster on others.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
import statistics
import time

from imrs_ros.backends.base import Backend
from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.model_cache import ModelCache
from imrs_ros.records import Clip

NUM_ROUNDS = 30
"""Clips that each backend scores, in turn."""

Clock = Callable[[], float]


def measure_ms(
    backends: Sequence[Backend], clip: Clip, clock: Clock = time.perf_counter,
) -> dict[str, float]:
    """
    Time backends in turn, so that a busy moment affects all of them.

    :param backends: warmed up.
    :param clip: what they score.
    :param clock: returns seconds.
    :return: the median time per clip by name, ms.
    """
    durations: dict[str, list[float]] = {backend.description.name: [] for backend in backends}
    for _ in range(NUM_ROUNDS):
        for backend in backends:
            start = clock()
            backend.infer([clip])
            durations[backend.description.name].append(clock() - start)
    return {name: 1e3 * statistics.median(values) for name, values in durations.items()}


def keep_faster(
    backends: Sequence[Backend], clip: Clip, clock: Clock = time.perf_counter,
) -> tuple[Backend, str]:
    """
    Return the fastest of several backends, and close the others.

    :param backends: warmed up.
    :param clip: what they score.
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
