# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
How large a network is and what one clip costs.

FLOPs are 2 x MAC: a multiplication and an addition are two. Convolutions and dense layers are
counted, as usual; normalisation, activation and pooling are not. Tables that count one FLOP a
MAC (as many papers do, without saying so) state half as much.
"""

from dataclasses import dataclass

from imrs_ros.networks import ClipNetwork
import torch
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True, kw_only=True, slots=True)
class Complexity:
    """The size of a network and the work of one clip."""

    num_parameters: int
    """Learnt numbers; buffers such as the statistics of BN are not among them."""
    flops: int
    """2 x MAC of one clip."""


def measure_complexity(
    network: ClipNetwork, *, num_frames: int, size_px: int,
) -> Complexity:
    """
    Run one clip through a network in evaluation mode, and count.

    :param network: any, on the CPU or, for speed, on the device ``meta``; left as it came.
    :param num_frames: frames of the clip.
    :param size_px: side of the square frames.
    :return: parameters and FLOPs.
    """
    clip_NTHWC = torch.zeros(
        (1, num_frames, size_px, size_px, network.in_channels), dtype=torch.uint8,
        device=network.mean.device)
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(clip_NTHWC)
    finally:
        for module, training in modes:
            module.training = training
    return Complexity(
        num_parameters=sum(parameter.numel() for parameter in network.parameters()),
        flops=int(counter.get_total_flops()))
