# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
lite0 in parts: maps once per frame, looks once per fourth frame, the rest per window.

One more thing that windows share exactly stays in the body: the change from one frame to the next,
reduced by the first 1x1x1 convolution, is 0.3 of the 40 million multiplications of the body.

Layout legend: N frames, T frames of a clip, C channels, H height, W width, D features.
"""

from imrs_ros.networks.lite0 import Lite0, LOOK_EVERY, pool_change
from imrs_ros.networks.network_parts import Head, NetworkParts, Piece, Tensors
from imrs_ros.part_plan import FRAMES, Part, PartInput, PartPlan
import torch
from torch import Tensor

MAP_BATCHES = (4, 1)
"""Four frames in a batch take an eighth less time than one after the other; sixteen do not."""


def lite0_parts(
    network: Lite0, num_frames: int, head: Head,
) -> NetworkParts:
    """
    Cut the network into parts.

    :param network: in evaluation mode.
    :param num_frames: T, frames of a window.
    :param head: applied to the pooled features.
    :return: the parts; no model for whole clips, as the parts are as fast.
    """
    def body(maps_TCHW: Tensor, looks_TD: Tensor) -> Tensor | Tensors:
        """Do the rest; looks of other than every fourth frame are never read."""
        maps_1TCHW = maps_TCHW[None]
        head_1D = looks_TD[LOOK_EVERY // 2::LOOK_EVERY].mean(dim=0, keepdim=True)
        return head(torch.cat(
            [head_1D, pool_change(maps_1TCHW), network.moving_features(maps_1TCHW)], dim=1))
    plan = PartPlan(
        num_frames=num_frames, has_whole=False,
        parts=(
            Part(name='maps', outputs=('maps',), sources=(PartInput(FRAMES, 0),),
                 positions=tuple(range(num_frames)), kept=num_frames, batches=MAP_BATCHES),
            Part(name='looks', outputs=('looks',), sources=(PartInput('maps', 0),),
                 positions=tuple(range(LOOK_EVERY // 2, num_frames, LOOK_EVERY)),
                 kept=num_frames)),
        body=(PartInput('maps', 0, num_frames), PartInput('looks', 0, num_frames)))
    return NetworkParts(plan, {
        'maps': Piece(network, network.frame_part), 'looks': Piece(network, network.look),
        'body': Piece(network, body)})
