# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A network of one stream: split into frame part and clip part, with one last layer.

Layout legend: N clips or frames, T frames of a clip, H height, W width, C channels, K classes,
L logits: K, or K + 1 with one for none of the classes; D features.
"""

from abc import abstractmethod

from imrs_ros.networks.clip_network import ClipNetwork, Scored
import torch
from torch import nn, Tensor


class VideoNetwork(ClipNetwork):
    """
    A 3D CNN that equals ``clip_part(stack(frame_part(frame_t)))``.

    ``frame_part`` is the work that depends on one frame alone; overlapping windows may share it.
    ``clip_part`` is the work that needs all frames. Normalisation is the first step of
    ``frame_part``, so the input is the uint8 image itself.
    """

    #: number of still features
    still_dim: int = 0
    #: number of moving features
    moving_dim: int
    #: prefixes of the names of all parameters that still features and the frame part use
    image_names: tuple[str, ...]
    #: prefixes of the names of all parameters that turn pooled features into logits
    head_names: tuple[str, ...] = ('norm.', 'fc.')
    #: the last layers, built by each network
    norm: nn.Module
    dropout: nn.Dropout
    fc: nn.Linear

    def normalise(self, image_C_last: Tensor) -> Tensor:
        """
        Normalise pixels.

        :param image_C_last: uint8 (or float in [0, 255]), channels on the last axis.
        :return: float32 of the same shape.
        """
        return (image_C_last.float() - self.mean) / self.std

    @abstractmethod
    def frame_part(self, frames_NHWC: Tensor) -> Tensor:
        """
        Do the work that depends on one frame alone.

        :param frames_NHWC: uint8 frames, in [0, 255].
        :return: float features, one item per frame on the first axis.
        """

    def still_features(self, parts_NT: Tensor) -> Tensor:
        """
        Reduce the frame parts of a clip to the features of the image network; none by default.

        :param parts_NT: frame parts stacked on a second axis, in order of time.
        :return: features_ND, D = ``still_dim``.
        """
        return parts_NT.new_zeros((len(parts_NT), 0))

    @abstractmethod
    def moving_features(self, parts_NT: Tensor) -> Tensor:
        """
        Reduce the frame parts of a clip to the features of the 3D network, used in distillation.

        :param parts_NT: frame parts stacked on a second axis, in order of time.
        :return: features_ND, D = ``moving_dim``.
        """

    @property
    def feature_dim(self) -> int:
        """Return the number of pooled features: the still, then the moving ones."""
        return self.still_dim + self.moving_dim

    def pool_parts(self, parts_NT: Tensor) -> Tensor:
        """
        Reduce the frame parts of a clip to pooled features.

        :param parts_NT: frame parts stacked on a second axis, in order of time.
        :return: features_ND, the vector before the last layers.
        """
        moving_ND = self.moving_features(parts_NT)
        if not self.still_dim:
            return moving_ND
        return torch.cat([self.still_features(parts_NT), moving_ND], dim=1)

    @property
    def num_classes(self) -> int:
        """Return K."""
        return self.fc.out_features

    @property
    def distance_dim(self) -> int:
        """Return the number of features in which distances count: all of them."""
        return self.feature_dim

    def score(self, features_ND: Tensor) -> Scored:
        """
        Apply the last layers; there are no hints.

        :param features_ND: pooled features.
        :return: normalised features and logits.
        """
        x_ND = self.drop_features(self.norm(features_ND))
        return Scored(x_ND, self.fc(self.dropout(x_ND)), x_ND[:, :0])

    def divide_logits(self, temperature: float) -> None:
        """Divide the last layer's weights; see ``ClipNetwork``."""
        with torch.no_grad():
            for parameter in self.fc.parameters():
                parameter.div_(temperature)

    def drop_features(self, x_ND: Tensor) -> Tensor:
        """
        Drop features of some clips in training, besides dropout; none by default.

        :param x_ND: normalised features.
        :return: what the last layer gets.
        """
        return x_ND

    def clip_part(self, parts_NT: Tensor) -> Tensor:
        """
        Do the work that needs all frames of a clip.

        :param parts_NT: frame parts stacked on a second axis, in order of time.
        :return: logits_NL, float32.
        """
        return self.classify(self.pool_parts(parts_NT))

    def pool_clip(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Reduce whole clips to pooled features; equal to frame parts stacked and pooled.

        :param clip_NTHWC: uint8 clips, in [0, 255].
        :return: features_ND.
        """
        parts = self.frame_part(clip_NTHWC.flatten(0, 1))
        return self.pool_parts(parts.unflatten(0, clip_NTHWC.shape[:2]))

    def forward_features(self, clip_NTHWC: Tensor) -> tuple[Tensor, Tensor]:
        """
        Return logits and pooled features.

        :param clip_NTHWC: uint8 clips, in [0, 255].
        :return: logits_NL and features_ND, float32; distillation compares the moving ones, the
            last ``moving_dim``.
        """
        features_ND = self.pool_clip(clip_NTHWC)
        return self.classify(features_ND), features_ND
