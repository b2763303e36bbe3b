# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The video files below a folder."""

from collections.abc import Iterator
from pathlib import Path

from imrs_ros.atomic_file import entries
from imrs_ros.video.reader import SUFFIXES


def video_files(folder: Path) -> list[Path]:
    """
    Find the videos below a folder, also in folders that are symbolic links.

    A folder is not entered again below itself, so that links cannot lead in circles.

    :param folder: to be searched.
    :return: the files, sorted, named by the links that lead to them; none if there is no folder.
    :raises OSError: if a folder cannot be read.
    """
    return sorted(_below(folder, frozenset())) if folder.is_dir() else []


def _below(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    place = folder.resolve()
    if place in above:
        return
    for path in entries(folder):
        if path.is_dir():
            yield from _below(path, above | {place})
        elif path.suffix.lower() in SUFFIXES:
            yield path
