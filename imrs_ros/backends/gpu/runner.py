# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Runs clips on the GPU in batches, whatever scores them: copy in, score, copy out.

Clips are sent as uint8 from pinned memory, and converted to floats on the GPU.

Layout legend: N clips, T frames, H height, W width, C channels, K classes.
"""

from collections.abc import Callable, Sequence

from imrs_ros.backends.onnx.layout import MAX_CLIPS, padded_size
from imrs_ros.model_card import InputSpec
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

ScoreBatch = Callable[[int], Tensor]
"""Scores the first clips of the batch in the current CUDA stream; returns logits_NK."""


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


class GpuRunner:
    """Input and output buffers of a network."""

    def __init__(self, batch: ClipBatch, score: ScoreBatch) -> None:
        """
        Create a runner.

        :param batch: the buffers that ``score`` reads.
        :param score: called with one of ``BATCH_SIZES``.
        """
        self._batch, self._score = batch, score

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras, in the current CUDA stream.

        :param clips: at least one; more than ``MAX_CLIPS`` go in several batches.
        :return: logits_NK, float32.
        """
        parts = [clips[i:i + MAX_CLIPS] for i in range(0, len(clips), MAX_CLIPS)]
        return np.concatenate([self._infer_batch(part) for part in parts])

    def _infer_batch(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        self._batch.load(clips)
        logits_NK = self._score(padded_size(len(clips)))[:len(clips)]
        # A copy to the host waits for the stream.
        host_NK: NDArray[np.float32] = logits_NK.float().cpu().numpy()
        return host_NK
