# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Clips on their way to the GPU: sent as uint8 from pinned memory, converted to floats there.

Layout legend: N clips, T frames, H height, W width, C channels.
"""

from collections.abc import Sequence

from imrs_ros.backends.gpu.batch_sizes import MAX_CLIPS
from imrs_ros.model_card import InputSpec
from imrs_ros.records import Clip
import torch
from torch import Tensor


class ClipBatch:
    """
    Buffers for a batch, allocated once: their addresses never change.

    An asynchronous copy to the GPU needs pinned host memory (PyTorch, CUDA semantics, "Use pinned
    memory buffers"). Normalisation is part of the network, and so runs on the GPU, too.
    """

    def __init__(self, spec: InputSpec, device: torch.device, dtype: torch.dtype) -> None:
        """
        Allocate the buffers.

        :param spec: the model's input.
        :param device: where the network runs.
        :param dtype: float type of the pixels there, in [0, 255].
        """
        shape = (MAX_CLIPS, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))
        self._host = torch.zeros(
            shape, dtype=torch.uint8, pin_memory=device.type == 'cuda')
        self._rows = self._host.numpy()
        self._bytes = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._pixels = torch.zeros(shape, dtype=dtype, device=device)

    def pixels(self, size: int) -> Tensor:
        """
        Return the buffer that the network reads for one batch size.

        :param size: number of clips.
        :return: clip_NTHWC, float, a view.
        """
        return self._pixels[:size]

    def load(self, clips: Sequence[Clip]) -> None:
        """
        Copy clips to the device, in the current CUDA stream; the last copy must have ended.

        :param clips: 1 to ``MAX_CLIPS``.
        """
        for row, clip in zip(self._rows, clips):
            row[...] = clip.frames_THWC
        num = len(clips)
        self._bytes[:num].copy_(self._host[:num], non_blocking=True)
        self._pixels[:num].copy_(self._bytes[:num])
