# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Engines of a model in several precisions: the user's, cached ones, new ones; the first right one.

Processes that start together build each engine once: the others wait for the one that does.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Generic

from imrs_ros.backends.cache_entry import check_owner, Values
from imrs_ros.backends.gpu.engine_check import Engine, first_accepted
from imrs_ros.backends.model_cache import DATA_FILE, ModelCache

Check = Callable[[Engine], object]
OWN_FOLDER, OWN_PATTERN = 'tensorrt', '*.plan'
"""Where the user's plans lie in a model folder."""


def own_plans(
    model_folder: Path, run: Callable[[bytes], Engine],
) -> Iterator[tuple[str, Callable[[], Engine]]]:
    """
    Yield the plans that a user built, as with ``trtexec``, by name.

    :param model_folder: its owner may put plans there.
    :param run: returns an engine that runs a plan.
    :return: what each is called, and how to load it: raises PermissionError for one that another
        user could have written, because TensorRT executes what a plan says.
    """
    def load(path: Path) -> Engine:
        check_owner((path.parent, path), trusted=model_folder)
        return run(path.read_bytes())
    for path in sorted((model_folder / OWN_FOLDER).glob(OWN_PATTERN)):
        yield f'{OWN_FOLDER}/{path.name}', partial(load, path)


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

    def load(self, check: Check[Engine]) -> tuple[str, Engine, tuple[str, ...]]:
        """
        Return the first engine that passes; a new one is stored only then.

        :param check: raises for an engine that must not be used.
        :return: its precision, the engine, and what was refused or went wrong before.
        :raises RuntimeError: when none passes, with the reasons.
        """
        precision, engine, refusals = first_accepted(self._attempts(check), check)
        return precision, engine, (*refusals, *self._cache.notices)

    def _attempts(self, check: Check[Engine]) -> Iterator[tuple[str, Callable[[], Engine]]]:
        for precision, identity in self._identities.items():
            cached = self._cache.load(identity)
            if cached is not None:
                yield precision, partial(self._run, cached)
            yield precision, partial(self._make, precision, cached, check)

    def _make(self, precision: str, refused: bytes | None, check: Check[Engine]) -> Engine:
        """Build an engine under the lock of its entry, unless another process just did."""
        identity, made = self._identities[precision], list[Engine]()

        def write(folder: Path, lock: int) -> None:
            plan = self._cache.load(identity)
            try:
                if plan is None or plan == refused:
                    plan = self._build(precision)
                made.append(self._run_checked(plan, check))
            except OSError as error:
                # Not one of the cache: it must not be taken for one.
                raise RuntimeError(str(error)) from error
            (folder / DATA_FILE).write_bytes(plan)
        try:
            self._cache.make(identity, write, is_new=refused is not None)
        except OSError as error:
            if not made:
                made.append(self._run_checked(self._build(precision), check))
            self._cache.notices.append(
                f'the engine is not cached, so the next start builds it again: {error}; make '
                f'{self._cache.folder} writable, or set XDG_CACHE_HOME to a folder that is')
        if not made:
            plan = self._cache.load(identity)
            if plan is None:
                raise RuntimeError('the engine that another process built is gone')
            made.append(self._run(plan))
        return made[0]

    def _run_checked(self, plan: bytes, check: Check[Engine]) -> Engine:
        engine = self._run(plan)
        try:
            check(engine)
        except BaseException:
            with suppress(Exception):
                engine.close()
            raise
        return engine
