# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A classifier of how people are posed and move, trained as a teacher.

Layout legend: N clips or frames, T frames of a clip, P people, D numbers of a person or of a clip,
M members, U hidden units, K classes.
"""

from imrs_ros.model_card import WEIGHTS_FILE
from imrs_ros.model_folders import find_model, FINDER_NAME
from imrs_ros.networks import VideoNetwork
from imrs_ros.networks.clip_network import Scored
from imrs_ros.networks.movenet import MoveNet
from imrs_ros.networks.pose import describe_pose, HIDDEN, MEMBERS, POSE_DIM, PoseClassifier
from imrs_ros.networks.posed_network import POSE_EVERY, POSE_FIRST
from imrs_ros.networks.weights import load_finder
import torch
from torch import nn, Tensor


class PoseNetwork(VideoNetwork):
    """
    Finds people by MoveNet, describes their poses, and classifies the descriptions.

    The finder does not learn. The members of the classifier are scored alone in training, and
    their probabilities are averaged.
    """

    moving_dim = POSE_DIM
    image_names = ('finder.',)
    head_names = ('norm.', 'classifier.')
    hidden_dim = MEMBERS * HIDDEN[-1]
    """Number of hidden units, of all members."""

    def __init__(self, num_classes: int, dropout: float) -> None:
        """
        Build the network with random weights.

        :param num_classes: K.
        :param dropout: probability of dropping a number of the description or a hidden unit.
        """
        super().__init__((127.5,) * 3, (127.5,) * 3)
        self.finder = MoveNet().eval().requires_grad_(False)
        self.norm = nn.BatchNorm1d(POSE_DIM)
        self.dropout = nn.Dropout(dropout)
        self.classifier = PoseClassifier(num_classes)

    @property
    def num_classes(self) -> int:
        """Return K."""
        return self.classifier.num_classes

    def load_finder(self) -> tuple[str, ...]:
        """
        Load the weights of the installed people finder.

        :return: the names of the parameters.
        :raises FileNotFoundError: when it is not installed.
        :raises ValueError: when its file is damaged.
        """
        self.finder = load_finder(find_model(FINDER_NAME) / WEIGHTS_FILE)
        return tuple(f'finder.{name}' for name, _ in self.finder.named_parameters())

    def frame_part(self, frames_NHWC: Tensor) -> Tensor:
        """
        Find people in single frames.

        :param frames_NHWC: uint8 RGB frames, in [0, 255], sides multiples of 32.
        :return: people_NPD.
        """
        people_NPD: Tensor = self.finder(frames_NHWC)
        return people_NPD

    def moving_features(self, parts_NT: Tensor) -> Tensor:
        """
        Describe the poses of clips.

        :param parts_NT: people_NTPD of every frame that is looked at.
        :return: pose_ND, see ``describe_pose``.
        """
        return describe_pose(parts_NT)

    def pool_clip(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Describe the poses of whole clips, from every second frame.

        :param clip_NTHWC: uint8 RGB clips, in [0, 255].
        :return: pose_ND.
        """
        return super().pool_clip(clip_NTHWC[:, POSE_FIRST::POSE_EVERY].contiguous())

    def score(self, features_ND: Tensor) -> Scored:
        """
        Score descriptions.

        :param features_ND: descriptions of poses.
        :return: the normalised descriptions, and the mean log-probabilities of the members in
            training, the logarithm of their mean probabilities otherwise.
        """
        x_ND = self.norm(features_ND)
        logits_MNK = self.classifier.logits(self._of_members(x_ND), self._dropout)[..., :-1]
        log_MNK = logits_MNK.log_softmax(dim=2)
        logits_NK = log_MNK.mean(dim=0) if self.training else log_MNK.logsumexp(dim=0)
        return Scored(x_ND, logits_NK, x_ND[:, :0])

    def divide_logits(self, temperature: float) -> None:
        """Divide the last layer of every member; see ``ClipNetwork``."""
        with torch.no_grad():
            for parameters in (self.classifier.weights, self.classifier.biases):
                parameters[-1].div_(temperature)

    def hidden_units(self, features_ND: Tensor) -> Tensor:
        """
        Compute what a student imitates.

        :param features_ND: descriptions of poses.
        :return: hidden_NU: the last hidden units of all members, at least 0.
        """
        hidden_MNU = self.classifier.hidden(self._of_members(self.norm(features_ND)))
        return hidden_MNU.transpose(0, 1).flatten(1)

    @property
    def _dropout(self) -> float:
        return self.dropout.p if self.training else 0.0

    def _of_members(self, x_ND: Tensor) -> Tensor:
        """Repeat descriptions for every member; in training, each sees others of their numbers."""
        x_MND = x_ND[None].expand(self.classifier.num_members, -1, -1)
        return self.dropout(x_MND)
