"""
The faster of two GPU backends: measured once on this machine, and remembered beside the engines.

Which one that is differs: users found TensorRT four times slower than PyTorch on one 3D network,
and faster on others.
"""

from collections.abc import Callable, Sequence
import statistics
import time

from imrs_ros.backends.base import Backend
from imrs_ros.backends.gpu.engine_cache import EngineCache, EngineIdentity
from imrs_ros.records import Clip

NUM_ROUNDS = 30
"""Clips that each scores, in turn."""

Clock = Callable[[], float]


def measure_ms(
    backends: Sequence[Backend], clip: Clip, clock: Clock = time.perf_counter,
) -> dict[str, float]:
    """
    Time backends in turn, so that a busy moment meets all.

    :param backends: warmed up.
    :param clip: what they score.
    :param clock: gives seconds.
    :return: the median time of a clip by name, ms.
    """
    found: dict[str, list[float]] = {backend.description.name: [] for backend in backends}
    for _ in range(NUM_ROUNDS):
        for backend in backends:
            start = clock()
            backend.infer([clip])
            found[backend.description.name].append(clock() - start)
    return {name: 1e3 * statistics.median(values) for name, values in found.items()}


def keep_faster(
    backends: Sequence[Backend], clip: Clip, clock: Clock = time.perf_counter,
) -> tuple[Backend, str]:
    """
    Keep the faster of several backends, and close the others.

    :param backends: warmed up.
    :param clip: what they score.
    :param clock: gives seconds.
    :return: the fastest, and what was measured, in words.
    """
    found = measure_ms(backends, clip, clock)
    ordered = sorted(backends, key=lambda backend: found[backend.description.name])
    for backend in ordered[1:]:
        backend.close()
    words = ', '.join(f'{b.description.name} {found[b.description.name]:.2f} ms' for b in ordered)
    return ordered[0], f'a clip: {words}'


def recall(cache: EngineCache, identity: EngineIdentity) -> tuple[str, str] | None:
    """
    Give the choice that was made here before.

    :param cache: beside the engines.
    :param identity: of the choice.
    :return: name of the backend, and what was measured; None where there is none.
    """
    kept = cache.load(identity)
    if kept is None:
        return None
    name, _, measured = kept.decode('utf-8', 'replace').partition('\n')
    return name, measured


def remember(cache: EngineCache, identity: EngineIdentity, name: str, measured: str) -> None:
    """
    Keep a choice for the next start.

    :param cache: beside the engines.
    :param identity: of the choice.
    :param name: name of the backend.
    :param measured: what was measured.
    """
    cache.store(identity, f'{name}\n{measured}'.encode())
