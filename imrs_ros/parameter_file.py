"""The node's parameter file, read without ROS but as the node reads it."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from imrs_ros.node_settings import CONCERNS, default_of, make_settings, NODE, Settings
from imrs_ros.settings import SettingsError
from imrs_ros.yaml_file import read_yaml, YamlFileError

OF_ROS = {'qos_overrides', 'use_sim_time'}
"""Parameters of every node, which are no settings."""
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
    Read the values that a parameter file sets for the node.

    :param path: sections by node name or ``/**``, each with ``ros__parameters``.
    :return: values by name; a later section overrides an earlier one.
    :raises SettingsError: if it is no such file.
    """
    try:
        content = read_yaml(path)
        sections = [section['ros__parameters'] for name, section in content.items()
                    if name.split('/')[-1] in (NODE, '*', '**')]
        if not sections:
            raise KeyError(NODE)
        values = {name: value for section in sections for name, value in section.items()}
    except (YamlFileError, AttributeError, KeyError, TypeError) as error:
        raise SettingsError({'file': (
            f'{path}: expected a parameter file like config/recognizer.yaml, with /** or {NODE} '
            f'and ros__parameters below it, got {type(error).__name__}: {error}')}) from error
    return {name: value for name, value in values.items() if name.split('.')[0] not in OF_ROS}


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
