# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A video that is written frame by frame, with the time of each, and appears whole or not at all.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
import fcntl
from fractions import Fraction
import os
from pathlib import Path
from typing import Any

import cv2
from imrs_ros.atomic_file import replace_file
import numpy as np
from numpy.typing import NDArray

SUFFIX = '.mp4'
UNFINISHED = '.unfinished'
"""Name of a video until it has its own; without a suffix, so that nobody takes it for a video.
What a killed process left is removed by the next writer in the folder: it has the same name."""
H264, MPEG4 = 'libx264', 'mpeg4'
OPTIONS = {
    # Without frames that refer to later ones: presentation times are those of the images.
    H264: {'preset': 'veryfast', 'crf': '20', 'bf': '0', 'g': '50'},
    MPEG4: {'q:v': '3', 'flags': '+qscale', 'g': '50'}}
NOMINAL_HZ = 30
"""Stated by the stream; the times of the frames are what counts."""
TICKS_PER_SEC = 1000
NS_PER_TICK = 1_000_000_000 // TICKS_PER_SEC


def check_pyav() -> None:
    """
    Check that videos can be written.

    :raises RuntimeError: when PyAV is not installed.
    """
    _pyav()


def _pyav() -> Any:
    try:
        import av
    except ImportError as error:
        raise RuntimeError('expected PyAV to write videos, got none: pip install av') from error
    av.logging.set_level(None)
    return av


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """
    Keep other processes from naming files in a folder meanwhile.

    :param folder: one that exists.
    :return: the context.
    :raises OSError: when the folder cannot be opened, or its file system has no locks.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class VideoFile:
    """
    An MP4 in the making: H.264, or MPEG-4 where FFmpeg has no encoder for the former.

    Not thread-safe. End it by ``finish`` or ``discard``.
    """

    def __init__(self, folder: Path, num_threads: int = 0) -> None:
        """
        Create the file under a name of no meaning.

        :param folder: where it is written; created where missing.
        :param num_threads: of the encoder; 0 for its own choice.
        :raises OSError: when the folder cannot be written.
        :raises RuntimeError: when PyAV is not installed.
        """
        self._av, self._num_threads = _pyav(), num_threads
        self._unfinished = folder / UNFINISHED
        self._stack = ExitStack()
        self._path = self._stack.enter_context(replace_file(self._unfinished))
        self._container: Any = None
        self._stream: Any = None
        self._size = (0, 0)
        self._first_ns = self._last_tick = -1
        self.num_images = 0
        """Images written so far."""

    @property
    def duration_sec(self) -> float:
        """Return the time from the first image to the last, s."""
        return max(0, self._last_tick) / TICKS_PER_SEC

    def add(self, stamp_ns: int, image_HWC: NDArray[np.uint8]) -> bool:
        """
        Write an image.

        :param stamp_ns: its time; the first one is shown at 0.
        :param image_HWC: RGB, uint8, at least 2 x 2; scaled to the size of the first one.
        :return: whether it was written; not if it is no later than the one before.
        :raises OSError: when it cannot be written.
        """
        if self._first_ns < 0:
            self._first_ns = stamp_ns
            self._open(image_HWC)
        tick = round((stamp_ns - self._first_ns) / NS_PER_TICK)
        if tick <= self._last_tick:
            return False
        frame = self._av.VideoFrame.from_ndarray(self._planar(image_HWC), format='yuv420p')
        frame.pts, frame.time_base = tick, Fraction(1, TICKS_PER_SEC)
        self._encode(frame)
        self._last_tick = tick
        self.num_images += 1
        return True

    def _open(self, image_HWC: NDArray[np.uint8]) -> None:
        height, width = image_HWC.shape[:2]
        # Both codecs store colours for two by two pixels: an odd last row or column is left out.
        self._size = width - width % 2, height - height % 2
        codec = H264 if H264 in self._av.codecs_available else MPEG4
        with self._as_os_error():
            self._container = self._av.open(os.fspath(self._path), 'w', format='mp4')
            self._stream = self._container.add_stream(
                codec, rate=NOMINAL_HZ, options=OPTIONS[codec])
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = 'yuv420p'
        self._stream.codec_context.time_base = Fraction(1, TICKS_PER_SEC)
        self._stream.codec_context.thread_count = self._num_threads

    def _planar(self, image_HWC: NDArray[np.uint8]) -> NDArray[Any]:
        width, height = self._size
        rows, columns = image_HWC.shape[:2]
        if (rows - rows % 2, columns - columns % 2) != (height, width):
            image_HWC = cv2.resize(image_HWC, self._size, interpolation=cv2.INTER_AREA).astype(
                np.uint8, copy=False)
        even_HWC = np.ascontiguousarray(image_HWC[:height, :width])
        return cv2.cvtColor(even_HWC, cv2.COLOR_RGB2YUV_I420)

    def _encode(self, frame: Any) -> None:
        with self._as_os_error():
            for packet in self._stream.encode(frame):
                self._container.mux(packet)

    @contextmanager
    def _as_os_error(self) -> Iterator[None]:
        try:
            yield
        except self._av.error.FFmpegError as error:
            raise OSError(f'the video cannot be written: {error}') from error

    def complete(self) -> None:
        """
        Write what is left; no image may follow.

        :raises OSError: when it cannot be written.
        """
        if self._container is not None:
            container = self._container
            self._encode(None)
            self._container = None
            with self._as_os_error():
                container.close()

    def finish(self, path: Path) -> None:
        """
        Give the video its name; the caller holds ``locked`` of the folder that it was begun in.

        :param path: a new file below that folder.
        :raises FileExistsError: when there is such a file; it stays as it is.
        :raises OSError: when it cannot be written; nothing remains then.
        """
        try:
            self.complete()
            if path.exists():
                raise FileExistsError(f'{path}: expected a new file, it exists')
            path.parent.mkdir(parents=True, exist_ok=True)
        except BaseException:
            self.discard()
            raise
        self._stack.close()
        try:
            self._unfinished.rename(path)
        except OSError:
            self._unfinished.unlink()
            raise

    def discard(self) -> None:
        """Leave nothing of it."""
        container, self._container = self._container, None
        try:
            if container is not None:
                container.close()
        # A full disk: what it could not write is not wanted.
        except (self._av.error.FFmpegError, OSError):
            pass
        finally:
            error = RuntimeError('discarded')
            self._stack.__exit__(type(error), error, None)
