# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The recordings to annotate, opened one at a time on a thread of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from imrs_ros.evaluation.annotator.annotation_table import AnnotationStore, AnnotationTable
from imrs_ros.evaluation.annotator.opened_recording import OpenedRecording
from imrs_ros.evaluation.annotator.table_check import problems_of
from imrs_ros.evaluation.recordings.bag_files import plain_name
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.records import NO_ACTION

T = TypeVar('T')


class OtherRecordingError(RuntimeError):
    """A page is of another recording than the server has by that number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnotatorSettings:
    """What is annotated, and with what."""

    paths: tuple[Path, ...]
    """Of recordings."""
    labels: tuple[str, ...]
    """That annotations may have."""
    model: str = ''
    """Whose labels they are."""
    topics: tuple[str, ...] = ()
    """Of cameras, all of which must be in a bag; empty for all."""
    by_log_time: bool = False
    """Use recording times as header stamps."""
    file: Path | None = None
    """Of all annotations; None for the file in or beside each recording."""


class Workspace:
    """
    Everything that the page asks for.

    All that reads recordings runs on one thread, in the order of the requests: see ``call``.
    """

    def __init__(self, settings: AnnotatorSettings,
                 on_open: Callable[[Path], Callable[[], object]] = lambda _: lambda: None) -> None:
        """
        Prepare; nothing is opened yet.

        :param settings: what is annotated.
        :param on_open: called when a recording is opened; returns what is called after each frame.
        :raises ValueError: if the annotation file cannot be one.
        """
        self.settings = settings
        self._on_open = on_open
        self._stores = [AnnotationStore(path, settings.file) for path in settings.paths]
        self._opened: tuple[int, OpenedRecording] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix='recording')

    def call(self, function: Callable[..., T], *arguments: Any) -> 'Future[T]':
        """
        Run a method of this class on its thread.

        :param function: the method.
        :param arguments: of the method.
        :return: its result, to be awaited.
        """
        return self._thread.submit(function, *arguments)

    def close(self) -> None:
        """Close everything."""
        self._thread.submit(self._close_recording).result()
        self._thread.shutdown()

    def session(self) -> dict[str, Any]:
        """
        Describe the session.

        :return: labels and recordings, for JSON.
        """
        return {'model': self.settings.model, 'labels': list(self.settings.labels),
                'no_action': NO_ACTION,
                'recordings': [{'name': _name(path), 'path': str(path),
                                'num_lines': self._num_lines(number)}
                               for number, path in enumerate(self.settings.paths)]}

    def describe(self, number: int) -> dict[str, Any]:
        """
        Describe a recording and its annotations.

        :param number: of the recording.
        :return: cameras, frames, annotations and their problems, for JSON.
        :raises RecordingError: if recording or annotations cannot be read.
        """
        recording, store = self._open(number), self._stores[number]
        table, version = store.read()
        return {
            'name': recording.name, 'duration_sec': recording.duration_ns / 1e9,
            'file': str(store.path), 'source': str(store.source or ''), 'version': version,
            'is_shared': store.is_shared, 'notes': recording.notes,
            'cameras': [{
                'topic': topic,
                'times_sec': (recording.frames[topic].times_N / 1e9).round(6).tolist(),
                # What an absolute stamp of 0 would be, from the start of the recording.
                'zero_sec': recording.clock(topic).since_start(0) / 1e9 if _has_clock(
                    recording, topic) else 0.0} for topic in recording.topics],
            'columns': table.columns, 'rows': table.rows,
            'problems': self._problems(number, table)}

    def frame(self, number: int, camera: int, index: int, is_small: bool) -> bytes:
        """
        Return a frame.

        :param number: of the recording.
        :param camera: number of the camera.
        :param index: of the frame, by time.
        :param is_small: for a strip of pictures.
        :return: a JPEG.
        :raises RecordingError: if the recording cannot be read, or has no such camera.
        :raises FrameError: if there is no such frame, or it cannot be decoded.
        """
        recording = self._open(number)
        if not 0 <= camera < len(recording.topics):
            raise RecordingError(f'expected a camera from 0 to {len(recording.topics) - 1}, got '
                                 f'{camera}')
        return recording.jpeg(recording.topics[camera], index, is_small=is_small)

    def check(self, number: int, body: Any) -> dict[str, Any]:
        """
        Check annotations as ``evaluate`` does.

        :param number: of the recording.
        :param body: a table, as ``AnnotationTable.from_json`` reads it.
        :return: the problems, for JSON.
        :raises ValueError: if it is no table.
        """
        return {'problems': self._problems(number, AnnotationTable.from_json(body))}

    def save(self, number: int, body: Any) -> dict[str, Any]:
        """
        Save annotations, whatever problems they have: no work is lost.

        :param number: of the recording.
        :param body: a table, and ``file`` and ``version`` of the file that it was made from.
        :return: the new version and the problems, for JSON.
        :raises ValueError: if it is no table.
        :raises OtherRecordingError: if the file is not that of the recording.
        :raises FileChangedError: if the file was changed meanwhile.
        :raises OSError: if it cannot be written.
        """
        table = AnnotationTable.from_json(body)
        version, file = body.get('version'), body.get('file')
        if not isinstance(version, str) or not isinstance(file, str):
            raise ValueError('expected the version of the file and its path, got none')
        # A page stays open when the server starts again, maybe with other recordings.
        if not 0 <= number < len(self._stores) or file != str(self._stores[number].path):
            raise OtherRecordingError('expected the recording of this page, the server has '
                                      'another; load the page again')
        new = self._stores[number].write(table, version)
        return {'version': new, 'problems': self._problems(number, table)}

    def _problems(self, number: int, table: AnnotationTable) -> list[dict[str, Any]]:
        found = problems_of(table, self._stores[number].path, self._open(number),
                            self.settings.labels)
        return [asdict(problem) for problem in found]

    def _open(self, number: int) -> OpenedRecording:
        if not 0 <= number < len(self.settings.paths):
            raise RecordingError(f'expected a recording from 0 to {len(self.settings.paths) - 1}, '
                                 f'got {number}')
        if self._opened is None or self._opened[0] != number:
            self._close_recording()
            path = self.settings.paths[number]
            self._opened = number, OpenedRecording(
                path, self.settings.topics, by_log_time=self.settings.by_log_time,
                on_image=self._on_open(path))
        return self._opened[1]

    def _close_recording(self) -> None:
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def _num_lines(self, number: int) -> int | None:
        """Return how many lines a recording has; None if it is not annotated."""
        store = self._stores[number]
        if not store.is_annotated():
            return None
        try:
            table, _ = store.read()
        # The page says why, once the recording is chosen.
        except RecordingError:
            return None
        if 'recording' not in table.columns:
            return len(table.rows)
        place, name = table.columns.index('recording'), _name(self.settings.paths[number])
        return sum(len(row) > place and row[place].strip() in ('', name) for row in table.rows)


def workspace_of(settings: AnnotatorSettings, opened: Sequence[int] = (0,),
                 on_open: Callable[[Path], Callable[[], object]] = lambda _: lambda: None,
                 ) -> Workspace:
    """
    Create a workspace, and open recordings so that errors come at once.

    :param settings: what is annotated.
    :param opened: numbers of recordings to open.
    :param on_open: as of ``Workspace``.
    :return: the workspace.
    :raises RecordingError: if one cannot be read.
    """
    workspace = Workspace(settings, on_open)
    try:
        for number in opened:
            workspace.call(workspace.describe, number).result()
    except BaseException:
        workspace.close()
        raise
    return workspace


def _name(path: Path) -> str:
    return path.name if path.is_dir() else plain_name(path).stem


def _has_clock(recording: OpenedRecording, topic: str) -> bool:
    try:
        recording.clock(topic).since_start(0)
    # No frame had a stamp.
    except RuntimeError:
        return False
    return True
