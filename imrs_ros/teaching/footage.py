# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Footage of examples: class folders of videos, or annotated recordings.

    examples/wave/*.mp4  examples/fall/*.mp4        a class folder for every action
    examples/wave/ann/*.mp4                         the same, by person or place, where known
    monday/ (a bag with annotations.csv in it)      a recording that is annotated

Footage of one person, place or recording is one group: what is learnt from one clip of a group is
never judged on another of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import hashlib
from pathlib import Path

from imrs_ros.atomic_file import entries
from imrs_ros.evaluation.ground_truth.annotation_file import find_annotation_file, NAME
from imrs_ros.evaluation.recordings.bag_files import is_bag_file, METADATA
from imrs_ros.evaluation.recordings.source import find_recordings
from imrs_ros.evaluation.recordings.video_recording import is_video
from imrs_ros.records import NO_ACTION
from imrs_ros.video import video_files

BLOCK_BYTES = 1 << 20


class TeachingError(ValueError):
    """What cannot be taught; the text says what was expected, what came and what to do."""


@dataclass(frozen=True, slots=True)
class Footage:
    """One recording to learn from."""

    path: Path
    """Of a video or a bag."""
    label: str | None
    """What it shows throughout, perhaps ``NO_ACTION``; None where annotations say it."""
    group: str
    """Who or where; equal for footage that belongs together."""


def find_footage(paths: Iterable[Path]) -> list[Footage]:
    """
    Find examples.

    :param paths: folders of class folders, annotated recordings, or folders of these.
    :return: the footage, in order.
    :raises TeachingError: when a path holds no examples, or a recording has no annotations.
    """
    found: list[Footage] = []
    for path in paths:
        if not path.exists():
            raise TeachingError(f'{path}: expected a folder of examples, got no such file or '
                                'folder')
        own = [footage for folder in _class_folders(path) for footage in _of_class(folder)]
        labelled = {footage.path.resolve() for footage in own}
        own += [_annotated(recording) for recording in _recordings(path)
                if recording.resolve() not in labelled]
        if not own:
            raise TeachingError(
                f'{path}: expected class folders with videos in them, as {path.name}/wave/1.mp4, '
                f'or annotated recordings, got neither')
        found += own
    return found


def find_background(paths: Iterable[Path]) -> list[Footage]:
    """
    Find footage that shows none of the actions.

    :param paths: videos, bags, or folders of them, however deep.
    :return: the footage, in order.
    :raises TeachingError: when a path holds none.
    """
    found = []
    for path in paths:
        if not path.exists():
            raise TeachingError(f'{path}: expected background, got no such file or folder')
        recordings = _recordings(path)
        if not recordings:
            raise TeachingError(f'{path}: expected videos or bags that show none of the actions, '
                                'got none; leave --background out if there are none')
        found += [Footage(recording, NO_ACTION, str(recording)) for recording in recordings]
    return found


def without_copies(footage: Sequence[Footage]) -> tuple[list[Footage], list[str]]:
    """
    Leave out copies of the same file.

    :param footage: any.
    :return: the first of equal files, and what to warn of.
    :raises TeachingError: when the same recording is an example of two classes, or of one and
        background.
    :raises OSError: when a file cannot be read.
    """
    first: dict[str, Footage] = {}
    warnings = []
    for one in footage:
        key = _content(one.path)
        other = first.setdefault(key, one)
        if other.label != one.label:
            raise TeachingError(
                f'{one.path}: expected {_kind(one)}, got a copy of {other.path}, '
                f'{_kind(other)}; remove it from one of the two')
        if other is not one and other.path.resolve() != one.path.resolve():
            warnings.append(f'{one.path} is left out: a copy of {other.path}')
    return list(first.values()), warnings


def _kind(footage: Footage) -> str:
    if footage.label is None:
        return 'a recording that is annotated'
    return 'background' if footage.label == NO_ACTION else f'an example of {footage.label}'


def _content(path: Path) -> str:
    digest = hashlib.sha256()
    for file_path in sorted(filter(is_bag_file, path.iterdir())) if path.is_dir() else [path]:
        with file_path.open('rb') as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()


def _recordings(path: Path) -> list[Path]:
    """Return the bags and videos below a path, but for hidden files."""
    # Of macOS, "._1.mp4" beside "1.mp4" is no video.
    return [recording for recording in find_recordings([path])
            if _is_recording(recording) and not _is_hidden(recording, path)]


def _class_folders(path: Path) -> list[Path]:
    """Return the folders whose names are labels: those with videos in them, but no bags."""
    if not path.is_dir() or _is_bag(path) or (path / NAME).is_file() and any(
            map(_is_recording, path.iterdir())):
        return []
    return [folder for folder in sorted(path.iterdir())
            if folder.is_dir() and not _is_bag(folder) and not folder.name.startswith('.')
            and any(find_annotation_file(file) is None for file in _videos(folder))]


def _of_class(folder: Path) -> list[Footage]:
    found = []
    for path in _videos(folder):
        inner = path.relative_to(folder).parts
        group = f'{folder.parent}/*/{inner[0]}' if len(inner) > 1 else str(path)
        label = folder.name if find_annotation_file(path) is None else None
        found.append(Footage(path, label, group))
    return found


def _videos(folder: Path) -> list[Path]:
    return [path for path in video_files(folder) if not _is_hidden(path, folder)]


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith('.') for part in path.relative_to(folder).parts)


def _annotated(recording: Path) -> Footage:
    if find_annotation_file(recording) is None:
        raise TeachingError(
            f'{recording}: expected a video in a class folder, as examples/wave/1.mp4 in '
            f'examples, or annotations in {NAME} or {recording.stem}.csv, got neither; "python -m '
            'imrs_ros.evaluation annotate-template" writes an empty file')
    return Footage(recording, None, str(recording))


def _is_recording(path: Path) -> bool:
    if path.is_dir():
        return _is_bag(path) or any(map(is_bag_file, entries(path)))
    return path.is_file() and (is_video(path) or is_bag_file(path))


def _is_bag(folder: Path) -> bool:
    return (folder / METADATA).is_file()
