# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The videos on disk, in one folder for each class."""

from collections.abc import Iterable, Iterator
import os
from pathlib import Path

from imrs_ros.video import SUFFIXES
from training.data_set.listed_video import ListedVideo
from training.data_set.problem import Kind, Problem


class VideoIndex:
    """
    Finds videos by class and stem; lists each class folder once, at its first use.

    Of files that differ only in suffix, the one that comes first in ``SUFFIXES`` is used. Names
    are compared literally, never as patterns; the case of suffixes does not matter.
    """

    def __init__(self, folder: Path) -> None:
        """
        Check the folder; nothing is listed yet.

        :param folder: holds one folder of videos for each class.
        :raises FileNotFoundError: when there is no such folder.
        """
        if not folder.is_dir():
            raise FileNotFoundError(
                f'{folder}: expected a folder with one folder of videos for each class, got none; '
                'pass the folder that holds videos/ and splits/')
        self.folder = folder
        self._paths: dict[str, tuple[Path, ...]] = {}
        self._by_stem: dict[str, dict[str, Path]] = {}

    def locate(self, video: ListedVideo) -> Path | Problem:
        """
        Find a listed video.

        :param video: as listed.
        :return: the file, or a problem if it is missing.
        """
        folder = self.folder / video.class_name
        path = self._stems(video.class_name).get(video.stem)
        if path is not None:
            return path
        if not folder.is_dir():
            return Problem(
                Kind.MISSING_FOLDER, video.place, f'{folder}: expected the folder of the class, '
                'got none; add it, or remove the lines of the class')
        return Problem(
            Kind.MISSING_VIDEO, video.place, f'{folder / video.stem}: expected a video with '
            f'suffix {", ".join(SUFFIXES)}, got none; add it, or remove its line')

    def find_missing(self, videos: Iterable[ListedVideo]) -> Iterator[Problem]:
        """
        Find listed videos that are not on disk.

        :param videos: as listed.
        :return: a problem for each.
        """
        for video in videos:
            path = self.locate(video)
            if isinstance(path, Problem):
                yield path

    def paths(self, class_name: str) -> tuple[Path, ...]:
        """
        Return all videos of a class.

        :param class_name: name of its folder.
        :return: files, sorted; empty if there is no such folder.
        """
        if class_name not in self._paths:
            folder = self.folder / class_name
            # Entries of scandir know their type; Path.is_file would stat every file.
            entries = os.scandir(folder) if folder.is_dir() else ()
            self._paths[class_name] = tuple(sorted(
                folder / entry.name for entry in entries
                if Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file()))
        return self._paths[class_name]

    def class_names(self) -> tuple[str, ...]:
        """
        Return the classes that have a folder.

        :return: names, sorted.
        """
        return tuple(sorted(path.name for path in self.folder.iterdir() if path.is_dir()))

    def _stems(self, class_name: str) -> dict[str, Path]:
        if class_name not in self._by_stem:
            # Later entries overwrite earlier ones, so the preferred suffix must come last.
            ordered = sorted(
                self.paths(class_name), key=lambda p: -SUFFIXES.index(p.suffix.lower()))
            self._by_stem[class_name] = {path.stem: path for path in ordered}
        return self._by_stem[class_name]
