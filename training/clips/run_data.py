# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The videos of a training run, and the source of its clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.clips.clip_reader import ClipReader, StoreReader, VideoReader
from training.clips.frame_store import FrameStore
from training.clips.windows import reader_windows, Windows
from training.config import RunConfig
from training.data_set.hold_out import hold_out_fraction, hold_out_groups
from training.data_set.splits import LabelledVideo, read_split

VALIDATION_CLIPS = 2
"""Windows taken from every validation video, evenly spaced."""


def hold_out(
    videos: Sequence[LabelledVideo], config: RunConfig,
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Hold out the validation videos that a config selects from the training list.

    :param videos: the training list.
    :param config: groups, or a fraction of every class.
    :return: the training videos and the validation videos.
    :raises ValueError: when one of the two would be empty.
    """
    if config.validation_groups:
        return hold_out_groups(videos, config.validation_groups)
    return hold_out_fraction(videos, config.validation_fraction, config.seed)


@dataclass(frozen=True, slots=True)
class RunData:
    """Training, validation and test videos."""

    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    train: tuple[LabelledVideo, ...]
    """Training videos, without those held out."""
    validation: tuple[LabelledVideo, ...]
    """Held-out videos that choose the best epoch."""
    test: tuple[LabelledVideo, ...]
    """Test videos, for the final figures only."""
    store: FrameStore | None
    """Extracted frames and flow; None to decode RGB from the videos."""

    @classmethod
    def read(cls, config: RunConfig, folder: Path, frames: Path | None) -> 'RunData':
        """
        Read the split that a config selects.

        :param config: the run's settings.
        :param folder: with ``videos/`` and ``splits/``.
        :param frames: folder of extracted frames, or None.
        :return: the data.
        :raises FileNotFoundError: when a folder, a split file or a video is missing.
        :raises ValueError: when the config needs flow that was not extracted, or another rate, or
            a class has no training video.
        """
        store = None if frames is None else FrameStore(frames)
        if store is not None and store.settings.fps != config.fps:
            raise ValueError(f'{frames}: expected frames at {config.fps} Hz, got '
                             f'{store.settings.fps} Hz; extract with --fps {config.fps}')
        split = read_split(folder, config.split)
        train, validation = hold_out(split.train, config)
        data = cls(split.labels, train, validation, split.test, store)
        data.reader(config.stream, config.fps)  # Refuses flow that was not extracted.
        untrained = data.classes_without(train)
        if untrained:
            raise ValueError(
                f'{folder}: expected at least one training video of each class, got none of '
                f'{untrained[:5]}; add some to trainlist{config.split:02d}, or hold out fewer')
        return data

    def classes_without(self, videos: Sequence[LabelledVideo]) -> list[str]:
        """
        Return the classes that some videos do not show.

        :param videos: of the split.
        :return: their names.
        """
        present = {video.label for video in videos}
        return [name for label, name in enumerate(self.labels) if label not in present]

    def reader(self, stream: str, fps: float) -> ClipReader:
        """
        Return the source of one stream.

        :param stream: ``rgb`` or ``flow``.
        :param fps: rate of the time grid, Hz.
        :return: a reader of the extracted frames if there are any, else of the videos.
        :raises ValueError: when flow is needed that was not extracted.
        """
        if stream == 'flow' and (self.store is None or self.store.settings.flow is None):
            raise ValueError(
                'a flow stream, and a student of one, need extracted flow; run `python -m '
                'training.extract` and pass its folder with --frames')
        return VideoReader(fps) if self.store is None else StoreReader(self.store, stream)

    def windows(self, config: RunConfig, max_clips: int | None = VALIDATION_CLIPS) -> Windows:
        """
        Return the function that cuts videos into the validation windows of a run.

        :param config: the run's settings.
        :param max_clips: at most this many windows per video; None for all.
        :return: a function from videos to clips.
        """
        return reader_windows(
            self.reader(config.stream, config.fps), num_frames=config.num_frames,
            size_px=config.size_px, max_clips=max_clips)
