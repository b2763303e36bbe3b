# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The files of a bag: which to open, and which are missing or not listed."""

from collections.abc import Sequence
import os
from pathlib import Path
import re

from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.unpacking import unpack_file
from imrs_ros.video import SUFFIXES as VIDEO_SUFFIXES
import yaml

SUFFIXES = ('.bag', '.db3', '.mcap')
PACKED = ('.zstd', '.zst')
"""Suffixes of a compressed file, after its own."""
UNFINISHED = '.active'
"""Suffix of a ROS 1 bag whose recorder was killed, after its own."""
METADATA = 'metadata.yaml'


def plain_name(path: Path) -> Path:
    """
    Return the name of a file without what says that it is compressed or unfinished.

    :param path: any file.
    :return: such as ``walk.mcap`` for ``walk.mcap.zstd``.
    """
    return Path(path.stem if path.suffix.lower() in (*PACKED, UNFINISHED) else path.name)


def is_bag_file(path: Path) -> bool:
    """
    Return whether a file is one of a bag, by its suffix.

    :param path: any file.
    :return: True if it is, compressed or not.
    """
    return plain_name(path).suffix.lower() in SUFFIXES


def is_packed(path: Path) -> bool:
    """
    Return whether a bag has compressed files, which opening it unpacks.

    :param path: of the bag, or one of its files.
    :return: True if it has.
    """
    return any(file.suffix.lower() in PACKED
               for file in (path.iterdir() if path.is_dir() else [path]))


def find_bag_files(path: Path) -> tuple[list[Path], list[str]]:
    """
    Find the files of a bag.

    :param path: a folder of rosbag2, one of its files, or a ROS 1 bag.
    :return: the files in order, and one sentence about each thing that is not as it should be.
    :raises RecordingError: if there is none.
    """
    if not path.is_dir():
        if not is_bag_file(path):
            raise RecordingError(
                f'{path}: expected a bag ({", ".join(SUFFIXES)}, with or without '
                f'{" or ".join(PACKED)}) or a video ({", ".join(sorted(VIDEO_SUFFIXES))}), got '
                f'the suffix {path.suffix!r}')
        return [path], []
    present = sorted(file for file in path.iterdir() if is_bag_file(file))
    names = ', '.join(file.name for file in present)
    if (path / METADATA).is_file():
        try:
            return _listed_files(path)
        except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
            if isinstance(error, RecordingError):
                raise
            words = ' '.join(str(error).split())
            note = f'{METADATA} is damaged: read {names} directly; {type(error).__name__}: {words}'
    else:
        note = f'no {METADATA}: read {names} directly'
    if not present:
        raise RecordingError(
            f'{path}: expected a recording, got a folder without {METADATA} and '
            f'{", ".join(SUFFIXES)} files; name the folder or a file of a bag')
    return present, [note, *_missing_parts(present)]


def _listed_files(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the files that metadata.yaml lists and that are there, and notes on all others."""
    content = yaml.safe_load((folder / METADATA).read_text(encoding='utf-8'))
    # Paths are relative to the folder, in old versions to its parent.
    listed = [Path(name).name for name in
              content['rosbag2_bagfile_information']['relative_file_paths']]
    files = [folder / name for name in listed if (folder / name).is_file()]
    missing = [name for name in listed if folder / name not in files]
    # Unlike Path.rglob, os.walk bears folders that are removed meanwhile.
    found = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    others = sorted(str(file.relative_to(folder)) for file in found
                    if file not in files
                    and (is_bag_file(file) or file.suffix.lower() in VIDEO_SUFFIXES))
    if not files:
        raise RecordingError(f'{folder}: expected the files that {METADATA} lists, got none of '
                             f'{", ".join(missing) or "them"}; copy them to the folder')
    notes = []
    if missing:
        notes.append(f'{", ".join(missing)} missing, listed in {METADATA}: read {len(files)} of '
                     f'{len(listed)} files')
    if others:
        notes.append(f'{", ".join(others)} not read: not listed in {METADATA}; move each to a '
                     'folder of its own, or run "ros2 bag reindex"')
    return files, notes


def stated_messages(path: Path) -> int | None:
    """
    Return how many messages the metadata of a bag state.

    :param path: of the bag.
    :return: the number; None for a single file, and if nothing is stated.
    """
    try:
        content = yaml.safe_load((path / METADATA).read_text(encoding='utf-8'))
        return int(content['rosbag2_bagfile_information']['message_count'])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return None


def _missing_parts(files: Sequence[Path]) -> list[str]:
    """Return a note on gaps in the numbers of the parts of a bag: name_0, name_1 and so on."""
    numbers = [int(found[1]) for file in files
               if (found := re.search(r'_(\d+)$', plain_name(file).stem))]
    if len(numbers) != len(files):
        return []
    missing = sorted(set(range(max(numbers))) - set(numbers))
    return [f'parts {", ".join(map(str, missing))} missing'] if missing else []


def readable(path: Path, folder: Path) -> Path:
    """
    Make a file readable by rosbags, which goes by the suffix.

    :param path: of one file of a bag.
    :param folder: gets the unpacked file, or a link with a suffix that rosbags knows.
    :return: the file to open.
    :raises UnpackingError: if it unpacks to too much.
    """
    name = plain_name(path)
    target = folder / f'{name.stem}{name.suffix.lower()}'
    if path.suffix.lower() in PACKED:
        unpack_file(path, target)
    elif path.name != target.name:
        target.symlink_to(path.resolve())
    else:
        return path
    return target
