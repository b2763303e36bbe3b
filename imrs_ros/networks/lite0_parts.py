# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
lite0 in parts: maps once per frame, looks once per fourth frame, the rest per window.

Layout legend: N frames, T frames of a clip, C channels, H height, W width, D features.
"""

from imrs_ros.architectures.lite0 import FIRST_LOOK, lite0_plan, LOOK_EVERY, LOOKS, MAPS
from imrs_ros.networks.lite0 import Lite0, pool_change
from imrs_ros.networks.network_parts import Head, NetworkParts, Piece, Tensors
from imrs_ros.part_plan import BODY
import torch
from torch import Tensor


def lite0_parts(network: Lite0, num_frames: int, head: Head) -> NetworkParts:
    """
    Cut the network into parts.

    :param network: in evaluation mode.
    :param num_frames: T, frames of a window.
    :param head: applied to the pooled features.
    :return: the parts.
    """
    def body(maps_TCHW: Tensor, looks_TD: Tensor) -> Tensor | Tensors:
        """Do the rest; looks of other than every fourth frame are never read."""
        maps_1TCHW = maps_TCHW[None]
        head_1D = looks_TD[FIRST_LOOK::LOOK_EVERY].mean(dim=0, keepdim=True)
        return head(torch.cat(
            [head_1D, pool_change(maps_1TCHW), network.moving_features(maps_1TCHW)], dim=1))
    return NetworkParts(lite0_plan(num_frames), {
        MAPS: Piece(network, network.frame_part), LOOKS: Piece(network, network.look),
        BODY: Piece(network, body)})
