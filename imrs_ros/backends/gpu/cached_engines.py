# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Engines of a model in several precisions: cached ones, then new ones; the first right one."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Generic

from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.gpu.engine_check import Engine, first_accepted
from imrs_ros.backends.model_cache import ModelCache


class CachedEngines(Generic[Engine]):
    """Loads or builds engines; how their bytes are built and run is up to the caller."""

    def __init__(
        self, cache: ModelCache, identities: Mapping[str, Values],
        build: Callable[[str], bytes], run: Callable[[bytes], Engine],
    ) -> None:
        """
        Prepare; nothing is read or built yet.

        :param cache: where engines are stored.
        :param identities: what the engine of each precision depends on, the preferred one first.
        :param build: returns the bytes of a new engine; takes minutes.
        :param run: returns an engine that runs such bytes, cached or new.
        """
        self._cache, self._identities = cache, dict(identities)
        self._build, self._run = build, run
        self._built: bytes | None = None

    def load(self, check: Callable[[Engine], object]) -> tuple[str, Engine, tuple[str, ...]]:
        """
        Return the first engine that passes; a new one is stored only then.

        :param check: raises for an engine that must not be used.
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
            cached = self._cache.load(identity)
            if cached is not None:
                yield precision, partial(self._run, cached)
            yield precision, partial(self._run_new, precision)

    def _run_new(self, precision: str) -> Engine:
        self._built = self._build(precision)
        return self._run(self._built)
