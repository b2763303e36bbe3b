# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A network with a pose stream in parts: people once per second frame, beside the picture's parts.

Layout legend: N frames, T frames of a window, P people, D numbers of a person, or features.
"""

from imrs_ros.networks.lite0 import Lite0
from imrs_ros.networks.lite0_parts import lite0_parts
from imrs_ros.networks.movenet import MoveNet
from imrs_ros.networks.network_parts import Head, NetworkParts, Piece, Tensors
from imrs_ros.networks.pose import describe_pose
from imrs_ros.networks.posed_network import POSE_EVERY, POSE_FIRST, PosedNetwork
from imrs_ros.part_plan import FRAMES, Part, PartInput, PartPlan
import torch
from torch import Tensor

PEOPLE = 'people'


def posed_parts(
    network: PosedNetwork, num_frames: int, head: Head,
) -> NetworkParts:
    """
    Cut the network into parts.

    :param network: in evaluation mode; its picture is a lite0.
    :param num_frames: T, frames of a window.
    :param head: applied to the pooled features.
    :return: the parts.
    :raises TypeError: for another network of the picture.
    """
    if not isinstance(network.picture, Lite0):
        raise TypeError('expected a pose stream beside lite0, got one beside '
                        f'{type(network.picture).__name__}')
    picture = lite0_parts(network.picture, num_frames, lambda features_ND: features_ND)
    pose = pose_parts(network.finder, num_frames)

    def body(*inputs: Tensor) -> Tensor | Tensors:
        *maps, people_TPD = inputs
        return head(torch.cat([
            picture.modules['body'](*maps), pose.modules['body'](people_TPD)], dim=1))
    plan = PartPlan(
        num_frames=num_frames, parts=(*picture.plan.parts, *pose.plan.parts), has_whole=False,
        body=(*picture.plan.body, *pose.plan.body))
    return NetworkParts(plan, {
        **picture.modules, **pose.modules, 'body': Piece(network, body)})


def pose_parts(finder: MoveNet, num_frames: int) -> NetworkParts:
    """
    Cut the pose stream alone into parts.

    :param finder: finds people.
    :param num_frames: T, frames of a window.
    :return: the parts; the body returns pose_1D.
    """
    def body(people_TPD: Tensor) -> Tensor:
        """Describe the pose; people of other than every second frame are never read."""
        return describe_pose(people_TPD[POSE_FIRST::POSE_EVERY][None])
    part = Part(
        name=PEOPLE, outputs=(PEOPLE,), sources=(PartInput(FRAMES, 0),), kept=num_frames,
        positions=tuple(range(POSE_FIRST, num_frames, POSE_EVERY)))
    plan = PartPlan(num_frames=num_frames, parts=(part,), has_whole=False,
                    body=(PartInput(PEOPLE, 0, num_frames),))
    return NetworkParts(plan, {PEOPLE: Piece(finder, finder), 'body': Piece(finder, body)})
