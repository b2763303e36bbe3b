# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The pose of a clip: what the keypoints of its most certain person say of an action.

Layout legend: N clips, T frames of a clip, P people, J = 17 keypoints, 2 vertical and horizontal,
C = J times 2, D numbers of a description, M members, H hidden units, L logits: K classes and none.
"""

from imrs_ros.architectures.movenet import NUM_KEYPOINTS
import torch
from torch import nn, Tensor
from torch.nn import functional

SHOULDERS, HIPS = (5, 6), (11, 12)
SMALLEST_SIZE = 0.02
"""Of a person, as a share of the frame's side: of a smaller one, the keypoints are noise."""
TORSO_OF_BOX = 0.2
"""Shortest torso, as a share of the larger side of the box: seen from above, a torso is short."""
LEAST_WEIGHT = 1e-3
NOBODY, SOMEBODY = 0.03, 0.1
"""Mean certainty of the person up to which a clip shows nobody, and from which it shows someone:
keypoints of nobody are noise, which differs from machine to machine."""
CERTAINTIES = 3
POSE_DIM = 4 * 2 * NUM_KEYPOINTS + NUM_KEYPOINTS + 6 + CERTAINTIES
"""Length of the description of a clip."""
HIDDEN = (256, 128)
MEMBERS = 5
LARGEST = 5.0
"""Standard deviations that an entry counts at most."""
LEFT_RIGHT = tuple(i - 1 + 2 * (i % 2) if i else 0 for i in range(NUM_KEYPOINTS))
"""Number of the keypoint on the other side."""


def describe_pose(people_NTPD: Tensor) -> Tensor:
    """
    Describe how a clip's most certain person is posed, and how it moves.

    Positions are relative to the middle of the person over the clip, and to its size: the length
    of the torso. Frames count by the certainty of their person.

    :param people_NTPD: people of every frame, as ``MoveNet`` returns them, T at least 2.
    :return: pose_ND, D = ``POSE_DIM``: of every keypoint's place its mean, standard deviation,
        range and mean absolute step; mean scores of the keypoints; how the middle of the torso
        varies; mean sides of the box; mean and least certainty of the person; the summed
        certainty of the others. All but the last three fade to 0 where nobody is seen.
    """
    best_NT1 = people_NTPD[..., -1].argmax(dim=2, keepdim=True)
    is_best_NTP = best_NT1 == torch.arange(people_NTPD.shape[2], device=people_NTPD.device)
    person_NTD = (people_NTPD * is_best_NTP[..., None]).sum(dim=2)
    keypoints_NTJ3 = person_NTD[..., :3 * NUM_KEYPOINTS].unflatten(2, (NUM_KEYPOINTS, 3))
    place_NTJ2, score_NTJ = keypoints_NTJ3[..., :2], keypoints_NTJ3[..., 2]
    certainty_NT = person_NTD[..., -1]
    weight_NT = certainty_NT.clamp(min=LEAST_WEIGHT)
    weight_NT1 = (weight_NT / weight_NT.sum(dim=1, keepdim=True))[..., None]
    sides_NT2 = person_NTD[..., -3:-1] - person_NTD[..., -5:-3]
    shoulders_NT2 = place_NTJ2[:, :, SHOULDERS].mean(dim=2)
    hips_NT2 = place_NTJ2[:, :, HIPS].mean(dim=2)
    middle_NT2 = (shoulders_NT2 + hips_NT2) / 2
    length_NT = (shoulders_NT2 - hips_NT2).square().sum(dim=2).sqrt()
    torso_NT = torch.maximum(length_NT, TORSO_OF_BOX * sides_NT2.amax(dim=2))
    size_N11 = (torso_NT[..., None] * weight_NT1).sum(dim=1, keepdim=True).clamp(
        min=SMALLEST_SIZE)
    origin_N12 = (middle_NT2 * weight_NT1).sum(dim=1, keepdim=True)
    place_NTC = ((place_NTJ2 - origin_N12[:, :, None]) / size_N11[..., None]).flatten(2)
    middle_NT2 = (middle_NT2 - origin_N12) / size_N11
    others_NT = people_NTPD[..., -1].sum(dim=2) - certainty_NT
    mean_N1 = certainty_NT.mean(dim=1, keepdim=True)
    presence_N1 = ((mean_N1 - NOBODY) / (SOMEBODY - NOBODY)).clamp(0, 1)
    seen_ND = torch.cat([
        *_spread(place_NTC, weight_NT1),
        place_NTC.diff(dim=1).abs().mean(dim=1),
        (score_NTJ * weight_NT1).sum(dim=1),
        _spread(middle_NT2, weight_NT1)[1], middle_NT2.diff(dim=1).abs().mean(dim=1),
        (sides_NT2 * weight_NT1).sum(dim=1)], dim=1)
    return torch.cat([
        presence_N1 * seen_ND, mean_N1, certainty_NT.amin(dim=1, keepdim=True),
        others_NT.mean(dim=1, keepdim=True)], dim=1)


