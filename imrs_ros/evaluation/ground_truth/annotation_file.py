# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Annotation files: CSV, and the JSON of ActivityNet and THUMOS.

The first line of a CSV names its columns: ``start``, ``end`` (s) and ``label``; for several
recordings or cameras, ``recording`` and ``topic``; and for people, ``person`` and where they are,
``left``, ``top``, ``right`` and ``bottom`` in shares of the image.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import csv
import io
import json
from math import isfinite
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.people.detection import Box

NAME = 'annotations.csv'
"""Of the annotation file in the folder of its bag."""
COLUMNS = ('recording', 'topic', 'start', 'end', 'label')
NEEDED = ('start', 'end', 'label')
PERSON, SIDES = 'person', ('left', 'top', 'right', 'bottom')
"""Columns of people."""
MAX_SEC = 1e12
"""Bound of a time, far beyond every stamp: nanoseconds must stay integers."""
MAX_OUTSIDE = 1.0
"""How far a side of a box may lie outside the image, in shares of it."""


def read_annotations(path: Path) -> list[Annotation]:
    """
    Read an annotation file.

    :param path: ``.csv``, or ``.json`` with ``{"database": {name: {"annotations": [{"segment":
        [start, end], "label": text}]}}}`` as of ActivityNet and THUMOS; for people also
        ``"person": text`` and ``"box": [left, top, right, bottom]``.
    :return: the annotations; none if the file has none.
    :raises RecordingError: naming the file, the line, and what was expected there.
    """
    try:
        text = path.read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f'{path}: expected an annotation file, got: {error}') from error
    if path.suffix.lower() == '.json':
        return _from_json(path, text)
    return _from_csv(path, text)


