# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What ``evaluate`` would say of a table of annotations, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import re

from imrs_ros.evaluation.annotator.annotation_table import AnnotationTable
from imrs_ros.evaluation.annotator.opened_recording import OpenedRecording
from imrs_ros.evaluation.ground_truth.annotation import Annotation, check
from imrs_ros.evaluation.ground_truth.annotation_file import check_columns, read_line
from imrs_ros.evaluation.recordings.recording import RecordingError

FIRST_LINE = 2
"""Number of the first line below the names of the columns."""


@dataclass(frozen=True, slots=True)
class TableProblem:
    """Something that ``evaluate`` refuses."""

    rows: tuple[int, ...]
    """Of the table; none if it is about the whole file."""
    text: str
    """What was expected, and what came."""


def problems_of(table: AnnotationTable, path: Path, recording: OpenedRecording,
                labels: Sequence[str]) -> list[TableProblem]:
    """
    Check annotations by the rules of ``evaluate``.

    :param table: the annotations.
    :param path: of their file, for the texts.
    :param recording: what they are of.
    :param labels: of the model.
    :return: every problem of the file, and of the lines that are of this recording.
    """
    found: list[TableProblem] = []
    try:
        check_columns(path, table.columns)
    except RecordingError as error:
        found.append(TableProblem((), str(error)))
    own: list[Annotation] = []
    for row, cells in enumerate(table.rows):
        origin = f'line {row + FIRST_LINE}'
        try:
            if len(cells) > len(table.columns):
                raise RecordingError(f'{origin}: expected {len(table.columns)} values, got '
                                     f'{len(cells)}; quote one with a comma')
            annotation = read_line(origin, dict(zip(table.columns, cells)))
        except RecordingError as error:
            found.append(TableProblem((row,), str(error)))
        else:
            if annotation.recording in ('', recording.name):
                own.append(annotation)
    texts: dict[str, None] = {}
    for topic in recording.topics:
        pairs = [(a, a.placed(recording.clock(topic))) for a in own
                 if a.is_of(recording.name, topic)]
        texts |= dict.fromkeys(check(pairs, labels, recording.duration_ns))
    return found + [TableProblem(_rows_of(text), text) for text in texts]


def _rows_of(text: str) -> tuple[int, ...]:
    """Return the rows that a problem names: the first, and one that it overlaps."""
    places = [re.match(r'line (\d+):', text), re.search(r' overlaps line (\d+):', text)]
    return tuple(int(place[1]) - FIRST_LINE for place in places if place)
