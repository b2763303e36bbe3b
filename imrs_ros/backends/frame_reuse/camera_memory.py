"""
What is kept of one camera between its windows.

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
    The frames of the last window and the items computed of them, allocated when it is made.

    A frame counts as known when it has the number and every pixel of one that is kept: numbers
    alone would tie what is kept to whoever counts them.
    """

    def __init__(self, plan: PartPlan, frame_shape: Shape, shapes: Mapping[str, Shape]) -> None:
        """
        Allocate the rings.

        :param plan: the parts.
        :param frame_shape: H, W and C.
        :param shapes: of one item of every output of the parts, float32.
        """
        in_rows = {source.ring for source in plan.body if source.count > 1}
        self.rings = {FRAMES: FeatureRing(
            plan.num_frames, frame_shape, np.uint8, is_mirrored=False)}
        self.rings |= {
            name: FeatureRing(part.kept, shapes[name], np.float32, is_mirrored=name in in_rows)
            for part in plan.parts for name in part.outputs}
        self.start = 0
        """Number of the first frame of the run in progress; no item knows an older one."""
        self._num_frames = plan.num_frames

    @property
    def num_bytes(self) -> int:
        """Give the memory of all rings."""
        return sum(ring.num_bytes for ring in self.rings.values())

    def num_new(self, clip: Clip) -> int:
        """
        Count the frames of a window that are not known.

        :param clip: the window.
        :return: how many at its end are new; all of them when it does not continue the run.
        """
        frames, first = self.rings[FRAMES], clip.first_sequence
        num_known = 0
        while num_known < self._num_frames and frames.holds(first + num_known):
            if not np.array_equal(frames.row(first + num_known)[0], clip.frames_THWC[num_known]):
                return self._num_frames
            num_known += 1
        # A frame that is known behind one that is not: the window is older than the run.
        if any(frames.holds(first + i) for i in range(num_known, self._num_frames)):
            return self._num_frames
        return self._num_frames - num_known

    def take(self, clip: Clip, num_new: int) -> None:
        """
        Keep the frames of a window; start anew where it does not continue the run.

        :param clip: the window.
        :param num_new: what ``num_new`` says of it.
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
        Tell whether a part's items of a frame are kept.

        :param part: the part.
        :param number: of the frame.
        :return: whether they are.
        """
        return self.rings[part.outputs[0]].holds(number)