def _from_csv(path: Path, text: str) -> list[Annotation]:
    try:
        return _from_rows(path, csv.DictReader(
            io.StringIO(text, newline=''), skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise RecordingError(
            f'{path}: expected a CSV whose quotes are closed, got: {error}') from error


def csv_lines(text: str) -> Iterator[list[str]]:
    """
    Split a CSV into lines and values.

    :param text: its content; a line ends with CR, LF or both, and nothing else ends one.
    :return: the values of each line.
    :raises csv.Error: while reading, if a quote is not closed, or followed by something else.
    """
    return csv.reader(io.StringIO(text, newline=''), skipinitialspace=True, strict=True)


def _from_rows(path: Path, rows: 'csv.DictReader[str]') -> list[Annotation]:
    columns = [name.strip() for name in rows.fieldnames or ()]
    check_columns(path, columns)
    rows.fieldnames = columns
    found = []
    for row in rows:
        origin = f'{path} line {rows.line_num}'
        if None in row:
            raise RecordingError(f'{origin}: expected {len(columns)} values, got '
                                 f'{len(columns) + len(row[None])}; quote one with a comma')
        if any(value and value.strip() for value in row.values()):
            found.append(read_line(origin, row))
    return found


def check_columns(path: Path, columns: Sequence[str]) -> None:
    """
    Check the first line of a CSV.

    :param path: of the file, for the error.
    :param columns: their names.
    :raises RecordingError: if one is missing, or not known.
    """
    missing = set(NEEDED) - set(columns)
    unknown = set(columns) - {*COLUMNS, PERSON, *SIDES}
    if missing or unknown:
        raise RecordingError(
            f'{path}: expected a first line with start,end,label and, if needed, recording, '
            f'topic, person and left,top,right,bottom, got {",".join(columns)!r}')
    given = [side for side in SIDES if side in columns]
    if given and (len(given) < len(SIDES) or PERSON not in columns):
        raise RecordingError(
            f'{path}: expected person with all of left,top,right,bottom or none of them, got '
            f'{",".join(columns)!r}')


def read_line(origin: str, row: Mapping[str, str | None]) -> Annotation:
    """
    Read one line of a CSV.

    :param origin: file and line, for errors.
    :param row: its values by column.
    :return: the annotation.
    :raises RecordingError: naming the line, and what was expected there.
    """
    return _annotation(origin, row.get('start'), row.get('end'), row.get('label'),
                       row.get('recording'), row.get('topic'), row.get(PERSON),
                       [row.get(side) for side in SIDES])


def _from_json(path: Path, text: str) -> list[Annotation]:
    try:
        database = json.loads(text)
        database = database.get('database', database)
        return [_annotation(f'{path}: {name}', start, end, item['label'], name,
                            person=item.get('person'), sides=item.get('box') or ())
                for name, video in database.items() for item in video.get('annotations', ())
                for start, end in [item['segment']]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(
            f'{path}: expected {{"database": {{name: {{"annotations": [{{"segment": [start, end], '
            f'"label": text}}]}}}}}}, got {type(error).__name__}: {error}') from error


def _annotation(origin: str, start: Any, end: Any, label: Any, recording: Any = '',
                topic: Any = '', person: Any = '', sides: Sequence[Any] = ()) -> Annotation:
    try:
        times = float(start), float(end)
        if not all(isfinite(time) and abs(time) < MAX_SEC for time in times):
            raise ValueError('out of range')
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordingError(
            f'{origin}: expected start and end in seconds, got {start!r} and {end!r}') from error
    label, recording, topic, person = (
        str(word or '').strip() for word in (label, recording, topic, person))
    if not label:
        raise RecordingError(f'{origin}: expected a label, got none')
    box = read_box(origin, sides)
    if box is not None and not person:
        raise RecordingError(f'{origin}: expected a person whose box it is, got none')
    return Annotation(*times, label, recording, topic, origin, person, box)


def read_box(origin: str, sides: Sequence[Any]) -> Box | None:
    """
    Read a box from texts.

    :param origin: file and line, for the error.
    :param sides: left, top, right and bottom in shares of the image.
    :return: the box; None if all of them are empty.
    :raises RecordingError: if they are no box.
    """
    words = [str('' if side is None else side).strip() for side in sides]
    if not any(words):
        return None
    try:
        box = Box(*map(float, words))
        is_box = (-MAX_OUTSIDE <= box.left < box.right <= 1 + MAX_OUTSIDE
                  and -MAX_OUTSIDE <= box.top < box.bottom <= 1 + MAX_OUTSIDE
                  and box.inside().area > 0)
    except (TypeError, ValueError):
        is_box = False
    if not is_box:
        raise RecordingError(
            f'{origin}: expected left, top, right and bottom in shares of the image, from 0 to 1 '
            f'with left < right and top < bottom, got {",".join(words)!r}')
    return box


def write_annotations(path: Path, annotations: Iterable[Annotation]) -> None:
    """
    Write a CSV; with columns of people only where there are some.

    :param path: the file.
    :param annotations: any number; without any, the file is a template.
    """
    listed = list(annotations)
    has_people, has_boxes = any(a.person for a in listed), any(a.box for a in listed)
    columns = [*COLUMNS, *([PERSON] if has_people else ()), *(SIDES if has_boxes else ())]
    with path.open('w', newline='', encoding='utf-8') as file:
        rows = csv.DictWriter(file, columns, restval='')
        rows.writeheader()
        rows.writerows(_row(a, has_people) for a in listed)


def _row(annotation: Annotation, has_people: bool) -> dict[str, str]:
    a = annotation
    row = dict(zip(COLUMNS, (
        a.recording, a.topic, f'{a.start_sec:.3f}', f'{a.end_sec:.3f}', a.label)))
    sides = {} if a.box is None else {side: f'{getattr(a.box, side):.4f}' for side in SIDES}
    return {**row, **({PERSON: a.person} if has_people else {}), **sides}


def find_annotation_file(recording: Path) -> Path | None:
    """
    Find the annotation file of a recording.

    :param recording: a bag or a video.
    :return: ``annotations.csv`` in its folder, or a CSV or JSON of its name beside it, or None.
    """
    within = [recording / NAME] if recording.is_dir() else []
    return next((p for p in [*within, recording.with_suffix('.csv'),
                             recording.with_suffix('.json')] if p.is_file()), None)
