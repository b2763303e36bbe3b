# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Windows that share frames share the work on them: exactly, at any hop, for any number of cameras.

Independent of the network and of the library that runs its parts.

Layout legend: N clips, T frames of a window, H height, W width, C channels, K classes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
import time

from imrs_ros.backends.frame_reuse.camera_memory import CameraMemory, Shape
from imrs_ros.backends.frame_reuse.part_runner import Models, PartRunner
from imrs_ros.part_plan import BODY, LOGITS, PartPlan, WHOLE
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray

IDLE_SEC = 5.0
"""Time without a window of a camera, after which its memory is freed: whatever the rate at which
others come and go, no more are kept than came since then. The next window shares no frame."""
NUM_TIMINGS = 5


@dataclass(slots=True)
class CameraState:
    """The state of a camera."""

    memory: CameraMemory | None = None
    """Allocated when frame reuse first pays."""
    end: int | None = None
    """Number of the frame after its last window."""
    last_sec: float = 0.0
    """When its last window came, by a clock that never goes back."""


class FrameReuse:
    """
    Scores windows through the parts of a network; each item is computed once.

    Windows that share too few frames (``most_new``), such as the first one of a camera, run
    through the model for whole clips where that takes less time.

    Each camera takes ``CameraMemory.num_bytes``, from its second window until it has been absent
    for long (``IDLE_SEC``): with 16 frames of 112 x 112, 5.4 MB for lite0 and 54 MB for
    resnext101. Nothing is allocated per window. Not thread-safe.
    """

    def __init__(
        self, plan: PartPlan, models: Models, frame_shape: Shape, shapes: Mapping[str, Shape],
        output: int = LOGITS,
    ) -> None:
        """
        Prepare; no camera has memory yet.

        :param plan: how the network is cut.
        :param models: its models.
        :param frame_shape: H, W and C of a frame.
        :param shapes: shape of an item of every output of the parts.
        :param output: of the body, what ``infer`` returns: ``LOGITS``, or ``FEATURES`` of a body
            that gives them, too.
        """
        self._output = output
        self._plan, self._models = plan, models
        self._frame_shape, self._shapes = frame_shape, shapes
        self._runner = PartRunner(plan, models, frame_shape, shapes)
        self._cameras: dict[str, CameraState] = {}
        self.most_new = plan.num_frames if plan.parts else 0
        """The most new frames with which a window takes less work in parts than whole; set by
        ``measure``."""

    def new_memory(self) -> CameraMemory:
        """
        Allocate the memory of a camera.

        :return: an empty memory.
        """
        return CameraMemory(self._plan, self._frame_shape, self._shapes)

    @property
    def num_bytes(self) -> int:
        """Return the current memory of all cameras, bytes."""
        return sum(s.memory.num_bytes for s in self._cameras.values() if s.memory is not None)

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score windows of any cameras.

        :param clips: at least one.
        :return: logits_NK, or features_ND, float32.
        """
        now_sec = time.monotonic()
        for clip in clips:
            self._cameras.setdefault(clip.camera, CameraState()).last_sec = now_sec
        try:
            logits = [logits_1K for group in _without_repeats(clips)
                      for logits_1K in self._score(group)]
        except BaseException:
            # A memory may be half written.
            self._cameras.clear()
            raise
        for name, camera in list(self._cameras.items()):
            if now_sec - camera.last_sec >= IDLE_SEC:
                del self._cameras[name]
        return np.concatenate(logits)

    def _score(self, clips: Sequence[Clip]) -> list[NDArray[np.float32]]:
        memories = [self._choose_memory(clip) for clip in clips]
        self._runner.fill([(memory, clip.first_sequence)
                          for memory, clip in zip(memories, clips) if memory is not None])
        return [self._finish(clip, memory) for clip, memory in zip(clips, memories)]

    def _choose_memory(self, clip: Clip) -> CameraMemory | None:
        """Return the memory with the window's frames, or None to score it whole."""
        camera = self._cameras[clip.camera]
        end = clip.first_sequence + self._plan.num_frames
        # New frames of the next window, if it comes as this one did.
        step = None if camera.end is None else end - camera.end
        camera.end = end
        num_new = self._plan.num_frames if camera.memory is None else camera.memory.num_new(clip)
        will_pay = step is not None and 1 <= step <= self.most_new
        if num_new > self.most_new and not will_pay:
            return None
        if camera.memory is None:
            camera.memory = self.new_memory()
        camera.memory.store(clip, num_new)
        return camera.memory

    def _finish(self, clip: Clip, memory: CameraMemory | None) -> NDArray[np.float32]:
        """Return logits_1K, or features_1D."""
        if memory is None:
            inputs = self._models.run(WHOLE, [clip.frames_THWC[None]])
        else:
            inputs = [memory.rings[source.ring].row(
                clip.first_sequence + source.first, source.count) for source in self._plan.body]
        return self._models.run(BODY, inputs)[self._output].copy()

    def measure(self) -> None:
        """
        Measure with how many new frames a window takes less work in parts than whole.

        Work is the time that this process spent on processors: while another process takes one,
        the whole network, which takes longest, would wait for it in every call, and parts in few.
        """
        plan = self._plan
        if not (plan.parts and plan.has_whole):
            return
        blank = np.zeros((plan.num_frames, *self._frame_shape), np.uint8)
        memory, sequence = self.new_memory(), 0

        def advance(num_new: int) -> None:
            nonlocal sequence
            sequence += num_new
            memory.store(Clip('', blank, sequence, 0, ''), num_new)
            self._runner.fill([(memory, sequence)])
        advance(plan.num_frames)
        # About as many as where it stops to pay: batches cost less a frame than single ones.
        many = max(2, plan.num_frames // 2)
        least_sec = _least_cpu_seconds({
            'whole': lambda: self._models.run(WHOLE, [blank[None]]),
            'one': lambda: advance(1), 'many': lambda: advance(many)})
        frame_sec = max((least_sec['many'] - least_sec['one']) / (many - 1), 1e-9)
        self.most_new = int(np.clip(
            1 + (least_sec['whole'] - least_sec['one']) / frame_sec, 0, plan.num_frames))


def _without_repeats(clips: Sequence[Clip]) -> Iterator[list[Clip]]:
    """Yield groups of clips, in order, in which no camera occurs twice."""
    group: list[Clip] = []
    for clip in clips:
        if any(clip.camera == other.camera for other in group):
            yield group
            group = []
        group.append(clip)
    yield group


def _least_cpu_seconds(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Time calls in turn; the least of each is its time when no other thread disturbs it."""
    least_sec = dict.fromkeys(calls, float('inf'))
    for _ in range(NUM_TIMINGS):
        for name, call in calls.items():
            start_sec = time.process_time()
            call()
            least_sec[name] = min(least_sec[name], time.process_time() - start_sec)
    return least_sec
