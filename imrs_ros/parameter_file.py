# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The node's parameter file, read without ROS but as the node reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from imrs_ros.node_settings import CONCERNS, default_of, make_settings, NODE, Settings
from imrs_ros.settings import SettingsError
from imrs_ros.yaml_file import read_yaml

OF_ROS = {'qos_overrides', 'use_sim_time'}
"""Parameters of every node, which are no settings."""
PARAMETERS = 'ros__parameters'
"""Above the values of a section."""
ANY_NODE = '/**'
"""Name of a section for every node, in any namespace."""
NAMES = tuple(field.name for concern in CONCERNS.values() for field in fields(concern))


def read_settings(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """
    Read the node's settings.

    :param path: a parameter file like ``config/recognizer.yaml``; None for the defaults.
    :param overrides: values that override those of the file.
    :return: the settings.
    :raises SettingsError: naming every parameter that is unknown or wrong.
    """
    given = {**(read_values(path) if path is not None else {}), **(overrides or {})}
    given = {name: value for name, value in given.items()
             if str(name).split('.')[0] not in OF_ROS}
    values = {name: default_of(name) for name in NAMES} | given
    problems = {name: f'{name} must be one of {", ".join(NAMES)}'
                for name in given if name not in NAMES}
    problems |= {name: f'{name} must be like {default_of(name)!r}, got {value!r}'
                 for name, value in given.items()
                 if name in NAMES and not _is_like(value, default_of(name))}
    if problems:
        raise SettingsError({name: f'{path or "parameters"}: {problem}'
                             for name, problem in problems.items()})
    return make_settings(values)


def _is_like(value: Any, default: Any) -> bool:
    """Return whether a value has the type of a parameter; all lists hold strings."""
    return type(value) is type(default) and (
        not isinstance(value, list) or all(isinstance(word, str) for word in value))


def read_values(path: Path) -> dict[str, Any]:
    """
    Read the values that a parameter file sets for the node, in whatever namespace it runs.

    :param path: sections by node name, as ROS accepts them: ``/**``, ``recognizer``,
        ``/front/recognizer``, or namespaces with nodes nested in them, each with
        ``ros__parameters``.
    :return: values by name, those of ROS among them; a later section overrides an earlier one.
    :raises SettingsError: if it is no such file, no section applies to the node, or several
        recognizers have a section of their own.
    """
    if not path.exists():
        raise SettingsError({'file': f'{path}: expected a parameter file, got no such file'})
    try:
        sections = list(node_sections(read_yaml(path)))
    except (OSError, ValueError) as error:
        raise SettingsError({'file': (
            f'{path}: expected a parameter file like config/recognizer.yaml, with {ANY_NODE} or '
            f'{NODE} and {PARAMETERS} below it, got {type(error).__name__}: {error}')}) from error
    own = [(name, values) for name, values in sections
           if name.split('/')[-1] in (NODE, '*', '**')]
    if not own:
        nodes = ', '.join(name for name, _ in sections) or 'no node'
        raise SettingsError({'file': (
            f'{path}: expected parameters for {NODE}, got some for {nodes} only; name their '
            f'section {ANY_NODE}')})
    full_names = sorted({name for name, _ in own if '*' not in name})
    if len(full_names) > 1:
        raise SettingsError({'file': (
            f'{path}: expected parameters for one {NODE}, got those for {", ".join(full_names)}; '
            f'copy those to be used to a file of their own, below {ANY_NODE}')})
    return {name: value for _, values in own for name, value in values.items()}


def node_sections(content: Any, namespace: str = '') -> Iterator[tuple[str, dict[str, Any]]]:
    """
    Walk a parameter file as rcl_yaml_param_parser does; namespaces may be nested.

    :param content: of the file.
    :param namespace: above this content.
    :return: full name and parameters of every node in it; names may hold ``*`` and ``**``.
    :raises ValueError: where it is no such file.
    """
    if not isinstance(content, dict):
        where = f'{PARAMETERS} below {namespace}' if namespace else 'names of nodes'
        raise ValueError(f'expected {where}, got {content!r:.60}')
    for key, below in content.items():
        if key != PARAMETERS:
            yield from node_sections(below, f'{namespace}/{str(key).strip("/")}')
        elif namespace and isinstance(below, dict):
            yield namespace, below
        else:
            raise ValueError(f'expected {PARAMETERS} below the name of a node, with names and '
                             f'values, got {below!r:.60}')


def flat(settings: Settings) -> dict[str, Any]:
    """
    Return settings by name, for reports.

    :param settings: of the node.
    :return: values that JSON can hold.
    """
    found: dict[str, Any] = {}
    for concern in CONCERNS:
        part = getattr(settings, concern)
        found |= {field.name: getattr(part, field.name) for field in fields(part)}
    return {name: list(value) if isinstance(value, tuple)
            else dict(value) if isinstance(value, Mapping) else value
            for name, value in found.items()}
