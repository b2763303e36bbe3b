# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The trained networks that a student imitates: of flow, of poses, or of RGB.

Layout legend: N clips, T frames, H height, W width, C channels, D features.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from imrs_ros.networks import VideoNetwork
import torch
from torch import nn, Tensor
from torch.nn import functional
from training.learning.networks import load_finished
from training.learning.pose_network import PoseNetwork

POSE_DEVIATION = 0.25
"""Standard deviation of the pose features that a student imitates, like that of pooled flow
features (0.2 to 0.5 in the model that ships); hidden units have 0 to 1.2."""


class TeacherPart(nn.Module):
    """A frozen network, and the features of its that are imitated."""

    def __init__(self, network: VideoNetwork, stream: str, size_px: int) -> None:
        """
        Freeze a network.

        :param network: trained.
        :param stream: its input, ``rgb`` or ``flow``.
        :param size_px: side of its square frames, pixels.
        """
        super().__init__()
        self.network, self.stream, self.size_px = network, stream, size_px
        self.is_posed = isinstance(network, PoseNetwork)
        """Whether the features are hidden units, to be standardised."""
        self.feature_dim = (
            network.hidden_dim if isinstance(network, PoseNetwork) else network.moving_dim)
        """D."""
        self.train(False).requires_grad_(False)

    def forward(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Return the features to imitate.

        :param clip_NTHWC: uint8 (or float in [0, 255]), sides of at least ``size_px``.
        :return: features_ND, without gradients: hidden units of a pose network, moving features of
            any other.
        """
        with torch.no_grad():
            return self.imitated(self.network.pool_clip(self.resize(clip_NTHWC)))

    def resize(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Resize clips for a network with smaller frames than others of its stream.

        :param clip_NTHWC: uint8 (or float in [0, 255]).
        :return: the same clips, or smaller ones in float32.
        """
        if clip_NTHWC.shape[2] == self.size_px:
            return clip_NTHWC
        frames = clip_NTHWC.flatten(0, 1).permute(0, 3, 1, 2).float()
        resized = functional.interpolate(frames, (self.size_px, self.size_px), mode='area')
        return resized.permute(0, 2, 3, 1).unflatten(0, clip_NTHWC.shape[:2])

    def imitated(self, pooled_ND: Tensor) -> Tensor:
        """
        Return the features to imitate.

        :param pooled_ND: pooled features of the network.
        :return: features_ND.
        """
        with torch.no_grad():
            if isinstance(self.network, PoseNetwork):
                return self.network.hidden_units(pooled_ND)
            return pooled_ND[:, self.network.still_dim:]

    def train(self, mode: bool = True) -> 'TeacherPart':
        """Stay in evaluation mode, whatever ``mode`` is."""
        return super().train(False)


class Teacher(nn.Module):
    """One or more frozen networks; their features are concatenated."""

    parts: Sequence[TeacherPart]

    def __init__(self, folders: Sequence[Path], labels: Sequence[str], rgb_size_px: int) -> None:
        """
        Load and freeze the best model of every run, or the network of every model folder.

        :param folders: of finished runs, or model folders.
        :param labels: the student's classes.
        :param rgb_size_px: side of the student's frames, pixels.
        :raises FileNotFoundError: when a run has no model yet.
        :raises ValueError: when one has other classes, or sees RGB frames of another size.
        """
        super().__init__()
        self.parts = nn.ModuleList(  # type: ignore[assignment]
            _load(folder, tuple(labels), rgb_size_px) for folder in folders)
        self.sizes_px: dict[str, int] = {}
        """Side of the input clips by stream, pixels."""
        for part in self.parts:
            self.sizes_px[part.stream] = max(part.size_px, self.sizes_px.get(part.stream, 0))
        self.feature_dims = tuple(part.feature_dim for part in self.parts)
        """D of every network."""

    def forward(self, clips: Mapping[str, Tensor]) -> Tensor:
        """
        Return the features to imitate.

        :param clips: clips_NTHWC by stream, with sides of ``sizes_px``.
        :return: features_ND of all networks, one after the other, without gradients.
        """
        return torch.cat([part(clips[part.stream]) for part in self.parts], dim=1)


class FeatureScale(nn.Module):
    """
    Standardises those features of a teacher that are hidden units.

    The statistics are of training clips; features of flow and RGB networks stay as they are.
    """

    mean_D: Tensor
    factor_D: Tensor

    def __init__(self, teacher: Teacher) -> None:
        """
        Leave all features as they are until ``fit``.

        :param teacher: whose features.
        """
        super().__init__()
        self.feature_dims = teacher.feature_dims
        """D of every network."""
        self._is_posed = torch.cat([
            torch.full((part.feature_dim,), part.is_posed) for part in teacher.parts])
        self.register_buffer('mean_D', torch.zeros(len(self._is_posed)))
        self.register_buffer('factor_D', torch.ones(len(self._is_posed)))

    def fit(self, features_ND: Tensor) -> None:
        """
        Measure mean and deviation.

        :param features_ND: of training clips.
        """
        mean_D, deviation_D = features_ND.mean(dim=0), features_ND.std(dim=0)
        # A unit that is never on says nothing.
        factor_D = torch.where(deviation_D > 0, POSE_DEVIATION / deviation_D, 0.0)
        is_posed = self._is_posed.to(features_ND.device)
        self.mean_D.copy_(torch.where(is_posed, mean_D, 0.0))
        self.factor_D.copy_(torch.where(is_posed, factor_D, 1.0))

    def forward(self, features_ND: Tensor) -> Tensor:
        """
        Apply the statistics.

        :param features_ND: of any clips.
        :return: features_ND.
        """
        return (features_ND - self.mean_D) * self.factor_D


def _load(folder: Path, labels: tuple[str, ...], rgb_size_px: int) -> TeacherPart:
    found = load_finished(folder)
    if not isinstance(found.network, VideoNetwork):
        raise ValueError(f'{folder}: expected a network without a pose stream, got one with; name '
                         'a run of the network `pose` beside its picture model')
    if found.labels != labels:
        raise ValueError(f'{folder}: expected a teacher of the classes {list(labels)}, got one of '
                         f'{list(found.labels)}')
    if found.stream == 'rgb' and found.size_px != rgb_size_px:
        raise ValueError(f"{folder}: expected a teacher that sees the student's frames, "
                         f'{rgb_size_px} px, got one of {found.size_px} px; set size_px of one of '
                         'them')
    return TeacherPart(found.network, found.stream, found.size_px)
