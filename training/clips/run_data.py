"""The videos of one run, and where its clips come from."""

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
"""Windows of every validation video, evenly spaced."""


def hold_out(
    videos: Sequence[LabelledVideo], config: RunConfig,
) -> tuple[tuple[LabelledVideo, ...], tuple[LabelledVideo, ...]]:
    """
    Take the validation videos that a config names out of the training list.

    :param videos: the training list.
    :param config: groups, or a share of every class.
    :return: the videos to learn from, and those to choose by.
    :raises ValueError: when one of the two would be empty.
    """
    if config.validation_groups:
        return hold_out_groups(videos, config.validation_groups)
    return hold_out_fraction(videos, config.validation_fraction, config.seed)


@dataclass(frozen=True, slots=True)
class RunData:
    """What a run learns from and is judged by."""

    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    train: tuple[LabelledVideo, ...]
    """Videos to learn from."""
    validation: tuple[LabelledVideo, ...]
    """Videos to choose the best epoch by."""
    test: tuple[LabelledVideo, ...]
    """Videos for the final figure only."""
    store: FrameStore | None
    """Extracted frames and flow; None to decode RGB from the videos."""

    @classmethod
    def read(cls, config: RunConfig, data: Path, frames: Path | None) -> 'RunData':
        """
        Read the split that a config names.

        :param config: the run's settings.
        :param data: folder with ``videos/`` and ``splits/``.
        :param frames: folder of extracted frames, or None.
        :return: the data.
        :raises FileNotFoundError: when something is missing.
        :raises ValueError: when the config needs flow that is not there, or another time grid.
        """
        needs_flow = config.stream == 'flow' or bool(config.teachers)
        store = None if frames is None else FrameStore(frames)
        if needs_flow and (store is None or store.settings.flow is None):
            raise ValueError(
                'a flow stream, and a student of one, need extracted flow; run `python -m '
                'training.extract` and give its folder with --frames')
        if store is not None and store.settings.fps != config.fps:
            raise ValueError(f'{frames}: expected frames at {config.fps} Hz, got '
                             f'{store.settings.fps} Hz; extract with --fps {config.fps}')
        split = read_split(data, config.split)
        train, validation = hold_out(split.train, config)
        return cls(split.labels, train, validation, split.test, store)

    def reader(self, stream: str, fps: float) -> ClipReader:
        """
        Give the source of one stream.

        :param stream: ``rgb`` or ``flow``.
        :param fps: rate of the time grid, Hz.
        :return: a reader of the extracted frames where there are some, else of the videos.
        """
        return VideoReader(fps) if self.store is None else StoreReader(self.store, stream)

    def windows(self, config: RunConfig, max_clips: int | None = VALIDATION_CLIPS) -> Windows:
        """
        Give the windows that a run's stream is judged by.

        :param config: the run's settings.
        :param max_clips: windows a video at most.
        :return: a function from videos to clips.
        """
        return reader_windows(
            self.reader(config.stream, config.fps), num_frames=config.num_frames,
            size_px=config.size_px, max_clips=max_clips)

    def names(self, videos: Sequence[LabelledVideo]) -> list[str]:
        """
        Name videos without the place of the data.

        :param videos: any.
        :return: ``class/video``.
        """
        return [f'{video.path.parent.name}/{video.path.stem}' for video in videos]
