# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The last seconds of one camera, small and compressed.

Layout legend: H height, W width, C channels.
"""

from collections import deque
from dataclasses import dataclass

import cv2
from imrs_ros.images.preprocessing import fit_within
from imrs_ros.records import Frame
import numpy as np
from numpy.typing import NDArray

MAX_SIDE_PX = 480
"""Frames are kept no larger: of VGA, 480 x 360, about 20 kB each."""
JPEG_QUALITY = 90
MAX_BACK_NS = 1_000_000_000
"""A stamp that goes back by more is that of another recording; one by less is a late image."""


@dataclass(frozen=True, slots=True)
class RecentFrame:
    """One small image."""

    stamp_ns: int
    """Header stamp."""
    jpeg: bytes
    """The image."""

    def image(self) -> NDArray[np.uint8]:
        """
        Decode the image.

        :return: image_HWC, RGB, uint8.
        """
        image_BGR = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)
        if image_BGR is None:
            raise RuntimeError('expected the JPEG that was encoded here, got a damaged one')
        return cv2.cvtColor(image_BGR, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


class RecentFrames:
    """A ring of frames, by their stamps; not thread-safe."""

    def __init__(self, span_ns: int, max_frames: int) -> None:
        """
        Start empty.

        :param span_ns: time for which frames are kept.
        :param max_frames: most frames kept.
        """
        self._span_ns = span_ns
        self._frames: deque[RecentFrame] = deque(maxlen=max_frames)

    def add(self, frame: Frame) -> RecentFrame | None:
        """
        Keep a frame, and forget those that are too old; all of them when stamps go back.

        :param frame: of any size.
        :return: what is kept of it; None for one that is not later than the newest.
        """
        if self._frames:
            back_ns = self._frames[-1].stamp_ns - frame.stamp_ns
            if 0 <= back_ns <= MAX_BACK_NS:
                return None
            if back_ns > 0:
                self._frames.clear()
        small_HWC = fit_within(frame.image_HWC, MAX_SIDE_PX)
        _, data = cv2.imencode('.jpg', cv2.cvtColor(small_HWC, cv2.COLOR_RGB2BGR),
                               [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        kept = RecentFrame(frame.stamp_ns, data.tobytes())
        self._frames.append(kept)
        while self._frames[0].stamp_ns < frame.stamp_ns - self._span_ns:
            self._frames.popleft()
        return kept

    def since(self, stamp_ns: int) -> list[RecentFrame]:
        """
        Return the newest frames.

        :param stamp_ns: the earliest stamp.
        :return: frames from then on, in order.
        """
        return [frame for frame in self._frames if frame.stamp_ns >= stamp_ns]

    def clear(self) -> None:
        """Forget all frames."""
        self._frames.clear()
