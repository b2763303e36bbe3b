# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Any frame of a camera as a JPEG: decoded on demand, forwards and backwards.

Frames are numbered by their time. Nothing here is safe for several threads.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator

import cv2
from imrs_ros.evaluation.recordings.recording import Image
import numpy as np
from numpy.typing import NDArray

LARGE_PX, SMALL_PX = 1280, 160
"""Longest side of a picture, and of one in a strip of them."""
QUALITY = 85
AHEAD = 48
"""Frames that are read through rather than sought."""
BEHIND = 12
"""Frames kept that are decoded before the one that was asked for: the next steps back."""
MAX_BYTES = 96 << 20
"""Of encoded frames that are kept."""


class FrameError(ValueError):
    """A frame that cannot be shown; the text says why."""


class FrameReader:
    """The frames of one camera."""

    def __init__(self, times_N: NDArray[np.int64],
                 read_from: Callable[[int], Iterator[Image]]) -> None:
        """
        Prepare to read.

        :param times_N: of all frames, in the order in which they were recorded, ns.
        :param read_from: reads frames from the one with that number of recording on.
        """
        self._order_N = np.argsort(times_N, kind='stable')
        self._rank_N = np.argsort(self._order_N)
        self.times_N: NDArray[np.int64] = times_N[self._order_N]
        """Of all frames, ns, rising."""
        self._read_from = read_from
        self._running: Iterator[Image] = iter(())
        self._next = -1
        self._kept: OrderedDict[tuple[int, bool], bytes | str] = OrderedDict()
        self._num_bytes = 0

    def jpeg(self, index: int, *, is_small: bool = False) -> bytes:
        """
        Return a frame.

        :param index: of the frame, by time.
        :param is_small: for a strip of pictures.
        :return: a JPEG.
        :raises FrameError: if there is no such frame, or it cannot be decoded.
        """
        if not 0 <= index < len(self.times_N):
            raise FrameError(
                f'expected a frame from 0 to {len(self.times_N) - 1}, got {index}')
        if (index, is_small) not in self._kept:
            self._read_to(index, is_small)
        found = self._kept[index, is_small]
        self._kept.move_to_end((index, is_small))
        if isinstance(found, str):
            raise FrameError(found)
        return found

    def close(self) -> None:
        """Release the open file."""
        self._running, self._next = iter(()), -1

    def _read_to(self, index: int, is_small: bool) -> None:
        """Decode up to a frame, and keep it with those before it."""
        wanted = int(self._order_N[index])
        first = wanted if is_small else max(0, wanted - BEHIND)
        if not 0 <= self._next <= wanted <= self._next + AHEAD:
            self._next, self._running = first, self._read_from(first)
        while self._next <= wanted:
            number = self._next
            try:
                image = next(self._running, None)
            # Decoders raise errors of many kinds for damaged files.
            except Exception as error:
                image = Image('', 0, None, f'{type(error).__name__}: {error}')
            if image is None or (image.frame is None and image.topic == ''):
                self.close()
                self._keep(index, is_small, image.problem if image else (
                    f'expected {len(self.times_N)} frames as the recording states, got '
                    f'{number}; the file is damaged'))
                return
            self._next += 1
            if number >= first:
                self._keep(int(self._rank_N[number]), is_small, (
                    image.problem if image.frame is None
                    else encode(image.frame.image_HWC, SMALL_PX if is_small else LARGE_PX)))

    def _keep(self, index: int, is_small: bool, content: bytes | str) -> None:
        self._num_bytes -= len(self._kept.pop((index, is_small), ''))
        self._kept[index, is_small] = content
        self._num_bytes += len(content)
        while self._num_bytes > MAX_BYTES and len(self._kept) > BEHIND + 1:
            _, dropped = self._kept.popitem(last=False)
            self._num_bytes -= len(dropped)


def encode(image_HWC: NDArray[np.uint8], side_px: int) -> bytes:
    """
    Encode an image.

    :param image_HWC: RGB.
    :param side_px: longest side; larger images are shrunk.
    :return: a JPEG.
    """
    height, width = image_HWC.shape[:2]
    scale = side_px / max(height, width)
    if scale < 1:
        image_HWC = np.asarray(cv2.resize(
            image_HWC, (max(1, round(width * scale)), max(1, round(height * scale))),
            interpolation=cv2.INTER_AREA), np.uint8)
    _, data = cv2.imencode('.jpg', cv2.cvtColor(image_HWC, cv2.COLOR_RGB2BGR),
                           [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
