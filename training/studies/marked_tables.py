# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Tables of recorded runs within a Markdown file.

What is between ``<!-- table: streams study=paper -->`` and ``<!-- end table -->`` is replaced by
that table; the kinds are those of ``KINDS``. The words after the kind select runs: ``key=value``
or ``key=value|value``, keys and values as in the JSON file of results, except that
``excitation_stages`` is ``all``, ``none`` or ``1,3``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
import re

from imrs_ros.atomic_file import replace_text
from training.studies.result_tables import (
    excitation_table, lambda_table, names_table, position_table, streams_table)
from training.studies.run_result import all_stages, RunResult

MARKER = re.compile(r'<!--\s*(?:table:(.*?)|(end table))\s*-->')
KINDS: dict[str, Callable[[Sequence[RunResult]], str]] = {
    'streams': streams_table, 'position': position_table, 'excitation': excitation_table,
    'lambda': lambda_table, 'names': names_table}


def fill_file(path: Path, results: Sequence[RunResult]) -> None:
    """
    Replace the marked regions of a Markdown file.

    :param path: the file.
    :param results: all runs.
    :raises FileNotFoundError: when there is no such file.
    :raises ValueError: as ``fill_tables``; the file is left as it is.
    """
    replace_text(path, fill_tables(path.read_text(encoding='utf-8'), results, str(path)))


def fill_tables(text: str, results: Sequence[RunResult], origin: str) -> str:
    """
    Replace the marked regions of a Markdown text.

    :param text: the text.
    :param results: all runs.
    :param origin: named in errors.
    :return: the text with its tables.
    :raises ValueError: for an unknown kind, an unknown or malformed word, or an unclosed region.
    """
    filled: list[str] = []
    opened = 0
    for number, line in enumerate(text.removesuffix('\n').split('\n'), start=1):
        marker, place = MARKER.fullmatch(line.strip()), f'{origin}, line {number}'
        if marker and bool(opened) != bool(marker[2]):
            raise ValueError(
                f'{place}: expected `<!-- table: ... -->` and `<!-- end table -->` in turn, got '
                f'{line.strip()!r}' + (f' while that of line {opened} is open' if opened else ''))
        if marker and marker[2]:
            opened = 0
        if not opened:
            filled.append(line)
        if marker and not marker[2]:
            opened = number
            filled += ['', _make_table(marker[1].split(), results, place), '']
    if opened:
        raise ValueError(f'{origin}, line {opened}: expected `<!-- end table -->` below, got none')
    return '\n'.join(filled) + '\n'


def select(results: Iterable[RunResult], words: Sequence[str], origin: str) -> list[RunResult]:
    """
    Select runs.

    :param results: any.
    :param words: ``key=value`` or ``key=value|value``; a run must match all.
    :param origin: named in errors.
    :return: the selected runs, in their order.
    :raises ValueError: for an unknown key or a word of another form.
    """
    selected, keys = list(results), [field.name for field in fields(RunResult)]
    for word in words:
        key, equals, values = word.partition('=')
        if key not in keys or not equals:
            raise ValueError(f'{origin}: expected key=value with a key of {keys}, got {word!r}')
        selected = [run for run in selected if _word(run, key) in values.split('|')]
    return selected


def _make_table(words: Sequence[str], results: Sequence[RunResult], origin: str) -> str:
    if not words or words[0] not in KINDS:
        raise ValueError(f'{origin}: expected a table of kind {", ".join(KINDS)}, got '
                         f'{words[0] if words else "none"!r}')
    selected = select(results, words[1:], origin)
    try:
        return KINDS[words[0]](selected)
    except ValueError as error:
        raise ValueError(f'{origin}: {error}') from error


def _word(run: RunResult, key: str) -> str:
    """Return a field as a word of a marker."""
    value = getattr(run, key)
    if key == 'excitation_stages':
        whole = run.excited_stages == all_stages(run.network)
        return 'all' if whole else ','.join(map(str, run.excited_stages)) or 'none'
    return 'null' if value is None else f'{value:g}' if isinstance(value, float) else str(value)