def mirror_pose(pose_ND: Tensor) -> Tensor:
    """
    Describe the same clips seen in a mirror.

    :param pose_ND: returned by ``describe_pose``.
    :return: their descriptions, had left and right been swapped in every frame.
    """
    width = 2 * NUM_KEYPOINTS
    swap = list(LEFT_RIGHT)
    places = pose_ND[:, :4 * width].unflatten(1, (4, NUM_KEYPOINTS, 2))[:, :, swap]
    sign = torch.ones_like(places)
    sign[:, 0, :, 1] = -1
    scores_NJ = pose_ND[:, 4 * width:4 * width + NUM_KEYPOINTS][:, swap]
    return torch.cat([
        (places * sign).flatten(1), scores_NJ, pose_ND[:, 4 * width + NUM_KEYPOINTS:]], dim=1)


def _spread(x_NTC: Tensor, weight_NT1: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return mean, standard deviation and range over time."""
    mean_NC = (x_NTC * weight_NT1).sum(dim=1)
    square_NC = ((x_NTC - mean_NC[:, None]).square() * weight_NT1).sum(dim=1)
    return mean_NC, (square_NC + 1e-6).sqrt(), x_NTC.amax(dim=1) - x_NTC.amin(dim=1)


class PoseClassifier(nn.Module):
    """Several small networks on descriptions of poses; their probabilities are averaged."""

    mean_D: Tensor
    deviation_D: Tensor

    def __init__(self, num_classes: int, num_members: int = MEMBERS) -> None:
        """
        Build the members with random weights.

        :param num_classes: K.
        :param num_members: M.
        """
        super().__init__()
        self.num_classes, self.num_members = num_classes, num_members
        self.register_buffer('mean_D', torch.zeros(POSE_DIM))
        self.register_buffer('deviation_D', torch.ones(POSE_DIM))
        sizes = (POSE_DIM, *HIDDEN, num_classes + 1)
        self.weights = nn.ParameterList(
            torch.randn(num_members, num_in, num_out) * (2 / num_in) ** 0.5
            for num_in, num_out in zip(sizes, sizes[1:]))
        self.biases = nn.ParameterList(
            torch.zeros(num_members, 1, num_out) for num_out in sizes[1:])

    def hidden(self, pose_MND: Tensor, dropout: float = 0.0) -> Tensor:
        """
        Compute the last hidden units of every member.

        :param pose_MND: descriptions for every member.
        :param dropout: probability of dropping a hidden unit.
        :return: hidden_MNH, at least 0.
        """
        x = ((pose_MND - self.mean_D) / self.deviation_D).clamp(-LARGEST, LARGEST)
        for weight, bias in list(zip(self.weights, self.biases))[:-1]:
            x = functional.dropout(functional.relu(torch.bmm(x, weight) + bias), dropout)
        return x

    def logits(self, pose_MND: Tensor, dropout: float = 0.0) -> Tensor:
        """
        Score descriptions by every member.

        :param pose_MND: descriptions for every member.
        :param dropout: probability of dropping a hidden unit.
        :return: logits_MNL, none last.
        """
        return torch.bmm(self.hidden(pose_MND, dropout), self.weights[-1]) + self.biases[-1]

    def forward(self, pose_ND: Tensor) -> Tensor:
        """
        Score descriptions.

        :param pose_ND: returned by ``describe_pose``.
        :return: probabilities_NL, none last.
        """
        pose_MND = pose_ND[None].expand(self.num_members, -1, -1)
        return self.logits(pose_MND).softmax(dim=2).mean(dim=0)
