# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The arguments of a launch file, read without ROS's launch system, which PyPI does not have."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import runpy
import sys
from types import ModuleType
from typing import Any

MODULES = (
    'launch', 'launch.actions', 'launch.events', 'launch.events.process', 'launch.launch_context',
    'launch.substitutions', 'launch_ros', 'launch_ros.actions',
    'launch_ros.parameter_descriptions')
"""What launch files import of it."""


@dataclass(frozen=True, slots=True)
class LaunchArgument:
    """A ``DeclareLaunchArgument``."""

    name: str
    description: str
    default: str | None
    """None where the argument must be given."""
    choices: tuple[str, ...]
    """Values that are allowed; empty for any."""


def launch_arguments(path: Path) -> list[LaunchArgument]:
    """
    Return the arguments that a launch file declares.

    :param path: the file.
    :return: the arguments, in order.
    """
    declared: list[LaunchArgument] = []

    def declare(name: str, *, description: str, default_value: str | None = None,
                choices: Sequence[str] | None = None) -> None:
        declared.append(LaunchArgument(name, description, default_value, tuple(choices or ())))

    with _stand_ins() as modules:
        modules['launch.actions'].DeclareLaunchArgument = declare  # type: ignore[attr-defined]
        runpy.run_path(str(path))['generate_launch_description']()
    return declared


class _StandIn(ModuleType):
    """A module that has every name, for a class that takes any arguments."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)
        return _Anything


class _Anything:
    """An object of any class, made of any arguments."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


@contextmanager
def _stand_ins() -> Iterator[dict[str, _StandIn]]:
    """Put stand-ins in the place of the launch system; what else is imported stays imported."""
    before = {name: sys.modules.get(name) for name in MODULES}
    modules = {name: _StandIn(name) for name in MODULES}
    sys.modules.update(modules)
    try:
        yield modules
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
