# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Videos that show none of the classes, by where they come from."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from imrs_ros.video import video_files
from training.data_set.splits import LabelledVideo, read_background

ListUse = Literal['train', 'test']
Sources = dict[str, tuple[Path, ...]]
"""Files by source. A detector of the unknown is judged on sources that it was not fitted on, for a
robot will see others."""


def read_sources(
    data: Path, folders: Sequence[Path] = (), use: ListUse = 'train',
    known: Iterable[LabelledVideo] = (),
) -> Sources:
    """
    Find all background videos.

    :param data: folder with ``videos/`` and ``splits/``; of ``background_train.txt``, where there
        is one, every class folder is a source.
    :param folders: more sources, one folder each, searched with all below them.
    :param use: ``train``, or ``test`` for the list that nothing is fitted on.
    :param known: examples of the classes, none of which is an other action.
    :return: the files of every source, in order.
    :raises FileNotFoundError: when a folder or a listed video is missing.
    :raises ValueError: when a folder holds no video, two sources have one name, a video is in two
        of them, or is known.
    """
    sources: dict[str, list[Path]] = {}
    try:
        for path in read_background(data, use):
            sources.setdefault(path.parent.name, []).append(path)
    except FileNotFoundError:
        # Without any background, what needs some says so.
        if (data / 'splits' / f'background_{use}.txt').exists():
            raise
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f'{folder}: expected a folder of videos, got none')
        files = video_files(folder)
        if not files:
            raise ValueError(f'{folder}: expected videos of other actions, got none')
        if folder.resolve().name in sources:
            raise ValueError(f'{folder}: expected sources of different names, got two of '
                             f'{folder.resolve().name!r}; rename one')
        sources[folder.resolve().name] = files
    own, found = {video.path.resolve() for video in known}, dict[Path, str]()
    for name, files in sources.items():
        for file in files:
            if file.resolve() in own:
                raise ValueError(f'{file}: expected a video of other actions in the source '
                                 f'{name!r}, got one that the lists name as an example of a class')
            other = found.setdefault(file.resolve(), name)
            if other != name:
                raise ValueError(
                    f'{file}: expected every video in one source, got it in {other!r} and '
                    f'{name!r}; leave one of the folders out')
    return {name: tuple(files) for name, files in sources.items()}
