"""A node's parameter file, read without ROS as the node reads it."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from imrs_ros.node_settings import CONCERNS, default_of, make_settings, NODE, Settings
from imrs_ros.settings import SettingsError
import yaml

OF_ROS = {'qos_overrides', 'use_sim_time'}
"""Parameters that every node has."""
NAMES = tuple(field.name for concern in CONCERNS.values() for field in fields(concern))


def read_settings(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """
    Read a node's settings.

    :param path: a parameter file, as of ``config/recognizer.yaml``; None for the defaults.
    :param overrides: values that count before those of the file.
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
    """Tell whether a value has a parameter's type; all lists are of texts."""
    return type(value) is type(default) and (
        not isinstance(value, list) or all(isinstance(word, str) for word in value))


def read_values(path: Path) -> dict[str, Any]:
    """
    Read what a parameter file sets for the node.

    :param path: sections by node name or ``/**``, each with ``ros__parameters``.
    :return: values by name; of several sections, the later counts.
    :raises SettingsError: when it is no such file.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
        sections = [section['ros__parameters'] for name, section in content.items()
                    if name.split('/')[-1] in (NODE, '*', '**')]
        if not sections:
            raise KeyError(NODE)
        values = {name: value for section in sections for name, value in section.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError,
            TypeError) as error:
        # YAML shows the place below its message.
        words = ' '.join(str(error).split())
        raise SettingsError({'file': (
            f'{path}: expected a parameter file like config/recognizer.yaml, with /** or {NODE} '
            f'and ros__parameters within; got {type(error).__name__}: {words}')}) from error
    return {name: value for name, value in values.items() if name.split('.')[0] not in OF_ROS}


def flat(settings: Settings) -> dict[str, Any]:
    """
    Give settings by name, for reports.

    :param settings: any.
    :return: values that JSON holds.
    """
    found: dict[str, Any] = {}
    for concern in CONCERNS:
        part = getattr(settings, concern)
        found |= {field.name: getattr(part, field.name) for field in fields(part)}
    return {name: list(value) if isinstance(value, tuple)
            else dict(value) if isinstance(value, Mapping) else value
            for name, value in found.items()}
