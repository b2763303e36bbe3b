# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
FFmpeg by PyAV: files opened, packets decoded, frames as upright RGB in square pixels.

Layout legend: H height, W width, C channels.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

WIDEST_PIXEL = Fraction(4)
"""Pixel aspect ratios beyond this, or its inverse, are errors of the file and not applied."""
DEINTERLACER = 'mode=send_frame:deint=interlaced'
UNTIMED = {'avi'}
"""Containers whose packets have no presentation times."""
STATE_DURATION = {'asf', 'flv', 'matroska,webm'}
"""Containers with a duration but no number of frames; of others, FFmpeg estimates the duration."""
NS_PER_SEC = 10 ** 9


class VideoError(ValueError):
    """A video file that cannot be decoded, or has clearly fewer frames than it states."""


class Decoder:
    """The first moving picture of an open file; every frame has its presentation time."""

    def __init__(self, path: Path, container: Any, stream: Any) -> None:
        """
        Take an open file; see ``open_video``.

        :param path: its path.
        :param container: of PyAV.
        :param stream: of the container.
        """
        self.path = path
        self._container, self._stream = container, stream
        self._aspect = Fraction(stream.sample_aspect_ratio or 1)
        self.is_deinterlaced = False
        """Whether frames decoded so far were interlaced: they depend on those before, too."""
        self._num_discarded = 0
        # A frame's own would build its tables anew: ten times as slow for small images.
        self._reformatter = pyav().video.reformatter.VideoReformatter()

    @property
    def codec(self) -> str:
        """Return the name of FFmpeg's decoder."""
        return str(self._stream.codec_context.name)

    @property
    def has_times(self) -> bool:
        """Return whether the container stores presentation times; else packets come in order."""
        return self._container.format.name not in UNTIMED

    @property
    def is_progressive(self) -> bool:
        """Return whether no interlacing is stated (``AVFieldOrder`` unknown or progressive)."""
        return getattr(self._stream.codec_context, 'field_order', 0) in (0, 1)

    @property
    def num_stated(self) -> float:
        """
        Return the frames that the container states, or its duration and rate imply; 0 for neither.

        Those outside an edit list, which are not shown, are left out once they were read.
        """
        if self._stream.frames:
            return float(self._stream.frames - self._num_discarded)
        if self._container.format.name not in STATE_DURATION:
            return 0.0
        seconds = Fraction(self._container.duration or 0, 1_000_000)
        return float(seconds * (self._stream.average_rate or 0))

    def packet_times(self) -> list[tuple[int, int]] | None:
        """
        Read the packets without decoding them; the file stands at its end then.

        :return: time and duration of every packet that is shown, ns on the file's clock, in the
            order of the file; None where a packet has no time.
        """
        times = []
        for packet in self._container.demux(self._stream):
            if not packet.size or packet.is_discard:
                continue
            if packet.pts is None and packet.dts is None:
                return None
            times.append((_time_ns(packet), _ns(packet, packet.duration)))
        return times

    def frames(self, start_ns: int | None = None) -> Iterator[tuple[int, Any]]:
        """
        Decode frames in order of presentation; damaged packets are skipped.

        :param start_ns: seek to the key frame before this time on the file's clock; how exactly
            depends on the container. Default the start.
        :return: times, ns on the file's clock, and frames of PyAV for ``rgb``.
        """
        if start_ns is not None:
            self._container.seek(
                round(Fraction(start_ns, NS_PER_SEC) / self._stream.time_base),
                stream=self._stream)
        deinterlacer: _Deinterlacer | None = None
        for time_ns, frame in self._decoded():
            if deinterlacer is None and frame.interlaced_frame:
                deinterlacer, self.is_deinterlaced = _Deinterlacer(self._stream), True
            if deinterlacer is None:
                yield time_ns, frame
            else:
                yield from deinterlacer.push(time_ns, frame)
        if deinterlacer is not None:
            yield from deinterlacer.push(0, None)

    def _decoded(self) -> Iterator[tuple[int, Any]]:
        times_ns: deque[int] = deque()
        for packet in self._container.demux(self._stream):
            self._num_discarded += packet.is_discard
            if packet.size and not self.has_times:
                times_ns.append(_ns(packet, packet.dts))
            try:
                frames = packet.decode()
            except pyav().error.InvalidDataError:
                continue
            for frame in frames:
                # A packet may hold more frames than one (MPEG-4 in AVI).
                yield times_ns.popleft() if times_ns else _time_ns(frame), frame

    def rgb(self, frame: Any) -> NDArray[np.uint8]:
        """
        Convert a frame.

        :param frame: of ``frames``.
        :return: image_HWC, RGB, uint8, upright, in square pixels: wide pixels widen the image,
            tall ones make it taller.
        """
        image_HWC: NDArray[np.uint8] = self._reformatter.reformat(
            frame, format='rgb24', threads=1).to_ndarray()
        height, width = image_HWC.shape[:2]
        if self._aspect != 1 and 1 / WIDEST_PIXEL <= self._aspect <= WIDEST_PIXEL:
            size = ((round(width * self._aspect), height) if self._aspect > 1
                    else (width, round(height / self._aspect)))
            image_HWC = np.asarray(
                cv2.resize(image_HWC, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        return np.ascontiguousarray(np.rot90(image_HWC, round(frame.rotation / 90)))


class _Deinterlacer:
    """Interlaced frames to whole ones (FFmpeg's yadif); progressive ones pass unchanged."""

    def __init__(self, stream: Any) -> None:
        """
        Build the filter.

        :param stream: the stream of its frames.
        """
        graph = pyav().filter.Graph()
        graph.link_nodes(graph.add_buffer(template=stream), graph.add('yadif', DEINTERLACER),
                         graph.add('buffersink')).configure()
        self._graph = graph
        self._times_ns: deque[int] = deque()

    def push(self, time_ns: int, frame: Any) -> Iterator[tuple[int, Any]]:
        """
        Take a frame.

        :param time_ns: its time.
        :param frame: the next one; None at the end.
        :return: times and frames that are complete, in order.
        """
        errors = pyav().error
        if frame is not None:
            self._times_ns.append(time_ns)
        self._graph.push(frame)
        while self._times_ns:
            try:
                complete = self._graph.pull()
            except (errors.BlockingIOError, errors.EOFError):
                return
            yield self._times_ns.popleft(), complete


@contextmanager
def open_video(path: Path) -> Iterator[Decoder]:
    """
    Open a video file; errors of FFmpeg within the context become ``VideoError``.

    :param path: the file; its name may be in any encoding.
    :return: the decoder.
    :raises VideoError: when it cannot be opened, holds no video, or a codec without decoder.
    """
    av = pyav()
    try:
        # FFmpeg itself opens names in UTF-8 only.
        with path.open('rb') as file, av.open(file, metadata_errors='replace') as container:
            stream = next((s for s in container.streams.video
                           if not s.disposition & s.disposition.attached_pic), None)
            if stream is None:
                raise VideoError(f'{path}: expected a video, got a file without moving pictures')
            if stream.codec_context is None:
                raise VideoError(f'{path}: expected a codec that FFmpeg decodes, got an unknown '
                                 'one; encode the video again, as H.264')
            stream.thread_type = 'AUTO'
            yield Decoder(path, container, stream)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f'{path}: expected a video that FFmpeg can read, got {error}') from error


def pyav() -> Any:
    """
    Return PyAV, with FFmpeg's own log turned off.

    :return: the module ``av``.
    :raises VideoError: when it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise VideoError('expected PyAV to decode videos, got none: pip install av') from error
    av.logging.set_level(None)
    return av


def _time_ns(item: Any) -> int:
    """Return the presentation time of a packet or frame, where it has none that of decoding."""
    return _ns(item, item.dts if item.pts is None else item.pts)


def _ns(item: Any, ticks: int | None) -> int:
    return round(Fraction(ticks or 0) * Fraction(item.time_base or 0) * NS_PER_SEC)
