"""Recordings by path: bags, videos, and folders that hold some."""

from collections.abc import Iterable, Sequence
from pathlib import Path
import re

from imrs_ros.evaluation.recordings.bag import Bag, SUFFIXES
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.recordings.video_recording import is_video, VideoRecording
from imrs_ros.parameter_file import read_settings


def find_recordings(paths: Iterable[Path]) -> list[Path]:
    """
    Unfold folders of recordings.

    :param paths: bags, videos, or folders that hold some, however deep.
    :return: one path a recording, in order; one that is no recording stays, for ``open_recording``
        to say what it is.
    """
    found: list[Path] = []
    for path in paths:
        within = _within(path) if path.is_dir() else [path]
        found += within or [path]
    return list(dict.fromkeys(found))


def _within(folder: Path) -> list[Path]:
    if (folder / 'metadata.yaml').is_file():
        return [folder]
    files = sorted(folder.iterdir())
    found = [recording for file in files for recording in (
        _within(file) if file.is_dir()
        else [file] if file.suffix in SUFFIXES or is_video(file) else [])]
    bags = {(file.parent, re.sub(r'_\d+$', '', file.stem), file.suffix) for file in found}
    # Parts of one bag of ROS 2 whose metadata is missing: name_0, name_1 and so on.
    if len(bags) == 1 and found[0].parent == folder and found[0].suffix in SUFFIXES[1:]:
        return [folder]
    return found


def topics_of(path: Path, params: Path | None = None) -> tuple[str, ...]:
    """
    Choose the cameras of a recording as ``evaluate`` and ``record`` do.

    :param path: of the recording.
    :param params: the node's parameter file.
    :return: topics: of the cameras that the file names those that are there, else all.
    :raises RecordingError: when it cannot be opened.
    :raises SettingsError: when the parameter file is wrong.
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
    :param topics: of a bag's cameras, all of which must be there.
    :param preferred: of a bag's cameras, those that are there; default all.
    :param by_log_time: take the time of recording for the header's stamp.
    :return: the recording, a context manager.
    :raises RecordingError: when it is none, or has not these topics.
    """
    if not path.exists():
        raise RecordingError(f'{path}: expected a bag or a video, got nothing of this name')
    if path.is_file() and is_video(path):
        return VideoRecording(path)
    return Bag(path, topics, preferred=preferred, by_log_time=by_log_time)
