# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The one place where a network is cut into parts, so that windows share work."""

from imrs_ros.networks.clip_network import ClipNetwork
from imrs_ros.networks.lite0 import Lite0
from imrs_ros.networks.lite0_parts import lite0_parts
from imrs_ros.networks.network_parts import Head, NetworkParts
from imrs_ros.networks.posed_network import PosedNetwork
from imrs_ros.networks.posed_parts import posed_parts
from imrs_ros.networks.resnet3d import ResNet3D
from imrs_ros.networks.resnet_parts import resnet_parts


def cut_network(
    network: ClipNetwork, num_frames: int, head: Head | None = None,
) -> NetworkParts:
    """
    Cut a network into parts.

    :param network: in evaluation mode.
    :param num_frames: T, frames of a window.
    :param head: applied to the pooled features; default the network's last layers.
    :return: the parts; they share the network's weights.
    :raises TypeError: for a network without parts.
    """
    head = network.classify if head is None else head
    if isinstance(network, PosedNetwork):
        return posed_parts(network, num_frames, head)
    if isinstance(network, Lite0):
        return lite0_parts(network, num_frames, head)
    if isinstance(network, ResNet3D):
        return resnet_parts(network, num_frames, head)
    raise TypeError(f'expected a network of build_network, got {type(network).__name__}')
