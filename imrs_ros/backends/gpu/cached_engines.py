"""Engines of a model in several precisions: kept ones, then new ones; the first right one."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Generic

from imrs_ros.backends.gpu.engine_cache import EngineCache, EngineIdentity
from imrs_ros.backends.gpu.engine_check import Engine, first_accepted


class CachedEngines(Generic[Engine]):
    """What an engine is, in bytes, and what runs it, are both the caller's."""

    def __init__(
        self, cache: EngineCache, identities: Mapping[str, EngineIdentity],
        build: Callable[[str], bytes], run: Callable[[bytes], Engine],
    ) -> None:
        """
        Prepare; nothing is read or built yet.

        :param cache: where engines are kept.
        :param identities: of the engine of each precision, the preferred one first.
        :param build: makes the bytes of an engine; takes minutes.
        :param run: makes an engine of bytes, kept or new.
        """
        self._cache, self._identities = cache, dict(identities)
        self._build, self._run = build, run
        self._built: bytes | None = None

    def load(self, check: Callable[[Engine], object]) -> tuple[str, Engine, tuple[str, ...]]:
        """
        Give the first engine that passes; a new one is kept only then.

        :param check: raises for an engine that may not be used.
        :return: its precision, the engine, and what was refused or went wrong before.
        :raises RuntimeError: when none passes, with the reasons.
        """
        precision, engine, refusals = first_accepted(self._attempts(), check)
        if self._built is not None:
            self._cache.store(self._identities[precision], self._built)
        return precision, engine, (*refusals, *self._cache.notices)

    def _attempts(self) -> Iterator[tuple[str, Callable[[], Engine]]]:
        for precision, identity in self._identities.items():
            self._built = None
            kept = self._cache.load(identity)
            if kept is not None:
                yield precision, partial(self._run, kept)
            yield precision, partial(self._run_new, precision)

    def _run_new(self, precision: str) -> Engine:
        self._built = self._build(precision)
        return self._run(self._built)
