"""
The entries of ``model.yaml``, read by kind: what does not fit is named with its section.

A kind is a condition and the words for it, so that every refusal says what was expected.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REQUIRED = object()
"""The default of an entry that must be there."""


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What an entry may be."""

    words: str
    """As in "expected ..."."""
    fits: Callable[[Any], bool]
    """Whether a value is of this kind."""


TEXT = FieldKind('a text', lambda value: isinstance(value, str) and bool(value.strip()))


def whole(low: int, high: int) -> FieldKind:
    """
    Make the kind of whole numbers; true, false and 2.0 are none.

    :param low: the least.
    :param high: the greatest.
    :return: the kind.
    """
    return FieldKind(
        f'a whole number from {low} to {high}',
        lambda value: type(value) is int and low <= value <= high)


def number(low: float, high: float) -> FieldKind:
    """
    Make the kind of numbers; infinities and nan are none.

    :param low: the least.
    :param high: the greatest.
    :return: the kind.
    """
    return FieldKind(
        f'a number from {low:g} to {high:g}',
        lambda value: type(value) in (int, float) and low <= value <= high)


def list_of(kind: FieldKind) -> FieldKind:
    """
    Make the kind of lists of any length.

    :param kind: of every item.
    :return: the kind.
    """
    return FieldKind(
        f'a list, every item {kind.words}',
        lambda value: isinstance(value, list) and all(map(kind.fits, value)))


def optional(kind: FieldKind) -> FieldKind:
    """
    Make a kind that may also be null.

    :param kind: any.
    :return: the kind.
    """
    return FieldKind(f'{kind.words}, or null', lambda value: value is None or kind.fits(value))


class CardSection:
    """One mapping of the card."""

    def __init__(self, values: Any, name: str = '') -> None:
        """
        Check that there are entries.

        :param values: the content.
        :param name: what stands before the name of every entry; empty for the whole card.
        :raises ValueError: when it is no mapping.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f'{name or "card"}: expected entries, got {values!r:.60}')
        self._values, self._name = values, name

    def __iter__(self) -> Iterator[Any]:
        """Give the names of the entries."""
        return iter(self._values)

    def read(self, key: str, kind: FieldKind, default: Any = REQUIRED) -> Any:
        """
        Read an entry.

        :param key: its name.
        :param kind: what it may be.
        :param default: the value where there is no such entry.
        :return: the value.
        :raises ValueError: naming the entry, what was expected and what came.
        """
        value = self._get(key, kind.words, default)
        if not kind.fits(value):
            raise ValueError(f'{self._path(key)}: expected {kind.words}, got {value!r:.60}')
        return value

    def section(self, key: str, default: Any = REQUIRED) -> 'CardSection':
        """
        Read a section within.

        :param key: its name.
        :param default: its entries where there is no such section.
        :return: the section.
        :raises ValueError: when it is missing or no mapping.
        """
        return CardSection(self._get(key, 'entries', default), self._path(key))

    def _get(self, key: str, expected: str, default: Any) -> Any:
        value = self._values.get(key, default)
        if value is REQUIRED:
            raise ValueError(f'no entry {self._path(key)}: expected {expected}')
        return value

    def _path(self, key: str) -> str:
        return f'{self._name}.{key}' if self._name else key
