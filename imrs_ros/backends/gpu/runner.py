# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Runs clips on the GPU in batches, whatever scores them: copy in, score, copy out.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Sequence

from imrs_ros.backends.gpu.batch_sizes import MAX_CLIPS, padded_size
from imrs_ros.backends.gpu.clip_batch import ClipBatch
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

ScoreBatch = Callable[[int], Tensor]
"""Scores the first clips of the batch in the current CUDA stream; returns logits_NK."""


class GpuRunner:
    """A CUDA stream with its input and output buffers."""

    def __init__(self, batch: ClipBatch, score: ScoreBatch, stream: torch.cuda.Stream) -> None:
        """
        Create a runner.

        :param batch: the buffers that ``score`` reads.
        :param score: called with one of ``BATCH_SIZES``.
        :param stream: where all work runs.
        """
        self._batch, self._score, self._stream = batch, score, stream

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one; more than ``MAX_CLIPS`` go in several batches.
        :return: logits_NK, float32.
        """
        parts = [clips[i:i + MAX_CLIPS] for i in range(0, len(clips), MAX_CLIPS)]
        return np.concatenate([self._infer_batch(part) for part in parts])

    def _infer_batch(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            self._batch.load(clips)
            logits_NK = self._score(padded_size(len(clips)))[:len(clips)]
            # A copy to the host waits for the stream.
            host_NK: NDArray[np.float32] = logits_NK.float().cpu().numpy()
        return host_NK
