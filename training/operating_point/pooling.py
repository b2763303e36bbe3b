# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Pooled features of overlapping windows, each frame's part computed once.

Layout legend: T frames of a window, H height, W width, C channels, M windows, D features.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from imrs_ros.networks import VideoNetwork
import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn, Tensor
from training.learning.frozen_part import compile_part


class _FramePart(nn.Module):

    def __init__(self, network: VideoNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames_NHWC: Tensor) -> tuple[Tensor, ...]:
        return (self.network.frame_part(frames_NHWC),)


class _PoolPart(nn.Module):

    def __init__(self, network: VideoNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, parts_T: Tensor) -> tuple[Tensor, ...]:
        return (self.network.pool_parts(parts_T[None]),)


class WindowPooler:
    """Computes what the last layers of a network get, window by window."""

    def __init__(self, network: VideoNetwork, num_frames: int) -> None:
        """
        Compile the network's two parts by OpenVINO.

        :param network: put into evaluation mode.
        :param num_frames: T, frames of a window.
        """
        network.eval()
        self.num_frames = num_frames
        self._frame_part = compile_part(_FramePart(network))
        self._pool_part = compile_part(_PoolPart(network))

    def windows(
        self, frames: Iterable[NDArray[np.uint8]], hop: int,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """
        Pool every ``hop``-th window.

        :param frames: square images_HWC on the model's time grid.
        :param hop: frames from one window to the next.
        :return: for each window, the index of its newest frame, and features_D.
        """
        parts: deque[Tensor] = deque(maxlen=self.num_frames)
        for index, image_HWC in enumerate(frames):
            parts.append(self._frame_part(torch.from_numpy(image_HWC[None]))[0])
            if index >= self.num_frames - 1 and (index - self.num_frames + 1) % hop == 0:
                yield index, self._pool_part(torch.cat([*parts]))[0][0].numpy()

    def clips(self, clips_MTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        """
        Pool separate clips.

        :param clips_MTHWC: uint8.
        :return: features_MD.
        """
        return np.stack([features_D for clip_THWC in clips_MTHWC
                         for _, features_D in self.windows(clip_THWC, hop=1)])
