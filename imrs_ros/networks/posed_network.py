# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A network of the whole picture beside a pose stream: their probabilities are averaged.

RGB in, as ever. People are found in every second frame of a clip; what the network of the picture
knows of the scene and of motion, and what the pose stream knows of the body, err on other clips.

Layout legend: N clips, T frames of a clip, H height, W width, C channels, K classes, P people,
D features: those of the picture, then those of the pose.
"""

from imrs_ros.networks.clip_network import ClipNetwork, Scored
from imrs_ros.networks.movenet import MoveNet
from imrs_ros.networks.pose import describe_pose, POSE_DIM, PoseClassifier
from imrs_ros.networks.video_network import VideoNetwork
import torch
from torch import Tensor

POSE_EVERY, POSE_FIRST = 2, 1
"""Frames from one in which people are found to the next, and the first of them in a clip."""
LEAST_PROBABILITY = 1e-6


class PosedNetwork(ClipNetwork):
    """Averages the class probabilities of two streams; that of no class in poses is a hint."""

    num_hints = 1
    temperature: Tensor

    def __init__(self, picture: VideoNetwork, pose_weight: float, num_members: int) -> None:
        """
        Build the pose stream with random weights.

        :param picture: the network of the whole picture, RGB.
        :param pose_weight: of the pose stream's probabilities, in (0, 1).
        :param num_members: of the pose classifier.
        """
        super().__init__(picture.mean.tolist(), picture.std.tolist())
        self.picture, self.pose_weight = picture, pose_weight
        self.finder = MoveNet()
        self.pose = PoseClassifier(picture.num_classes, num_members)
        self.register_buffer('temperature', torch.ones(()))

    @property
    def num_classes(self) -> int:
        """Return K."""
        return self.picture.num_classes

    @property
    def distance_dim(self) -> int:
        """Return the number of features of the picture: poses of other actions are hints."""
        return self.picture.distance_dim

    def pool_clip(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Reduce whole clips to pooled features; see ``ClipNetwork``.

        :param clip_NTHWC: uint8 clips, in [0, 255].
        :return: features_ND.
        """
        frames_NTHWC = clip_NTHWC[:, POSE_FIRST::POSE_EVERY].contiguous()
        people_NTPD = self.finder(frames_NTHWC.flatten(0, 1)).unflatten(
            0, (-1, frames_NTHWC.shape[1]))
        return torch.cat([self.picture.pool_clip(clip_NTHWC), describe_pose(people_NTPD)], dim=1)

    def score(self, features_ND: Tensor) -> Scored:
        """
        Average the probabilities of both streams.

        :param features_ND: pooled features.
        :return: the picture's normalised features, logits, and the log-odds of none in the poses.
        """
        picture_ND, pose_ND = features_ND.split([features_ND.shape[1] - POSE_DIM, POSE_DIM], dim=1)
        x_ND, logits_NK, _ = self.picture.score(picture_ND)
        posed_NL = self.pose(pose_ND)
        posed_NK, none_N1 = posed_NL[:, :-1], posed_NL[:, -1:]
        # Of a pose that is none of the classes, the pose stream has no opinion on which it is.
        share_NK = (1 - self.pose_weight) * logits_NK.softmax(dim=1) + self.pose_weight * (
            posed_NK / posed_NK.sum(dim=1, keepdim=True).clamp(min=LEAST_PROBABILITY))
        logits_NK = share_NK.clamp(min=LEAST_PROBABILITY).log() / self.temperature
        none_N1 = none_N1.clamp(LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        return Scored(x_ND, logits_NK, torch.logit(none_N1))

    def divide_logits(self, temperature: float) -> None:
        """Multiply the temperature of the average; see ``ClipNetwork``."""
        self.temperature.mul_(temperature)
