# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Windows that share frames, by PyTorch on a GPU: rings and parts as tensors of the device.

Not yet run on a GPU; tests run it on the CPU.

Layout legend: N items or windows, H height, W width, C channels, K classes.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.cut import cut_network
from imrs_ros.part_plan import BODY
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

MAX_UPLOADED = 64
"""Frames in one copy to the device; more go in several."""
Result = TypeVar('Result')
Capture = Callable[[Callable[[], Result]], Callable[[], Result]]
"""Runs work that reads and writes the same memory each time; returns what runs it again."""


class TorchStorage:
    """Memory of a device of PyTorch, in the current CUDA stream; see ``storage.Storage``."""

    is_host = False

    def __init__(
        self, device: torch.device, dtype: torch.dtype, frame_shape: tuple[int, ...],
    ) -> None:
        """
        Allocate the buffers through which frames are uploaded.

        :param device: where the network runs.
        :param dtype: in which features are stored.
        :param frame_shape: H, W and C.
        """
        self._device, self._dtype = device, dtype
        shape = (MAX_UPLOADED, *frame_shape)
        self._host = torch.zeros(shape, dtype=torch.uint8, pin_memory=device.type == 'cuda')
        self._rows = self._host.numpy()
        self._arrived = self.zeros(shape, is_pixels=True)

    def zeros(self, shape: tuple[int, ...], *, is_pixels: bool) -> Tensor:
        """
        Allocate.

        :param shape: of the tensor.
        :param is_pixels: uint8; otherwise the type of features.
        :return: zeros.
        """
        return torch.zeros(
            shape, dtype=torch.uint8 if is_pixels else self._dtype, device=self._device)

    def upload(self, frames: Sequence[NDArray[np.uint8]], slots: Sequence[Tensor]) -> None:
        """
        Copy frames to the device: one copy for all of them, from there to their slots.

        The work of the call before must have ended.

        :param frames: frames_HWC.
        :param slots: where each goes, with an axis of length 1 in front.
        """
        for first in range(0, len(frames), MAX_UPLOADED):
            if first:
                # The copy before still reads the buffer.
                self.download(self._arrived[:1])
            some = frames[first:first + MAX_UPLOADED]
            for row_HWC, frame_HWC in zip(self._rows, some):
                row_HWC[...] = frame_HWC
            number = len(some)
            self._arrived[:number].copy_(self._host[:number], non_blocking=True)
            self.copy([self._arrived[i:i + 1] for i in range(number)],
                      slots[first:first + number])

    def copy(self, sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
        """
        Copy tensors, with as few kernels as PyTorch needs for them.

        :param sources: what to copy.
        :param targets: where each goes.
        """
        if sources:
            torch._foreach_copy_(list(targets), list(sources))

    def download(self, values: Tensor) -> NDArray[np.float32]:
        """
        Return a tensor on the host, when the work before has ended.

        :param values: any tensor of the device.
        :return: a copy, float32.
        """
        host: NDArray[np.float32] = values.detach().to('cpu', torch.float32, copy=True).numpy()
        return host


class TorchParts:
    """The parts of a network, each captured for every batch size; see ``part_runner.Models``."""

    def __init__(
        self, network: ClipNetwork, num_frames: int, frame_shape: tuple[int, ...],
        device: torch.device,
    ) -> None:
        """
        Cut the network.

        :param network: in evaluation mode, on the device; shares its weights.
        :param num_frames: T, frames of a window.
        :param frame_shape: H, W and C.
        :param device: where it is.
        :raises TypeError: for a network without parts.
        """
        parts = cut_network(network, num_frames)
        self._modules, self.plan = dict(parts.modules), parts.plan
        blank = torch.zeros((num_frames, *frame_shape), dtype=torch.uint8, device=device)
        examples = parts.examples(blank)
        self.item_shapes: dict[str, tuple[int, ...]] = {}
        """Shape of one item of every output of the parts."""
        for part in parts.plan.parts:
            made = _as_tuple(self._modules[part.name](*examples[part.name]))
            self.item_shapes |= {name: tuple(item.shape[1:])
                                 for name, item in zip(part.outputs, made)}
        self._replays: dict[tuple[str, int], Callable[[], Sequence[Tensor]]] = {}
        self.capture: Capture[Sequence[Tensor]] | None = None
        """While it is set, what is run is captured; from then on it is run as captured. What is
        captured must always be run on the same memory."""

    def run(
        self, name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor] | None = None,
    ) -> Sequence[Tensor]:
        """
        Run a part, or the body for several windows.

        :param name: of a part, or ``body``, whose inputs have an axis for windows in front.
        :param inputs: contiguous tensors of the device.
        :param outputs: tensors to write into; None for the model's own.
        :return: the outputs, of the body logits_NK; valid until it runs again.
        """
        key = name, len(inputs[0])

        def work() -> Sequence[Tensor]:
            return self._compute(name, inputs, outputs)
        if self.capture is not None and key not in self._replays:
            self._replays[key] = self.capture(work)
        return self._replays.get(key, work)()

    def _compute(
        self, name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor] | None,
    ) -> Sequence[Tensor]:
        module = self._modules[name]
        if name == BODY:
            # What is written for one window, for all of them at once.
            made = tuple(item_N1.flatten(0, 1)
                         for item_N1 in _as_tuple(torch.vmap(module)(*inputs)))
        else:
            made = _as_tuple(module(*inputs))
        if outputs is None:
            return made
        for output, item in zip(outputs, made, strict=True):
            output.copy_(item)
        return outputs


def _as_tuple(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)
