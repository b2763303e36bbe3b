# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""An annotation file as a table of texts: what is not edited stays as it was written."""

import csv
from dataclasses import dataclass, field
import hashlib
import io
from pathlib import Path
import re
from tempfile import TemporaryDirectory
from typing import Any

from imrs_ros.atomic_file import replace_file
from imrs_ros.evaluation.ground_truth.annotation_file import (
    COLUMNS, csv_lines, find_annotation_file, NAME, read_annotations, write_annotations)
from imrs_ros.evaluation.recordings.recording import RecordingError

MAX_ROWS, MAX_COLUMNS, MAX_CHARS = 100_000, 100, 10_000
"""Of a table that a page sends, and of one of its texts."""
BOM = '\ufeff'
LIMITS = (f'at most {MAX_ROWS} rows of at most {MAX_COLUMNS} texts in one line and of at most '
          f'{MAX_CHARS} characters')


class FileChangedError(RuntimeError):
    """The file on disk is not the one that was read."""

    def __init__(self, text: str, version: str) -> None:
        """
        Say so.

        :param text: what was expected, and what came.
        :param version: of the file on disk, empty if there is none.
        """
        super().__init__(text)
        self.version = version


@dataclass(slots=True)
class AnnotationTable:
    """Columns and rows, known or not, in the order of the file."""

    columns: list[str] = field(default_factory=lambda: list(COLUMNS))
    rows: list[list[str]] = field(default_factory=list)
    """A text for each column; fewer or more where the file has that."""
    newline: str = '\r\n'
    """Between lines; by default that of ``write_annotations``."""
    has_bom: bool = False
    """Whether the file begins with a byte order mark."""

    @classmethod
    def parse(cls, text: str) -> 'AnnotationTable':
        """
        Read a CSV.

        :param text: its content, with the line ends of the file.
        :return: the table; rows without any text are left out.
        :raises ValueError: if it could not be written as it is.
        :raises csv.Error: if it is no CSV.
        """
        lines = list(csv_lines(text.removeprefix(BOM)))
        if not lines:
            return cls(has_bom=text.startswith(BOM))
        if len(lines) > MAX_ROWS + 1:
            raise ValueError(f'expected {LIMITS}, got {len(lines) - 1} rows')
        for number, line in enumerate(lines, 1):
            if not _is_row(line):
                raise ValueError(f'expected {LIMITS}, got something else in row {number}')
        head, *rows = lines
        return cls([name.strip() for name in head],
                   [row for row in rows if any(cell.strip() for cell in row)],
                   '\r\n' if '\r\n' in text else '\n', text.startswith(BOM))

    @classmethod
    def from_json(cls, value: Any) -> 'AnnotationTable':
        """
        Read what a page sends.

        :param value: ``columns``, and ``rows`` of texts.
        :return: the table.
        :raises ValueError: if it is something else.
        """
        given: dict[str, Any] = value if isinstance(value, dict) else {}
        columns, rows = given.get('columns'), given.get('rows')
        if not isinstance(columns, list) or not isinstance(rows, list) or len(
                rows) > MAX_ROWS or not all(map(_is_row, (columns, *rows))):
            raise ValueError(f'expected columns, and {LIMITS}, got something else')
        return cls(columns, rows)

    def to_text(self) -> str:
        """
        Write a CSV.

        :return: its content, with the line ends of the file.
        """
        text = io.StringIO(newline='')
        width = len(self.columns)
        csv.writer(text, lineterminator=self.newline).writerows(
            [self.columns, *([*row, *[''] * (width - len(row))] for row in self.rows)])
        return (BOM if self.has_bom else '') + text.getvalue()


def _is_row(row: object) -> bool:
    """Return whether it is a list of texts that a line of a CSV can hold."""
    return isinstance(row, list) and len(row) <= MAX_COLUMNS and all(
        isinstance(cell, str) and len(cell) <= MAX_CHARS and not re.search('[\r\n\0]', cell)
        for cell in row)


class AnnotationStore:
    """The annotation file of one recording: read, and replaced only if nobody else changed it."""

    def __init__(self, recording: Path, given: Path | None = None) -> None:
        """
        Choose the file.

        :param recording: a bag or a video.
        :param given: the CSV; default: the file that ``evaluate`` finds, else a new one in the
            folder of the bag, or beside the recording. A JSON is read, and a CSV written beside
            it, which ``evaluate`` prefers.
        :raises ValueError: if it is no CSV.
        """
        if given is not None and given.suffix.lower() != '.csv':
            raise ValueError(f'{given}: expected a CSV of annotations, got the suffix '
                             f'{given.suffix!r}; the page writes no other format')
        found = find_annotation_file(recording) if given is None else given
        self.is_shared = given is not None
        """Whether it is of several recordings, so that new lines must name theirs."""
        self.source = found if found is not None and found.is_file() else None
        """What is read; None if there is none."""
        if found is None:
            found = recording / NAME if recording.is_dir() else recording.with_suffix('.csv')
        # A link stays a link.
        self.path = found.with_suffix('.csv').resolve()
        """What is written."""

    def read(self) -> tuple[AnnotationTable, str]:
        """
        Read the file.

        :return: the table, and the version of the file, empty if there is none yet.
        :raises RecordingError: if it cannot be read.
        """
        if self.path.is_dir():
            raise RecordingError(f'{self.path}: expected an annotation file, got a folder; move '
                                 'it away')
        if not self.path.is_file():
            source = self._other_source()
            return (self._convert(source) if source else AnnotationTable()), ''
        try:
            data = self.path.read_bytes()
            return AnnotationTable.parse(data.decode('utf-8')), _version(data)
        except (OSError, ValueError, csv.Error) as error:
            raise RecordingError(
                f'{self.path}: expected an annotation file in UTF-8, got: {error}; it is left as '
                'it is') from error

    def write(self, table: AnnotationTable, version: str) -> str:
        """
        Replace the file.

        :param table: its new content.
        :param version: of the file that the table was made from.
        :return: the new version.
        :raises FileChangedError: if the file on disk has another version.
        :raises OSError: if it cannot be written.
        """
        data = self.path.read_bytes() if self.path.is_file() else None
        found = '' if data is None else _version(data)
        if found != version:
            raise FileChangedError(
                f'{self.path}: expected the file as it was read, it was changed meanwhile; load '
                'it again, or replace it', found)
        if data is not None:
            old = data.decode('utf-8', 'replace')
            table.newline = '\n' if '\n' in old and '\r\n' not in old else '\r\n'
            table.has_bom = old.startswith(BOM)
        content = table.to_text().encode('utf-8')
        with replace_file(self.path) as new:
            new.write_bytes(content)
        return _version(content)

    def is_annotated(self) -> bool:
        """
        Return whether there is something to read.

        :return: False before the first annotation.
        """
        return self.path.is_file() or self._other_source() is not None

    def _other_source(self) -> Path | None:
        """Return a file that is read but not written; the one that is may have been deleted."""
        return self.source if self.source and self.source.resolve() != self.path else None

    @staticmethod
    def _convert(source: Path) -> AnnotationTable:
        """Return the annotations of a JSON."""
        annotations = read_annotations(source)
        with TemporaryDirectory(prefix='imrs_ros_') as folder:
            write_annotations(Path(folder) / NAME, annotations)
            return AnnotationTable.parse((Path(folder) / NAME).read_bytes().decode('utf-8'))


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
