"""
Extracted frames and flow on disk, in the layout of MARS.

``<root>/<class>/<video>/00001.jpg`` and on are the frames of one video on the time grid;
``TVL1jpg_x_00001.jpg`` and ``TVL1jpg_y_00001.jpg`` the flow from that frame to the next, so there
is one less. ``<root>/extract.yaml`` tells how they were made. A folder of a video is whole: it
gets its name after its last file.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from training.clips.optical_flow import FLOW_METHODS
from training.data_set.splits import LabelledVideo
import yaml

SETTINGS_FILE = 'extract.yaml'
FLOW_PREFIXES = {'tvl1': 'TVL1jpg', 'dis': 'DISjpg'}
PAPER_SIDE_PX = 256


class FrameStoreError(ValueError):
    """Extracted frames that cannot be used; the text names the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractSettings:
    """How videos became frames and flow."""

    short_side_px: int | None = None
    """Short side of the frames, the aspect kept; None for the paper's 256 x 256."""
    flow: str | None = 'tvl1'
    """``tvl1``, ``dis``, or None for no flow."""
    flow_short_side_px: int | None = None
    """Short side of the images that flow is estimated on; None for that of the frames."""
    fps: float = 25.0
    """Rate of the time grid, Hz."""
    max_sec: float | None = None
    """Only so many seconds in the middle of every video; None for all."""
    jpeg_quality: int = 95
    """Of frames and flow, 1 to 100."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the setting, what it may be, and what came.
        """
        if self.flow is not None and self.flow not in FLOW_METHODS:
            raise ValueError(f'flow must be one of {FLOW_METHODS} or none, got {self.flow!r}')
        for name in ('short_side_px', 'flow_short_side_px'):
            value = getattr(self, name)
            if value is not None and not 16 <= value <= 4096:
                raise ValueError(f'{name} must be in [16, 4096], got {value}')
        if not self.fps > 0 or (self.max_sec is not None and not self.max_sec > 0):
            raise ValueError(f'fps and max_sec must be above 0, got {self.fps}, {self.max_sec}')
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f'jpeg_quality must be in [1, 100], got {self.jpeg_quality}')

    def frame_size(self, width: int, height: int) -> tuple[int, int]:
        """
        Give the size of extracted frames.

        :param width: of the video, pixels.
        :param height: of the video.
        :return: width and height.
        """
        if self.short_side_px is None:
            return PAPER_SIDE_PX, PAPER_SIDE_PX
        return scaled(width, height, self.short_side_px)

    def flow_size(self, width: int, height: int) -> tuple[int, int]:
        """
        Give the size of the flow.

        :param width: of the video, pixels.
        :param height: of the video.
        :return: width and height.
        """
        if self.flow_short_side_px is None:
            return self.frame_size(width, height)
        return scaled(*self.frame_size(width, height), self.flow_short_side_px)

    def save(self, root: Path) -> None:
        """
        Write ``extract.yaml``.

        :param root: folder of the extracted frames.
        """
        values = {**asdict(self), 'opencv': cv2.__version__}
        (root / SETTINGS_FILE).write_text(yaml.safe_dump(values, sort_keys=False))

    @classmethod
    def load(cls, root: Path) -> 'ExtractSettings':
        """
        Read ``extract.yaml``.

        :param root: folder of extracted frames.
        :return: the settings.
        :raises FrameStoreError: when it is missing or wrong.
        """
        path = root / SETTINGS_FILE
        try:
            values: Any = yaml.safe_load(path.read_text())
            known = {field.name for field in fields(cls)}
            return cls(**{k: v for k, v in values.items() if k in known})
        except (OSError, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
            raise FrameStoreError(
                f'{path}: expected what training.extract writes, got: {error}; run '
                '`python -m training.extract` first') from error


def scaled(width: int, height: int, short_side_px: int) -> tuple[int, int]:
    """
    Bring the short side to a length, the aspect kept.

    :param width: pixels.
    :param height: pixels.
    :param short_side_px: what the shorter becomes.
    :return: width and height.
    """
    factor = short_side_px / min(width, height)
    return max(short_side_px, round(width * factor)), max(short_side_px, round(height * factor))


class FrameStore:
    """Reads the frames and the flow that ``training.extract`` wrote."""

    def __init__(self, root: Path) -> None:
        """
        Open a folder of extracted frames.

        :param root: holds ``extract.yaml``.
        :raises FrameStoreError: when it does not.
        """
        self.root = root
        self.settings = ExtractSettings.load(root)
        self._num_frames: dict[Path, int] = {}

    def folder(self, video: LabelledVideo) -> Path:
        """
        Give the folder of one video.

        :param video: in ``<class>/<video>``.
        :return: the folder; it need not exist.
        """
        return self.root / video.path.parent.name / video.path.stem

    def num_frames(self, video: LabelledVideo) -> int:
        """
        Count the frames of a video.

        :param video: in ``<class>/<video>``.
        :return: at least 1.
        :raises FrameStoreError: when it was not extracted.
        """
        folder = self.folder(video)
        if folder not in self._num_frames:
            count = sum(path.name[0].isdigit() for path in folder.glob('*.jpg'))
            if not count:
                raise FrameStoreError(
                    f'{folder}: expected the frames of {video.path.name}, got none; run '
                    '`python -m training.extract` again, it resumes')
            self._num_frames[folder] = count
        return self._num_frames[folder]

    def read_rgb(self, video: LabelledVideo, indices: Sequence[int]) -> list[NDArray[np.uint8]]:
        """
        Read frames.

        :param video: in ``<class>/<video>``.
        :param indices: of frames, from 0.
        :return: RGB images_HWC, uint8.
        :raises FrameStoreError: when one is missing or damaged.
        """
        folder = self.folder(video)
        return [cv2.cvtColor(_read(frame_path(folder, i), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
                .astype(np.uint8, copy=False) for i in indices]

    def read_flow(self, video: LabelledVideo, indices: Sequence[int]) -> list[NDArray[np.uint8]]:
        """
        Read flow.

        :param video: in ``<class>/<video>``.
        :param indices: of the frames that the flow starts from, from 0.
        :return: flow_HW2 (x, y), uint8, rest at 127.5.
        :raises FrameStoreError: when there is no flow, or one is missing or damaged.
        """
        if self.settings.flow is None:
            raise FrameStoreError(f'{self.root}: expected flow, got frames alone; extract with '
                                  '--flow tvl1 into another folder')
        folder = self.folder(video)
        return [np.dstack([
            _read(flow_path(folder, self.settings.flow, axis, i), cv2.IMREAD_GRAYSCALE)
            for axis in 'xy']) for i in indices]


def frame_path(folder: Path, index: int) -> Path:
    """
    Name the file of a frame.

    :param folder: of the video.
    :param index: of the frame, from 0.
    :return: the path; files are numbered from 1.
    """
    return folder / f'{index + 1:05d}.jpg'


def flow_path(folder: Path, method: str, axis: str, index: int) -> Path:
    """
    Name the file of one component of flow.

    :param folder: of the video.
    :param method: of ``FLOW_METHODS``.
    :param axis: ``x`` or ``y``.
    :param index: of the frame it starts from, from 0.
    :return: the path; files are numbered from 1.
    """
    return folder / f'{FLOW_PREFIXES[method]}_{axis}_{index + 1:05d}.jpg'


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
