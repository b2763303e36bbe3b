# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The folder of examples: ``<label>/<time>-<number>.mp4``, and ``annotations.csv`` for all of them.

Videos, their names and lines of the annotations appear whole or not at all, also where several
processes record into one folder.
"""

import csv
from io import StringIO
import os
from pathlib import Path
import time

from imrs_ros.atomic_file import replace_text
from imrs_ros.node.clips.video_file import locked, SUFFIX, VideoFile
from imrs_ros.records import NO_ACTION

ANNOTATIONS = 'annotations.csv'
COLUMNS = ('recording', 'topic', 'start', 'end', 'label')
"""Of a new annotation file, as the evaluation of recordings reads it."""
NEEDED = {'recording', 'start', 'end', 'label'}


class ExampleFolder:
    """Examples of one label; not thread-safe, but other processes may use the folder as well."""

    def __init__(self, out: Path, label: str) -> None:
        """
        Create the folders where missing, and check that annotations can be added.

        :param out: the folder of the class folders.
        :param label: the action; of ``NO_ACTION``, videos are not annotated: without an
            annotation, they show background.
        :raises OSError: when a folder cannot be created.
        :raises ValueError: when the annotations that are there have other columns.
        """
        self._out, self._label = out, label
        self.path = out / label
        """Where the examples go."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._read_annotations()
        self._num_kept = 0

    def begin(self) -> VideoFile:
        """
        Begin an example.

        :return: a video, which has no name yet.
        :raises OSError: when the folder cannot be written.
        """
        return VideoFile(self._out)

    def keep(self, video: VideoFile) -> Path:
        """
        Give an example its name, and annotate it.

        :param video: of ``begin``; its first image is the start of the action, its last the end.
        :return: the file.
        :raises OSError: when it cannot be written; nothing remains then.
        :raises ValueError: when somebody changed the columns of the annotations meanwhile; nothing
            remains of the example then.
        """
        video.complete()
        with locked(self._out):
            path = self._free_path()
            video.finish(path)
            try:
                self._annotate(path.stem, video.duration_sec)
            except BaseException:
                path.unlink()
                raise
        self._num_kept += 1
        return path

    def _free_path(self) -> Path:
        """Return a name that no example has, whatever its label: annotations name no folder."""
        # Of an example that was moved to another class, the annotation names the old one.
        # Unlike Path.glob, os.walk bears folders that other processes rename meanwhile.
        taken = {Path(name).stem for _, _, names in os.walk(self._out) for name in names}
        taken |= {row['recording'] for row in self._read_annotations()[1]}
        stamp, number = time.strftime('%Y%m%d-%H%M%S'), self._num_kept + 1
        while f'{stamp}-{number}' in taken:
            number += 1
        return self.path / f'{stamp}-{number}{SUFFIX}'

    def _annotate(self, name: str, duration_sec: float) -> None:
        if self._label == NO_ACTION:
            return
        columns, rows = self._read_annotations()
        rows.append({'recording': name, 'start': '0.000', 'end': f'{duration_sec:.3f}',
                     'label': self._label})
        text = StringIO(newline='')
        writer = csv.DictWriter(text, columns, restval='', lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
        replace_text(self._out / ANNOTATIONS, text.getvalue())

    def _read_annotations(self) -> tuple[list[str], list[dict[str, str]]]:
        """Return columns and rows; no rows where there is no file."""
        path = self._out / ANNOTATIONS
        try:
            text = path.read_text(encoding='utf-8-sig')
        except FileNotFoundError:
            return list(COLUMNS), []
        rows = csv.DictReader(StringIO(text, newline=''), skipinitialspace=True)
        columns = [name.strip() for name in rows.fieldnames or ()]
        if NEEDED - set(columns):
            raise ValueError(
                f'{path}: expected a first line with {",".join(COLUMNS)}, got '
                f'{",".join(columns)!r}; move the file away, or record with another --out')
        rows.fieldnames = columns
        found = []
        for row in rows:
            if None in row:
                raise ValueError(f'{path} line {rows.line_num}: expected {len(columns)} values, '
                                 'got more; quote one with a comma')
            found.append({name: value or '' for name, value in row.items()})
        return columns, found
