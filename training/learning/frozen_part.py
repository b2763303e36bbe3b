# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The part of a network that a run does not train, compiled by OpenVINO on a CPU.

Layout legend: M clips, T frames, H height, W width, C channels.
"""

from collections.abc import Callable
import warnings

from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.networks import VideoNetwork
import numpy as np
import openvino
import torch
from torch import nn, Tensor

FrozenFunction = Callable[[Tensor], dict[str, Tensor]]
"""clips_MTHWC (uint8) to tensors of M rows by key of a batch, on the CPU."""


class FrozenPart(nn.Module):
    """Computes the pooled features of a clip, or its maps and still features."""

    def __init__(self, network: VideoNetwork, cached: str) -> None:
        """
        Put the network into evaluation mode.

        :param network: the network; its frozen part must not change.
        :param cached: ``features`` or ``maps``.
        """
        super().__init__()
        self.network = network.eval()
        self.keys = ('features',) if cached == 'features' else ('maps', 'still')

    def forward(self, clip_THWC: Tensor) -> tuple[Tensor, ...]:
        """
        Compute one clip.

        :param clip_THWC: uint8.
        :return: a tensor of one row for each of ``keys``.
        """
        if self.keys == ('features',):
            return (self.network.pool_clip(clip_THWC[None]),)
        maps_1TCHW = self.network.frame_part(clip_THWC)[None]
        return maps_1TCHW, self.network.still_features(maps_1TCHW)


def freeze(network: VideoNetwork, cached: str, device: torch.device) -> FrozenFunction:
    """
    Return the frozen part as a function; on a CPU it runs several times faster than in PyTorch.

    :param network: the network; its frozen part must not change.
    :param cached: ``features`` or ``maps``.
    :param device: device of the network.
    :return: the function; its maps are in half precision.
    """
    part = FrozenPart(network, cached)
    run = compile_part(part) if device.type == 'cpu' else _torch(part, device)

    def apply(clips_MTHWC: Tensor) -> dict[str, Tensor]:
        # One clip at a time, so that large maps stay in the CPU's cache.
        rows = [run(clip_THWC) for clip_THWC in clips_MTHWC]
        columns = {key: torch.cat([row[i] for row in rows]) for i, key in enumerate(part.keys)}
        return {key: c.half() if key == 'maps' else c for key, c in columns.items()}
    return apply


def _torch(part: FrozenPart, device: torch.device) -> Callable[[Tensor], list[Tensor]]:
    def run(clip_THWC: Tensor) -> list[Tensor]:
        with torch.inference_mode():
            return [output.cpu() for output in part(clip_THWC.to(device))]
    return run


def compile_part(part: nn.Module) -> Callable[[Tensor], list[Tensor]]:
    """
    Compile a module by OpenVINO, once for every shape of its input.

    :param part: in evaluation mode; takes a tensor and returns a tuple of tensors.
    :return: the module as a function; its results are on the CPU.
    """
    compiled: dict[tuple[int, ...], openvino.CompiledModel] = {}

    def run(inputs: Tensor) -> list[Tensor]:
        shape = tuple(inputs.shape)
        if shape not in compiled:
            with warnings.catch_warnings(), torch.no_grad():
                # PyTorch warns about its own use of a deprecated name.
                warnings.simplefilter('ignore', FutureWarning)
                exported = torch.export.export(part, (inputs.clone(),))
            compiled[shape] = openvino_core().compile_model(
                openvino.convert_model(exported), 'CPU',
                {'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': 'f32',
                 'INFERENCE_NUM_THREADS': torch.get_num_threads()})
        outputs = compiled[shape]([inputs.numpy()])
        return [torch.from_numpy(np.array(output)) for output in outputs.values()]
    return run
