# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""How videos are extracted to frames and flow, as noted in ``extract.yaml`` beside them."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import cv2
from imrs_ros.atomic_file import replace_text
from imrs_ros.yaml_file import read_yaml
from training.clips.optical_flow import FLOW_METHODS
import yaml

SETTINGS_FILE = 'extract.yaml'
PAPER_SIDE_PX = 256


class FrameStoreError(ValueError):
    """Extracted frames that cannot be used; the message names the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractSettings:
    """How videos are extracted to frames and flow."""

    short_side_px: int | None = None
    """Short side of the frames, with the aspect kept; None for the paper's 256 x 256."""
    flow: str | None = 'tvl1'
    """``tvl1``, ``dis``, or None for no flow."""
    flow_short_side_px: int | None = None
    """Short side of the images that flow is computed on; None for that of the frames."""
    fps: float = 25.0
    """Rate of the time grid, Hz."""
    max_sec: float | None = None
    """Duration taken from the middle of every video; None for all of it."""
    jpeg_quality: int = 95
    """For frames and flow, 1 to 100."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the setting, its range and its value.
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
        Return the size of the frames.

        :param width: of the video, pixels.
        :param height: of the video.
        :return: width and height.
        """
        if self.short_side_px is None:
            return PAPER_SIDE_PX, PAPER_SIDE_PX
        return scaled(width, height, self.short_side_px)

    def flow_size(self, width: int, height: int) -> tuple[int, int]:
        """
        Return the size of the flow.

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

        :param root: folder of extracted frames.
        """
        values = {**asdict(self), 'opencv': cv2.__version__}
        replace_text(root / SETTINGS_FILE, yaml.safe_dump(values, sort_keys=False))

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
            values: Any = read_yaml(path)
            known = {field.name for field in fields(cls)}
            return cls(**{k: v for k, v in values.items() if k in known})
        except (TypeError, AttributeError, ValueError) as error:
            raise FrameStoreError(
                f'{path}: expected settings written by training.extract, got: {error}; run '
                '`python -m training.extract` first') from error


def scaled(width: int, height: int, short_side_px: int) -> tuple[int, int]:
    """
    Scale a size to a short side, with the aspect kept.

    :param width: pixels.
    :param height: pixels.
    :param short_side_px: length of the shorter side.
    :return: width and height.
    """
    factor = short_side_px / min(width, height)
    return max(short_side_px, round(width * factor)), max(short_side_px, round(height * factor))
