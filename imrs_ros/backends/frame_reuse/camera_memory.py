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
from imrs_ros.backends.frame_reuse.storage import Array, HostStorage, Storage
from imrs_ros.part_plan import FRAMES, Part, PartPlan
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Upload = tuple[NDArray[np.uint8], Array]
"""A frame_HWC on the host, and where it goes on the device."""


class CameraMemory:
    """
    The frames of the last window and the items computed from them; all memory allocated at once.

    A frame is known when its number and every pixel equal those of a stored one: the number alone
    would rely on whoever counts the frames. Frames on a device are therefore on the host, too.
    """

    def __init__(
        self, plan: PartPlan, storage: Storage, frame_shape: Shape, shapes: Mapping[str, Shape],
        num_spare: int = 0,
    ) -> None:
        """
        Allocate the rings.

        :param plan: how the network is cut.
        :param storage: where the items lie.
        :param frame_shape: H, W and C.
        :param shapes: shape of an item of every output of the parts.
        :param num_spare: items that are kept longer than the plan asks for, where a part reads
            fewer of them than a window has frames: so many more frames are taken up at once.
        """
        in_rows = {source.ring for source in plan.body if source.count > 1}
        self._frames = FeatureRing(
            HostStorage(), plan.num_frames, frame_shape, is_pixels=True)
        self.rings = {FRAMES: self._frames if storage.is_host else FeatureRing(
            storage, plan.num_frames, frame_shape, is_pixels=True)}
        self.rings |= {
            name: FeatureRing(
                storage, num_kept(plan, part, num_spare), shapes[name],
                is_mirrored=name in in_rows)
            for part in plan.parts for name in part.outputs}
        self.start = 0
        """Number of the first frame since the last gap; no item depends on an older one."""
        self.taken_to = 0
        """All items of the window that depend on older frames than this one are there."""
        self._num_frames = plan.num_frames

    @property
    def num_bytes(self) -> int:
        """Return the memory of all rings, bytes; on a device, without the frames on the host."""
        return sum(ring.num_bytes for ring in self.rings.values())

    def num_new(self, clip: Clip) -> int:
        """
        Return the number of new frames in a window.

        :param clip: the window.
        :return: how many at its end are new; all of them after a gap.
        """
        frames, first = self._frames, clip.first_sequence
        num_known = 0
        while num_known < self._num_frames and frames.holds(first + num_known):
            if not np.array_equal(frames.row(first + num_known)[0], clip.frames_THWC[num_known]):
                return self._num_frames
            num_known += 1
        # A known frame after a new one: the window is older than the last.
        if any(frames.holds(first + i) for i in range(num_known, self._num_frames)):
            return self._num_frames
        return self._num_frames - num_known

    def store(self, clip: Clip, num_new: int) -> list[Upload]:
        """
        Store the frames of a window; after a gap, forget all others.

        :param clip: the window.
        :param num_new: what ``num_new`` returns for it.
        :return: what must be uploaded before items are computed; nothing where the items lie on
            the host.
        """
        if num_new == self._num_frames:
            for ring in (self._frames, *self.rings.values()):
                ring.clear()
            self.start = self.taken_to = clip.first_sequence
        on_device, uploads = self.rings[FRAMES], []
        for i in range(self._num_frames - num_new, self._num_frames):
            number, frame_HWC = clip.first_sequence + i, clip.frames_THWC[i]
            self._frames.places(number)[0][0] = frame_HWC
            if on_device is not self._frames:
                uploads.append((frame_HWC, on_device.places(number)[0]))
                on_device.mark(number)
            self._frames.mark(number)
        return uploads

    def holds(self, part: Part, number: int) -> bool:
        """
        Return whether a part's items for a frame are stored.

        :param part: the part.
        :param number: number of the frame.
        :return: whether they are.
        """
        return self.rings[part.outputs[0]].holds(number)


def num_kept(plan: PartPlan, part: Part, num_spare: int) -> int:
    """
    Return how many items of a part are kept.

    :param plan: how the network is cut.
    :param part: one of its parts.
    :param num_spare: how many more than the plan asks for.
    :return: a number of items; those that only the body reads need no spare ones.
    """
    is_read = any(source.ring in part.outputs for other in plan.parts for source in other.sources)
    return part.kept + num_spare if is_read and part.kept < plan.num_frames else part.kept
