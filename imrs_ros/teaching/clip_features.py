# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Footage as sequences of pooled features, one for every example and every stretch of background.

Layout legend: N windows, D features, T frames, H height, W width, C channels.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from imrs_ros.evaluation.ground_truth.lookup import (
    annotations_of, has_whole_picture, placed_pairs)
from imrs_ros.evaluation.ground_truth.segment import gaps, Segment
from imrs_ros.evaluation.offline.playback import PlayedCamera
from imrs_ros.evaluation.offline.recording_result import settle_ns
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Recording, RecordingError
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.images.motion import changed_fraction
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import InputSpec
from imrs_ros.records import NO_ACTION
from imrs_ros.resampler import Resampler
from imrs_ros.settings import WindowSettings
from imrs_ros.teaching.footage import Footage, TeachingError
from imrs_ros.teaching.pooling import WindowPooler
import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
IMAGE_NS = 500_000_000
"""Between two images of a recording that are kept."""
_Image = tuple[int, int, NDArray[np.uint8]]
"""Number of the run without a gap, time in ns, and image_HWC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipFeatures:
    """One example, or a stretch of background, window by window."""

    label: str
    """What it shows; ``NO_ACTION`` for background."""
    group: str
    """Who or where."""
    name: str
    """Of the file and of the time in it, for messages."""
    features_ND: Features
    """Pooled features of its windows, every ``hop`` frames; at least one."""
    mirrored_ND: Features | None = None
    """The same of the mirrored images, to learn from; None where there are none."""
    motion: float = 1.0
    """Share of the image that changes, in [0, 1], in the window in which most does."""
    image: bytes | None = None
    """A small JPEG of its middle, for people; None where there is none."""

    @property
    def to_learn_ND(self) -> Features:
        """Return all windows to learn from."""
        return (self.features_ND if self.mirrored_ND is None
                else np.concatenate([self.features_ND, self.mirrored_ND]))


class FootageReader:
    """Pools the windows of footage."""

    def __init__(self, pooler: WindowPooler, spec: InputSpec, window: WindowSettings,
                 on_image: Callable[[], object] = lambda: None, *,
                 has_images: bool = False) -> None:
        """
        Prepare.

        :param pooler: of the network.
        :param spec: its input.
        :param window: hop, and the gap after which windows start anew.
        :param on_image: called after every image.
        :param has_images: whether to keep a small image of every clip.
        """
        self._pooler, self._spec, self._window = pooler, spec, window
        self._has_images = has_images
        self._on_image = on_image
        self.shown: set[str] = set()
        """Labels of all that was read, also of what was left out."""

    def read(
        self, footage: Footage, *, mirror: bool = False,
    ) -> tuple[list[ClipFeatures], list[str]]:
        """
        Pool the windows of one recording.

        :param footage: the recording.
        :param mirror: whether to pool mirrored images of the actions, too.
        :return: its examples and stretches of background, and warnings of those that are left
            out, and of what is damaged.
        :raises TeachingError: when it cannot be read, or nothing says what it shows.
        """
        found: list[ClipFeatures] = []
        warnings: list[str] = []
        try:
            with open_recording(footage.path) as recording:
                for topic in recording.topics:
                    parts, left_out = self._read_topic(footage, recording.topics, topic, mirror)
                    found += parts
                    warnings += left_out
        except RecordingError as error:
            raise TeachingError(str(error)) from error
        return found, list(dict.fromkeys(warnings))

    def _read_topic(self, footage: Footage, topics: Sequence[str], topic: str, mirror: bool,
                    ) -> tuple[list[ClipFeatures], list[str]]:
        given = () if len(topics) == 1 else (topic,)
        with open_recording(footage.path, given) as recording:
            clock, seen = CameraClock(), PlayedCamera('', topic)
            times, rows, motions = self._pool(
                recording, clock, seen if self._has_images else None)
            segments, background = self._segments(footage, recording, topic, clock)
            notes = [note if note.startswith(str(footage.path)) else f'{footage.path}: {note}'
                     for note in recording.notes]
        self.shown |= {segment.label for segment in segments}
        mirrored: Features | None = None
        if mirror and any(segment.label != NO_ACTION for segment in segments):
            with open_recording(footage.path, given) as recording:
                _, mirrored, _ = self._pool(recording, CameraClock(), None, flip=True)
        # Two frames less than a window: a slow camera's frames may be that far from their ticks.
        length_ns = round((self._spec.num_frames - 3) / self._spec.fps * 1e9)
        found, warnings = [], notes
        for segment in [*segments, *background]:
            first, last = np.searchsorted(times, [segment.start_ns + length_ns, segment.end_ns])
            name = f'{footage.path} {segment.label}'
            if footage.label is None:
                name += f' {segment.start_ns / 1e9:.1f} to {segment.end_ns / 1e9:.1f} s'
            if first < last:
                part = slice(first, last)
                found.append(ClipFeatures(
                    label=segment.label, group=footage.group, name=name,
                    features_ND=rows[part], motion=float(motions[part].max()),
                    image=_nearest(seen.thumbnails, (segment.start_ns + segment.end_ns) // 2),
                    mirrored_ND=None if mirrored is None or segment.label == NO_ACTION
                    else mirrored[part]))
            elif segment in segments:
                got = f'{(segment.end_ns - segment.start_ns) / 1e9:.2f} s'
                if segment.end_ns - segment.start_ns > length_ns:
                    got += ', but with gaps, or damaged'
                warnings.append(
                    f'{name} is left out: expected at least '
                    f'{self._spec.num_frames / self._spec.fps:.2f} s without a gap, got {got}')
        return found, warnings

    def _segments(self, footage: Footage, recording: Recording, topic: str, clock: CameraClock,
                  ) -> tuple[list[Segment], list[Segment]]:
        """Return what is shown when, and where nothing of interest is."""
        everything = Segment(0, recording.duration_ns + round(1e9 / self._spec.fps), '')
        if footage.label is not None:
            return [Segment(everything.start_ns, everything.end_ns, footage.label)], []
        annotations = annotations_of(footage.path, recording, ())
        if annotations is None or not has_whole_picture(annotations):
            raise TeachingError(
                f'{footage.path}: expected annotations of what the whole picture shows, got '
                f'{"those of single people" if annotations else recording.notes[-1]}; annotate '
                'it, or leave it out')
        labels = {a.label for a in annotations}
        pairs = placed_pairs(annotations, topic, clock, recording, sorted(labels))
        segments = sorted(segment for a, segment in pairs if not a.person)
        # Where a single person does something, it is no background either.
        background = [Segment(start_ns, end_ns, NO_ACTION) for start_ns, end_ns in gaps(
            _joined(segment for a, segment in pairs
                    if not a.person or segment.label != NO_ACTION),
            recording.duration_ns, settle_ns(self._spec))]
        return segments, background

    def _pool(self, recording: Recording, clock: CameraClock, seen: PlayedCamera | None, *,
              flip: bool = False) -> tuple[NDArray[np.int64], Features, NDArray[np.float64]]:
        """Return times, features and motion of all windows; show images to a camera."""
        times: list[int] = []
        rows: list[Features] = []
        motions: list[float] = []
        for _, run in groupby(self._images(recording, clock, seen), key=lambda image: image[0]):
            passed = _Passed(run, self._spec.num_frames, flip)
            for index, features_D in self._pooler.windows(passed, self._window.hop):
                times.append(passed.times[index])
                rows.append(features_D)
                motions.append(1.0 if flip else changed_fraction(np.stack(passed.newest)))
        return (np.array(times, np.int64),
                np.stack(rows) if rows else np.zeros((0, 0), np.float32), np.array(motions))

    def _images(self, recording: Recording, clock: CameraClock, seen: PlayedCamera | None,
                ) -> Iterator[_Image]:
        """Yield square images on the model's time grid, numbered by the run they belong to."""
        resampler = Resampler(self._spec.fps, self._window.max_gap_sec)
        size_px, run = self._spec.size_px, 0
        problems: list[str] = []
        for image in recording.images(size_px):
            self._on_image()
            if image.frame is None:
                problems.append(image.problem)
                continue
            time_ns = clock.place(image.frame.stamp_ns, image.log_ns)
            if seen is not None and time_ns >= IMAGE_NS + next(
                    reversed(seen.thumbnails), -IMAGE_NS):
                seen.add_thumbnail(time_ns, image.frame.image_HWC)
            resampled = resampler.push(image.frame)
            run += resampled.restart is not None
            for frame in resampled.frames:
                # A tick may be filled by an earlier frame, half a period before.
                square_HWC = shrink(frame.image_HWC, size_px)
                yield run, time_ns - (image.frame.stamp_ns - frame.stamp_ns), square_HWC
        if problems:
            recording.notes.append(f'{len(problems)} images cannot be used: {problems[0]}')


def _nearest(images: Mapping[int, bytes], time_ns: int) -> bytes | None:
    return images[min(images, key=lambda ns: abs(ns - time_ns))] if images else None


def _joined(segments: Iterable[Segment]) -> list[Segment]:
    """Return the time that any of some segments covers, in order, without overlaps."""
    found: list[Segment] = []
    for segment in sorted(segments):
        if found and segment.start_ns <= found[-1].end_ns:
            found[-1] = replace(found[-1], end_ns=max(found[-1].end_ns, segment.end_ns))
        else:
            found.append(segment)
    return found


class _Passed:
    """Images of a run as they pass, with the times of all and the newest ones."""

    def __init__(self, images: Iterator[_Image], num_kept: int, flip: bool) -> None:
        self._images, self._flip = images, flip
        self.times: list[int] = []
        self.newest: deque[NDArray[np.uint8]] = deque(maxlen=num_kept)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        for _, time_ns, image_HWC in self._images:
            self.times.append(time_ns)
            self.newest.append(image_HWC)
            yield np.ascontiguousarray(image_HWC[:, ::-1]) if self._flip else image_HWC
