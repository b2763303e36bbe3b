# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Cameras and network streams to stamped RGB frames, as they arrive.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import re
import threading
import time
from typing import Any

from imrs_ros.video.decoder import Decoder, pyav, VideoError
from imrs_ros.video.reader import StampedImage

OPEN_SEC, SILENT_SEC = 10.0, 5.0
"""Longest wait for a connection, and for the next frame."""
DEVICE = re.compile(r'/dev/\w+')
URL = re.compile(r'[a-z][a-z0-9+.-]*://', re.IGNORECASE)
LOW_DELAY = {'analyzeduration': '500000'}
"""Microseconds of a stream that FFmpeg looks at before its first frame."""


def live_address(text: str) -> str | None:
    """
    Return the address of a live source.

    :param text: the number of a camera (``0``), its device (``/dev/video0``), or a URL
        (``rtsp://...``).
    :return: a device or URL; None for anything else, such as a file.
    """
    if text.isdecimal() and not Path(text).exists():
        return f'/dev/video{text}'
    return text if DEVICE.fullmatch(text) or URL.match(text) else None


def public_address(address: str) -> str:
    """
    Return an address without user name and password, for messages.

    :param address: of ``live_address``.
    :return: the address.
    """
    return re.sub(r'(?<=://)[^/@]*@', '', address)


class _Receiver:
    """Decodes on a thread of its own and keeps the newest frame only."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._changed = threading.Condition()
        self._newest: tuple[float, Decoder, Any] | None = None
        self._error: VideoError | None = None
        self._is_open, self._has_ended, self._is_closed = False, False, False
        # A driver may block in a read for ever: the process must be able to end without it.
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        error = None
        try:
            with _open_live(self._address) as decoder:
                self._is_open = True
                for _, frame in decoder.frames():
                    with self._changed:
                        self._newest = time.monotonic(), decoder, frame
                        self._changed.notify()
                        if self._is_closed:
                            return
        except VideoError as video_error:
            error = video_error
        finally:
            with self._changed:
                self._error, self._has_ended = error, True
                self._changed.notify()

    def newest(self) -> tuple[float, Decoder, Any] | None:
        """
        Wait for the next frame.

        :return: time of arrival, s; decoder; frame. None at the end.
        :raises VideoError: when none arrives, or the source fails.
        """
        limit_sec = SILENT_SEC if self._is_open else OPEN_SEC + SILENT_SEC
        with self._changed:
            arrived = self._changed.wait_for(
                lambda: self._newest is not None or self._has_ended, limit_sec)
            newest, self._newest = self._newest, None
            if newest is None and self._error is not None:
                raise self._error
        if not arrived:
            raise VideoError(
                f'{public_address(self._address)}: expected a frame within {limit_sec:.0f} s, '
                'got none; is the camera on, and free?')
        return newest

    def close(self) -> None:
        """End the thread after its next frame."""
        self._is_closed = True


def read_live(address: str, duration_sec: float = float('inf')) -> Iterator[StampedImage]:
    """
    Read a camera or stream; frames that come while the caller is busy are skipped.

    :param address: of ``live_address``.
    :param duration_sec: for how long, from the first frame on.
    :return: newest frames, stamped with their time of arrival since the first one.
    :raises VideoError: when it cannot be opened, sends no frame for a while, or fails.
    """
    receiver, first_sec = _Receiver(address), None
    try:
        while (newest := receiver.newest()) is not None:
            arrival_sec, decoder, frame = newest
            first_sec = arrival_sec if first_sec is None else first_sec
            if arrival_sec - first_sec >= duration_sec:
                return
            yield StampedImage(round((arrival_sec - first_sec) * 1e9), decoder.rgb(frame))
    finally:
        receiver.close()
    if first_sec is None:
        raise VideoError(f'{public_address(address)}: expected frames, got none')


@contextmanager
def _open_live(address: str) -> Iterator[Decoder]:
    av, shown = pyav(), public_address(address)
    is_device = DEVICE.fullmatch(address) is not None
    options = {} if is_device else LOW_DELAY | (
        {'rtsp_transport': 'tcp'} if address.lower().startswith('rtsp') else {})
    try:
        with av.open(address, format='v4l2' if is_device else None, options=options,
                     timeout=(OPEN_SEC, SILENT_SEC)) as container:
            if not container.streams.video:
                raise VideoError(f'{shown}: expected a video stream, got none')
            stream = container.streams.video[0]
            # Threads by frame would each hold one back.
            stream.thread_type = 'SLICE'
            yield Decoder(Path(shown), container, stream)
    except (av.error.FFmpegError, OSError) as error:
        # The error's full text holds the address, with its password.
        raise VideoError(
            f'{shown}: expected a camera or stream that FFmpeg can read, got: '
            f'{error.strerror or type(error).__name__}'
            + ('; cameras of this machine: '
               + (', '.join(sorted(map(str, Path('/dev').glob('video*')))) or 'none')
               if is_device else '; check the address with: ffprobe <address>')) from error
