# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Where people are in the clips that ``make-bag`` puts together, from a file."""

import csv
from math import isfinite
from pathlib import Path

from imrs_ros.evaluation.ground_truth.annotation_file import read_box, SIDES
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.people.detection import Box

COLUMNS = ('video', 'start', *SIDES)


def read_clip_boxes(path: Path) -> dict[str, list[tuple[float, Box]]]:
    """
    Read a CSV with the columns video, start, left, top, right and bottom.

    :param path: the file; ``video`` is a file name, whatever its folder and suffix, ``start`` is
        in seconds of the clip, and a box holds until the next one of its video.
    :return: times and boxes by the stem of the video, by rising time.
    :raises RecordingError: naming the file, the line, and what was expected there.
    """
    try:
        rows = csv.DictReader(path.read_text(encoding='utf-8-sig').splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f'{path}: expected a file of boxes, got: {error}') from error
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        raise RecordingError(f'{path}: expected a first line with {",".join(COLUMNS)}, got '
                             f'{",".join(rows.fieldnames or ())!r}')
    found: dict[str, list[tuple[float, Box]]] = {}
    for row in rows:
        origin = f'{path} line {rows.line_num}'
        box = read_box(origin, [row[side] for side in SIDES])
        try:
            start_sec = float(row['start'])
            if not isfinite(start_sec) or not row['video'] or box is None:
                raise ValueError('nothing')
        except (TypeError, ValueError) as error:
            raise RecordingError(f'{origin}: expected a video, a start in seconds and a box, got '
                                 f'{row["video"]!r}, {row["start"]!r}') from error
        found.setdefault(Path(row['video']).stem, []).append((start_sec, box))
    return {name: sorted(boxes, key=lambda one: one[0]) for name, boxes in found.items()}
