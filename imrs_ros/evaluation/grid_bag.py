# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``make-bag --grid``: a recording of several people, with the actions and the place of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import NAME, write_annotations
from imrs_ros.evaluation.recordings.bag_recipe import BagRecipe
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.recordings.grid_recipe import GridFrame, PlacedPerson
from imrs_ros.people.detection import Box, Detection
from imrs_ros.people.topic_names import detections_topic
from imrs_ros.records import NO_ACTION
from imrs_ros.video import video_timeline
from tqdm import tqdm


def deal(clips: Sequence[tuple[str, Path]], num_cells: int, recipe: BagRecipe,
         min_sec: float | None = None) -> list[list[tuple[str, Path]]]:
    """
    Deal clips to the cells of a grid: each goes to the cell that is through first.

    :param clips: label and file of each, the classes in turn.
    :param num_cells: how many cells there are.
    :param recipe: gaps, and where long clips are cut.
    :param min_sec: length of every cell, as far as the clips suffice, s; None for all clips.
    :return: the clips of each cell, in order.
    """
    cells: list[list[tuple[str, Path]]] = [[] for _ in range(num_cells)]
    lengths_sec = [recipe.gap_sec] * num_cells
    for label, path in clips:
        cell = min(range(num_cells), key=lengths_sec.__getitem__)
        if min_sec is not None and lengths_sec[cell] >= min_sec:
            break
        cells[cell].append((label, path))
        clip_sec = min(video_timeline(path).duration_ns / 1e9, recipe.max_clip_sec)
        lengths_sec[cell] += clip_sec + recipe.gap_sec
    return cells


def write_grid_bag(
    path: Path, frames: Iterable[GridFrame], *, topics: Sequence[str], storage: str = 'mcap',
    compress: bool = False,
) -> list[Annotation]:
    """
    Write a recording with the boxes of all people, and, in its folder, its annotations.

    :param path: new folder of the bag; removed again if a video cannot be read.
    :param frames: pictures, and who is in them.
    :param topics: each gets all pictures, as JPEG if it ends in /compressed; the boxes go to
        ``detections_topic`` of each.
    :param storage: ``mcap`` or ``sqlite3``.
    :param compress: with zstd.
    :return: the annotations.
    :raises VideoError: if a video cannot be read.
    """
    lines = PersonLines(path.name)
    with BagWriter(path, storage, compress=compress) as bag:
        for recorded in tqdm(frames, unit='frame', desc='make-bag', disable=None):
            found = [Detection(person.box, 1.0, person.name) for person in recorded.people]
            for topic in topics:
                bag.image(topic, recorded.frame, recorded.log_ns)
            for topic in dict.fromkeys(map(detections_topic, topics)):
                bag.detections(topic, recorded.frame, found, recorded.log_ns)
            lines.add(recorded.log_ns, recorded.people)
    annotations = lines.finish()
    write_annotations(path / NAME, annotations)
    return annotations


@dataclass(slots=True)
class _Line:
    """What somebody has done without a break, until now."""

    start_ns: int
    label: str
    box: Box


class PersonLines:
    """Joins what people do frame by frame to annotations."""

    def __init__(self, recording: str) -> None:
        """
        Start without anybody.

        :param recording: name of the recording.
        """
        self._recording = recording
        self._open: dict[str, _Line] = {}
        self._found: list[Annotation] = []
        self._first_ns: int | None = None
        self._last_ns = 0

    def add(self, time_ns: int, people: Sequence[PlacedPerson]) -> None:
        """
        Add the next frame.

        :param time_ns: when it was recorded.
        :param people: who is in it.
        """
        if self._first_ns is None:
            self._first_ns = time_ns
        self._last_ns = time_ns
        now = {person.name: person for person in people}
        for name, line in list(self._open.items()):
            if name not in now or now[name].label != line.label:
                self._close(name, time_ns)
        for name, person in now.items():
            line = self._open.setdefault(name, _Line(time_ns, person.label, person.box))
            # A moving box becomes the one that holds it throughout.
            line.box = line.box.join(person.box)

    def finish(self) -> list[Annotation]:
        """
        End everything at the last frame.

        :return: all annotations, by start. Everybody has a line without an action, which says that
            they are not there before and after.
        """
        for name in list(self._open):
            self._close(name, self._last_ns)
        by_person: dict[str, list[Annotation]] = {}
        for line in self._found:
            by_person.setdefault(line.person, []).append(line)
        self._found += [
            replace(lines[0], label=NO_ACTION, end_sec=lines[-1].end_sec)
            for lines in by_person.values() if all(line.label != NO_ACTION for line in lines)]
        return sorted(self._found, key=lambda a: (a.start_sec, a.person))

    def _close(self, name: str, end_ns: int) -> None:
        line, first_ns = self._open.pop(name), self._first_ns or 0
        if end_ns > line.start_ns:
            self._found.append(Annotation(
                round((line.start_ns - first_ns) / 1e9, 3), round((end_ns - first_ns) / 1e9, 3),
                line.label, self._recording, person=name, box=line.box))
