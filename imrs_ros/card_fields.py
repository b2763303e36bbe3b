# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Read and check the entries of ``model.yaml``; errors name the entry and its section.

A kind is a condition and its description, so that every error says what was expected.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_CHARACTERS = 200
REQUIRED = object()
"""The default of a required entry."""


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What an entry may be."""

    description: str
    """Completes "expected ..."."""
    accepts: Callable[[Any], bool]
    """Return whether a value is of this kind."""


# Names and labels go into messages, logs, files and pages.
STRING = FieldKind(
    f'a string of at most {MAX_CHARACTERS} printable characters',
    lambda value: isinstance(value, str) and bool(value.strip()) and value.isprintable()
    and len(value) <= MAX_CHARACTERS)


def integer(low: int, high: int) -> FieldKind:
    """
    Return the kind of integers in a range; true, false and 2.0 are not integers.

    :param low: the smallest.
    :param high: the largest.
    :return: the kind.
    """
    return FieldKind(
        f'an integer from {low} to {high}',
        lambda value: type(value) is int and low <= value <= high)


def number(low: float, high: float) -> FieldKind:
    """
    Return the kind of numbers in a range; infinities and nan are not numbers.

    :param low: the smallest.
    :param high: the largest.
    :return: the kind.
    """
    return FieldKind(
        f'a number from {low:g} to {high:g}',
        lambda value: type(value) in (int, float) and low <= value <= high)


def list_of(kind: FieldKind) -> FieldKind:
    """
    Return the kind of lists of any length.

    :param kind: kind of every item.
    :return: the kind.
    """
    return FieldKind(
        f'a list with every item {kind.description}',
        lambda value: isinstance(value, list) and all(map(kind.accepts, value)))


def optional(kind: FieldKind) -> FieldKind:
    """
    Return a kind that also accepts null.

    :param kind: any kind.
    :return: the kind.
    """
    return FieldKind(
        f'{kind.description}, or null', lambda value: value is None or kind.accepts(value))


class CardSection:
    """One mapping in the card."""

    def __init__(self, values: Any, name: str = '') -> None:
        """
        Check that the section is a mapping.

        :param values: its content.
        :param name: prefix of the names of its entries; empty for the whole card.
        :raises ValueError: if it is not a mapping.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f'{name or "card"}: expected a mapping, got {values!r:.60}')
        self._values, self._name = values, name

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the names of the entries."""
        return iter(self._values)

    def read(self, key: str, kind: FieldKind, default: Any = REQUIRED) -> Any:
        """
        Return the value of an entry.

        :param key: name of the entry.
        :param kind: kind it must be of.
        :param default: value of a missing entry; without a default, the entry is required.
        :return: the value.
        :raises ValueError: if the entry is missing or of another kind.
        """
        value = self._get(key, kind.description, default)
        if not kind.accepts(value):
            raise ValueError(f'{self._path(key)}: expected {kind.description}, got {value!r:.60}')
        return value

    def section(self, key: str, default: Any = REQUIRED) -> 'CardSection':
        """
        Return a section of this section.

        :param key: name of the section.
        :param default: entries of a missing section; without a default, the section is required.
        :return: the section.
        :raises ValueError: if the section is missing or not a mapping.
        """
        return CardSection(self._get(key, 'a mapping', default), self._path(key))

    def _get(self, key: str, expected: str, default: Any) -> Any:
        value = self._values.get(key, default)
        if value is REQUIRED:
            raise ValueError(f'missing entry {self._path(key)}: expected {expected}')
        return value

    def _path(self, key: str) -> str:
        return f'{self._name}.{key}' if self._name else key
