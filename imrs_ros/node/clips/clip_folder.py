# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The folder of a node's clips: their names, and how much of the disk they take.

A list beside the clips says which files the node wrote. What is not in it, or was changed or
moved, belongs to someone else and is never deleted.
"""

from dataclasses import astuple, dataclass
import json
from pathlib import Path
import re
import time

from imrs_ros.atomic_file import replace_text
from imrs_ros.node.clips.video_file import locked, SUFFIX, VideoFile

NO_FILE_NAME = re.compile(r'[^\w -]')
"""What no name of a folder may contain."""


def file_word(text: str) -> str:
    """
    Return a text as part of the name of a file or folder.

    :param text: any, such as a label.
    :return: the text with underscores for all but letters, digits, spaces and hyphens.
    """
    return NO_FILE_NAME.sub('_', text.strip()) or '_'


def time_word(stamp_ns: int) -> str:
    """
    Return a stamp as part of the name of a file.

    :param stamp_ns: nanoseconds since 1970.
    :return: the local time, such as ``20260131-235959-123``.
    """
    seconds, rest_ns = divmod(stamp_ns, 1_000_000_000)
    return f'{time.strftime("%Y%m%d-%H%M%S", time.localtime(seconds))}-{rest_ns // 1_000_000:03d}'


@dataclass(frozen=True, slots=True)
class WrittenClip:
    """A file as the node wrote it."""

    name: str
    """Its path within the folder."""
    num_bytes: int
    modified_ns: int

    def is_in(self, folder: Path) -> bool:
        """
        Return whether the file is still there, unchanged.

        :param folder: the folder of the clips.
        :return: True if it is.
        """
        try:
            status = (folder / self.name).stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.num_bytes, self.modified_ns)


class ClipFolder:
    """
    Names clips ``<camera>/<label>/<time>-<label>.mp4``, and deletes the oldest ones of this node.

    Not thread-safe; other processes may use the folder as well.
    """

    def __init__(self, folder: Path, owner: str, max_bytes: int) -> None:
        """
        Touch nothing yet.

        :param folder: the folder; created by ``prepare``.
        :param owner: full name of the node, whose clips these are.
        :param max_bytes: size of its clips beyond which the oldest are deleted.
        """
        self.path, self._max_bytes = folder, max_bytes
        self._list_path = folder / f'.clips{file_word(owner)}.json'
        self._written: list[WrittenClip] = []
        self._is_open = False

    @property
    def num_clips(self) -> int:
        """Return the number of clips that this node wrote and that are still there."""
        return len(self._written)

    @property
    def num_bytes(self) -> int:
        """Return the size of these clips."""
        return sum(clip.num_bytes for clip in self._written)

    def prepare(self) -> None:
        """
        Create the folder where missing, and read what an earlier process wrote.

        :raises OSError: when it cannot be created, read or written.
        """
        self._written = _read_list(self._list_path)
        self._forget_others()
        self._write_list()
        self._is_open = True

    def begin(self) -> VideoFile:
        """
        Begin a clip.

        :return: a video, which has no name yet.
        :raises OSError: when the folder cannot be written.
        """
        if not self._is_open:
            self.prepare()
        return VideoFile(self.path, num_threads=1)

    def keep(self, video: VideoFile, camera: str, label: str, stamp_ns: int) -> Path:
        """
        Give a clip its name, and delete the oldest ones beyond the limit.

        :param video: of ``begin``.
        :param camera: the camera's name.
        :param label: the decided action.
        :param stamp_ns: its onset.
        :return: the file.
        :raises OSError: when it cannot be written; nothing remains then.
        """
        word = file_word(label)
        stem = self.path / file_word(camera) / word / f'{time_word(stamp_ns)}-{word}'
        video.complete()
        with locked(self.path):
            path, number = stem.with_name(f'{stem.name}{SUFFIX}'), 1
            while path.exists():
                number += 1
                path = stem.with_name(f'{stem.name}-{number}{SUFFIX}')
            video.finish(path)
        status = path.stat()
        self._written.append(WrittenClip(
            path.relative_to(self.path).as_posix(), status.st_size, status.st_mtime_ns))
        # Before the oldest are deleted: a node that is killed in between knows of both.
        self._write_list()
        if self._delete_oldest():
            self._write_list()
        return path

    def _forget_others(self) -> None:
        """Forget files that someone moved, changed or removed."""
        self._written = [clip for clip in self._written if clip.is_in(self.path)]

    def _delete_oldest(self) -> bool:
        """Delete clips until the rest, at least the newest, is within the limit."""
        self._forget_others()
        num_before, num_bytes = self.num_clips, self.num_bytes
        while num_bytes > self._max_bytes and self.num_clips > 1:
            oldest = self._written[0]
            (self.path / oldest.name).unlink(missing_ok=True)
            del self._written[0]
            num_bytes -= oldest.num_bytes
        return self.num_clips < num_before

    def _write_list(self) -> None:
        replace_text(self._list_path, json.dumps([astuple(clip) for clip in self._written]))


def _read_list(path: Path) -> list[WrittenClip]:
    """Read the list; none of a file that is missing or damaged: then nothing is deleted."""
    try:
        rows = json.loads(path.read_text(encoding='utf-8'))
        clips = [WrittenClip(str(name), int(size), int(modified)) for name, size, modified in rows]
    except (FileNotFoundError, ValueError, TypeError):
        return []
    # Whatever the list says, nothing else than a clip in this folder is deleted.
    return [clip for clip in clips if _is_clip_name(clip.name)]


def _is_clip_name(name: str) -> bool:
    parts = Path(name).parts
    return (len(parts) == 3 and not Path(name).is_absolute() and '..' not in parts
            and name.endswith(SUFFIX))
