# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Engines built one after the other until one passes its check."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol, TypeVar


NO_ENGINE = 'there is no engine to try'


class Closable(Protocol):
    """An object whose memory can be freed."""

    def close(self) -> None:
        """Free it."""


Engine = TypeVar('Engine', bound=Closable)


def first_accepted(
    attempts: Iterable[tuple[str, Callable[[], Engine]]], check: Callable[[Engine], object],
) -> tuple[str, Engine, tuple[str, ...]]:
    """
    Build engines until one passes.

    :param attempts: a name and how to build it, the preferred one first; built one at a time.
    :param check: raises for an engine that must not be used, which is then closed.
    :return: the name, the engine, and why others before it were refused.
    :raises RuntimeError: when none passes, with the reasons.
    """
    refusals: list[str] = []
    for name, build in attempts:
        engine = None
        try:
            engine = build()
            check(engine)
        # Whatever a library raises, the next attempt may still work.
        except Exception as error:
            refusals.append(f'{name} refused: {type(error).__name__}: {error}')
            if engine is not None:
                # After an error of the device this may fail, too.
                with suppress(Exception):
                    engine.close()
        else:
            return name, engine, tuple(refusals)
    raise RuntimeError('; '.join(refusals) or NO_ENGINE)
