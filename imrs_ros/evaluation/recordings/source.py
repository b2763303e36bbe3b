# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Recordings by path: bags, videos, and folders of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
import re

from imrs_ros.atomic_file import entries
from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.bag_files import is_bag_file, METADATA, plain_name
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.video_recording import is_video, VideoRecording
from imrs_ros.parameter_file import read_settings

ROS2_SUFFIXES = ('.db3', '.mcap')


def find_recordings(paths: Iterable[Path]) -> list[Path]:
    """
    Find the recordings below some paths.

    :param paths: bags, videos, or folders of them, however deep.
    :return: one path per recording, in order; a path without any stays, so that
        ``open_recording`` names it.
    """
    found: list[Path] = []
    for path in paths:
        within = _within(path) if path.is_dir() else [path]
        found += within or [path]
    return list(dict.fromkeys(found))


def _within(folder: Path) -> list[Path]:
    if (folder / METADATA).is_file():
        return [folder]
    files = sorted(entries(folder))
    found = [recording for file in files for recording in (
        _within(file) if file.is_dir()
        else [file] if is_bag_file(file) or is_video(file) else [])]
    names = [plain_name(file) for file in found]
    bags = {(file.parent, re.sub(r'_\d+$', '', name.stem), name.suffix.lower())
            for file, name in zip(found, names)}
    # Parts of one ROS 2 bag without metadata: name_0, name_1 and so on.
    if len(bags) == 1 and max(bags)[0] == folder and max(bags)[2] in ROS2_SUFFIXES:
        return [folder]
    return found


def topics_of(path: Path, params: Path | None = None) -> tuple[str, ...]:
    """
    Choose the cameras of a recording as ``evaluate`` and ``record`` do.

    :param path: of the recording.
    :param params: the node's parameter file.
    :return: the cameras of the file that are in the recording; if none is, all of the recording.
    :raises RecordingError: if it cannot be opened.
    :raises SettingsError: if the parameter file is wrong.
    """
    with open_recording(path, preferred=read_settings(params).node.named_cameras) as recording:
        return recording.topics


def open_recording(
    path: Path, topics: Sequence[str] = (), *, preferred: Sequence[str] = (),
    by_log_time: bool = False,
) -> Bag | VideoRecording:
    """
    Open a bag or a video.

    :param path: of the recording.
    :param topics: of the cameras, all of which must be in a bag.
    :param preferred: of the cameras, used if they are in a bag; default: all.
    :param by_log_time: use recording times as header stamps.
    :return: the recording, a context manager.
    :raises RecordingError: if it is none, or lacks these topics.
    """
    if not path.exists():
        raise RecordingError(f'{path}: expected a bag or a video, got no such file or folder')
    if path.is_file() and is_video(path):
        return VideoRecording(path)
    return Bag(path, topics, preferred=preferred, by_log_time=by_log_time)
