# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Extracted frames and flow on disk, in the layout of MARS.

``<root>/<class>/<video>/`` holds the frames of one video on the time grid, ``00001.jpg`` and so
on, and the flow from each frame to the next, ``TVL1jpg_x_00001.jpg`` and ``TVL1jpg_y_00001.jpg``;
the last frame has none. ``<root>/extract.yaml`` holds the settings. The folder of a video is
complete: it is renamed to its name after its last file is written.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from training.clips.extract_settings import ExtractSettings, FrameStoreError
from training.data_set.splits import LabelledVideo


class FrameStore:
    """Reads frames and flow written by ``training.extract``."""

    def __init__(self, root: Path) -> None:
        """
        Open a folder of extracted frames.

        :param root: the folder with ``extract.yaml``.
        :raises FrameStoreError: when that is missing or wrong.
        """
        self.root = root
        self.settings = ExtractSettings.load(root)
        self._num_frames: dict[Path, int] = {}

    def folder(self, video: LabelledVideo) -> Path:
        """
        Return the folder of one video.

        :param video: any video of the data set.
        :return: the folder, which need not exist.
        """
        return self.root / video.name

    def num_frames(self, video: LabelledVideo) -> int:
        """
        Count the frames of a video.

        :param video: any video of the data set.
        :return: at least 1.
        :raises FrameStoreError: when it was not extracted.
        """
        folder = self.folder(video)
        if folder not in self._num_frames:
            count = sum(path.name[0].isdigit() for path in folder.glob('*.jpg'))
            if not count:
                raise FrameStoreError(
                    f'{folder}: expected the frames of {video.path.name}, got none; run '
                    '`python -m training.extract` again; it resumes')
            self._num_frames[folder] = count
        return self._num_frames[folder]

    def read_rgb(self, video: LabelledVideo, indices: Sequence[int]) -> list[NDArray[np.uint8]]:
        """
        Read RGB frames.

        :param video: any video of the data set.
        :param indices: frame numbers, from 0.
        :return: RGB images_HWC, uint8.
        :raises FrameStoreError: when one is missing or damaged.
        """
        folder = self.folder(video)
        return [cv2.cvtColor(_read(frame_path(folder, i), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
                .astype(np.uint8, copy=False) for i in indices]

    def read_flow(self, video: LabelledVideo, indices: Sequence[int]) -> list[NDArray[np.uint8]]:
        """
        Read flow.

        :param video: any video of the data set.
        :param indices: numbers of the frames that the flow starts from, from 0.
        :return: flow_HW2 (x, y), uint8, rest at 127.5.
        :raises FrameStoreError: when there is no flow, or one is missing or damaged.
        """
        if self.settings.flow is None:
            raise FrameStoreError(f'{self.root}: expected flow, got frames only; extract with '
                                  '--flow tvl1 into another folder')
        folder = self.folder(video)
        return [np.dstack([
            _read(flow_path(folder, self.settings.flow, axis, i), cv2.IMREAD_GRAYSCALE)
            for axis in 'xy']) for i in indices]


def frame_path(folder: Path, index: int) -> Path:
    """
    Return the path of a frame.

    :param folder: folder of the video.
    :param index: frame number, from 0.
    :return: the file; files are numbered from 1.
    """
    return folder / f'{index + 1:05d}.jpg'


def flow_path(folder: Path, method: str, axis: str, index: int) -> Path:
    """
    Return the path of one component of the flow.

    :param folder: folder of the video.
    :param method: one of ``FLOW_METHODS``.
    :param axis: ``x`` or ``y``.
    :param index: number of the frame that the flow starts from, from 0.
    :return: the file; files are numbered from 1.
    """
    return folder / f'{method.upper()}jpg_{axis}_{index + 1:05d}.jpg'


def _read(path: Path, flags: int) -> NDArray[np.uint8]:
    try:
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flags)
    except (OSError, cv2.error) as error:
        raise FrameStoreError(f'{path}: expected an image, got: {error}; delete the folder and '
                              'run `python -m training.extract` again') from error
    if image is None:
        raise FrameStoreError(f'{path}: expected a JPEG, got a damaged file; delete the folder '
                              'and run `python -m training.extract` again')
    return np.asarray(image, np.uint8)
