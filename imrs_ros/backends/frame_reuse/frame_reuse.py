# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Windows that share frames share the work on them: exactly, at any hop, for any number of cameras.

Independent of the network, of the library that runs its parts, and of the device whose memory
holds what was computed.

Layout legend: N clips, T frames of a window, H height, W width, C channels, K classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import time

from imrs_ros.backends.frame_reuse.camera_memory import CameraMemory, Shape, Upload
from imrs_ros.backends.frame_reuse.device import Device
from imrs_ros.backends.frame_reuse.part_runner import ItemPlace, Models, PartRunner
from imrs_ros.backends.frame_reuse.sharing_choice import most_new_that_pays
from imrs_ros.backends.frame_reuse.storage import Array, HostStorage, Storage
from imrs_ros.part_plan import BODY, LOGITS, PartPlan, WHOLE
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray

IDLE_SEC = 5.0
"""Time without a window of a camera, after which its memory is freed: whatever the rate at which
others come and go, no more are kept than came since then. The next window shares no frame."""
NUM_SPARE = 3
"""On a device, so many more frames are taken up in one call of each part; on a CPU, a call for
each frame takes no longer."""


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

    On a ``Device``, only new frames are uploaded, those of all windows of a call together; each
    part runs once for all of them, and so does the body.

    Each camera takes ``CameraMemory.num_bytes``, from its second window until it has been absent
    for long (``IDLE_SEC``): with 16 frames of 112 x 112, 5.4 MB for lite0 and 54 MB for
    resnext101. Nothing is allocated per window. Not thread-safe.
    """

    def __init__(
        self, plan: PartPlan, models: Models, frame_shape: Shape, shapes: Mapping[str, Shape],
        output: int = LOGITS, device: Device | None = None,
    ) -> None:
        """
        Prepare; no camera has memory yet.

        :param plan: how the network is cut.
        :param models: its models.
        :param frame_shape: H, W and C of a frame.
        :param shapes: shape of an item of every output of the parts.
        :param output: of the body, what ``infer`` returns: ``LOGITS``, or ``FEATURES`` of a body
            that gives them, too.
        :param device: where the models run; None for the host, and models that take and return
            arrays of NumPy.
        :raises ValueError: for a device and a plan without parts.
        """
        if device is not None and not plan.parts:
            raise ValueError(f'expected a network with parts, got one of {plan.num_frames} '
                             'frames, which share nothing')
        self._output, self._device = output, device
        self._plan, self._models = plan, models
        self._frame_shape, self._shapes = frame_shape, shapes
        self._storage: Storage = HostStorage() if device is None else device.storage
        self._num_spare = 0 if device is None else NUM_SPARE
        self._runner = PartRunner(
            plan, models, self._storage, frame_shape, shapes,
            () if device is None else device.item_sizes, self._num_spare)
        self._windows = [] if device is None else [
            self._storage.zeros((device.window_sizes[-1], source.count, *shapes[source.ring]),
                                is_pixels=False) for source in plan.body]
        self._cameras: dict[str, CameraState] = {}
        self.most_new = plan.num_frames if plan.parts else 0
        """The most new frames with which a window takes less work in parts than whole; set by
        ``measure``."""

    def new_memory(self) -> CameraMemory:
        """
        Allocate the memory of a camera.

        :return: an empty memory.
        """
        return CameraMemory(
            self._plan, self._storage, self._frame_shape, self._shapes, self._num_spare)

    def warm_up(self) -> None:
        """Run every part and the body in every size of the device, as they will be run."""
        if self._device is not None:
            self._runner.warm_up()
            for size in reversed(self._device.window_sizes):
                self._models.run(BODY, [array[:size] for array in self._windows])

    @property
    def num_bytes(self) -> int:
        """Return the current memory of all cameras, bytes."""
        return sum(s.memory.num_bytes for s in self._cameras.values() if s.memory is not None)

    def describe(self) -> str:
        """
        Say when windows share frames, and what it costs.

        :return: one phrase, for the log and for diagnostics.
        """
        if not self.most_new:
            return 'no frame reuse'
        return (f'frame reuse where at most {self.most_new} of {self._plan.num_frames} frames are '
                f'new, {self.new_memory().num_bytes / 1e6:.0f} MB per camera')

    def forget(self) -> None:
        """Free the memory of all cameras."""
        self._cameras.clear()

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
            self.forget()
            raise
        for name, camera in list(self._cameras.items()):
            if now_sec - camera.last_sec >= IDLE_SEC:
                del self._cameras[name]
        return np.concatenate(logits)

    def _score(self, clips: Sequence[Clip]) -> list[NDArray[np.float32]]:
        """Return logits_1K, or features_1D, of windows of different cameras."""
        uploads: list[Upload] = []
        memories = [self._choose_memory(clip, uploads) for clip in clips]
        self._upload(uploads)
        shared = [(memory, clip.first_sequence)
                  for memory, clip in zip(memories, clips) if memory is not None]
        self._runner.fill(shared)
        if self._device is None:
            return [self._finish(clip, memory) for clip, memory in zip(clips, memories)]
        rest = [clip for clip, memory in zip(clips, memories) if memory is None]
        whole = iter(self._device.score_whole(rest) if rest else ())
        scores = iter(self._finish_together(self._device, shared))
        return [next(whole if memory is None else scores)[None] for memory in memories]

    def _choose_memory(self, clip: Clip, uploads: list[Upload]) -> CameraMemory | None:
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
        uploads += camera.memory.store(clip, num_new)
        return camera.memory

    def _upload(self, uploads: Sequence[Upload]) -> None:
        """Upload frames of all windows together."""
        if uploads:
            self._storage.upload(*zip(*uploads))

    def _finish(self, clip: Clip, memory: CameraMemory | None) -> NDArray[np.float32]:
        """Return logits_1K, or features_1D."""
        if memory is None:
            inputs = self._models.run(WHOLE, [clip.frames_THWC[None]])
        else:
            inputs = self._rows((memory, clip.first_sequence))
        return self._storage.download(self._models.run(BODY, inputs)[self._output])

    def _finish_together(
        self, device: Device, windows: Sequence[ItemPlace],
    ) -> Iterator[NDArray[np.float32]]:
        """Yield logits_K, or features_D, of windows; the body runs once for as many as it can."""
        most = device.window_sizes[-1]
        for batch in (windows[i:i + most] for i in range(0, len(windows), most)):
            size = next(size for size in device.window_sizes if size >= len(batch))
            self._storage.copy(
                [row for window in batch for row in self._rows(window)],
                [array[i] for i in range(len(batch)) for array in self._windows])
            outputs = self._models.run(BODY, [array[:size] for array in self._windows])
            yield from self._storage.download(outputs[self._output][:len(batch)])

    def _rows(self, window: ItemPlace) -> list[Array]:
        """Return the inputs of the body for a window."""
        memory, first = window
        return [memory.rings[source.ring].row(first + source.first, source.count)
                for source in self._plan.body]

    def measure(self) -> None:
        """
        Measure with how many new frames a window takes less work in parts than whole.

        Work is the time that this process spent on processors: while another process takes one,
        the whole network, which takes longest, would wait for it in every call, and parts in few.
        On a device, it is the time until the scores are there.
        """
        plan, device = self._plan, self._device
        if not plan.parts or device is None and not plan.has_whole:
            return
        blank = np.zeros((plan.num_frames, *self._frame_shape), np.uint8)
        memory, sequence = self.new_memory(), 0

        def advance(num_new: int) -> None:
            nonlocal sequence
            sequence += num_new
            self._upload(memory.store(Clip('', blank, sequence, 0, ''), num_new))
            self._runner.fill([(memory, sequence)])
            if device is not None:
                list(self._finish_together(device, [(memory, sequence)]))

        def whole() -> None:
            if device is None:
                self._models.run(WHOLE, [blank[None]])
            else:
                device.score_whole([Clip('', blank, 0, 0, '')])
        advance(plan.num_frames)
        self.most_new = most_new_that_pays(
            whole, advance, plan.num_frames,
            time.process_time if device is None else time.perf_counter)


def _without_repeats(clips: Sequence[Clip]) -> Iterator[list[Clip]]:
    """Yield groups of clips, in order, in which no camera occurs twice."""
    group: list[Clip] = []
    for clip in clips:
        if any(clip.camera == other.camera for other in group):
            yield group
            group = []
        group.append(clip)
    yield group
