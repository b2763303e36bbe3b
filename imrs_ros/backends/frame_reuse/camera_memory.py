# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The memory of one camera between its windows.

Layout legend: T frames of a window, H height, W width, C channels.
"""

from collections.abc import Mapping

from imrs_ros.backends.frame_reuse.feature_ring import FeatureRing
from imrs_ros.part_plan import FRAMES, Part, PartPlan
from imrs_ros.records import Clip
import numpy as np

Shape = tuple[int, ...]


class CameraMemory:
    """
    The frames of the last window and the items computed from them; all memory allocated at once.

    A frame is known when its number and every pixel equal those of a stored one: the number alone
    would rely on whoever counts the frames.
    """

    def __init__(self, plan: PartPlan, frame_shape: Shape, shapes: Mapping[str, Shape]) -> None:
        """
        Allocate the rings.

        :param plan: how the network is cut.
        :param frame_shape: H, W and C.
        :param shapes: shape of an item of every output of the parts, float32.
        """
        in_rows = {source.ring for source in plan.body if source.count > 1}
        self.rings = {FRAMES: FeatureRing(
            plan.num_frames, frame_shape, np.uint8, is_mirrored=False)}
        self.rings |= {
            name: FeatureRing(part.kept, shapes[name], np.float32, is_mirrored=name in in_rows)
            for part in plan.parts for name in part.outputs}
        self.start = 0
        """Number of the first frame since the last gap; no item depends on an older one."""
        self._num_frames = plan.num_frames

    @property
    def num_bytes(self) -> int:
        """Return the memory of all rings, bytes."""
        return sum(ring.num_bytes for ring in self.rings.values())

    def num_new(self, clip: Clip) -> int:
        """
        Return the number of new frames in a window.

        :param clip: the window.
        :return: how many at its end are new; all of them after a gap.
        """
        frames, first = self.rings[FRAMES], clip.first_sequence
        num_known = 0
        while num_known < self._num_frames and frames.holds(first + num_known):
            if not np.array_equal(frames.row(first + num_known)[0], clip.frames_THWC[num_known]):
                return self._num_frames
            num_known += 1
        # A known frame after a new one: the window is older than the last.
        if any(frames.holds(first + i) for i in range(num_known, self._num_frames)):
            return self._num_frames
        return self._num_frames - num_known

    def store(self, clip: Clip, num_new: int) -> None:
        """
        Store the frames of a window; after a gap, forget all others.

        :param clip: the window.
        :param num_new: what ``num_new`` returns for it.
        """
        if num_new == self._num_frames:
            for ring in self.rings.values():
                ring.clear()
            self.start = clip.first_sequence
        frames = self.rings[FRAMES]
        for i in range(self._num_frames - num_new, self._num_frames):
            number = clip.first_sequence + i
            frames.slot(number)[0] = clip.frames_THWC[i]
            frames.mark(number)

    def holds(self, part: Part, number: int) -> bool:
        """
        Return whether a part's items for a frame are stored.

        :param part: the part.
        :param number: number of the frame.
        :return: whether they are.
        """
        return self.rings[part.outputs[0]].holds(number)
