# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The trained flow streams that a student imitates.

Layout legend: N clips, T frames, H height, W width, D features.
"""

from collections.abc import Sequence
from pathlib import Path

from imrs_ros.networks import VideoNetwork
import torch
from torch import nn, Tensor
from torch.nn import functional
from training.learning.networks import load_trained


class Teacher(nn.Module):
    """One or more frozen flow networks; their pooled features are concatenated."""

    def __init__(self, runs: Sequence[Path], labels: Sequence[str]) -> None:
        """
        Load and freeze the best model of every run.

        :param runs: folders of finished flow runs.
        :param labels: the student's classes.
        :raises FileNotFoundError: when a run has no model yet.
        :raises ValueError: when a run is not a flow stream, or has other classes.
        """
        super().__init__()
        networks: list[VideoNetwork] = []
        sizes: list[int] = []
        for run in runs:
            model, network = load_trained(run)
            if model.config.stream != 'flow' or tuple(model.labels) != tuple(labels):
                raise ValueError(
                    f'{run}: expected a flow stream of the classes {list(labels)}, got the stream '
                    f'{model.config.stream} of {list(model.labels)}')
            networks.append(network)
            sizes.append(model.config.size_px)
        self._sized = list(zip(networks, sizes))
        self.networks = nn.ModuleList(networks)
        self.size_px = max(sizes)
        """Side of the input clips, pixels."""
        self.feature_dim = sum(network.feature_dim for network in networks)
        """D, over all networks."""
        self.eval().requires_grad_(False)

    def forward(self, flow_NTHW2: Tensor) -> Tensor:
        """
        Return the features to imitate.

        :param flow_NTHW2: uint8 (or float in [0, 255]), sides of ``size_px``.
        :return: features_ND, without gradients.
        """
        with torch.no_grad():
            return torch.cat([
                network.pool_clip(_resize(flow_NTHW2, size))
                for network, size in self._sized], dim=1)

    def train(self, mode: bool = True) -> 'Teacher':
        """Stay in evaluation mode, whatever ``mode`` is."""
        return super().train(False)


def _resize(clip_NTHWC: Tensor, size_px: int) -> Tensor:
    """Resize clips for a network with smaller frames than the others."""
    if clip_NTHWC.shape[2] == size_px:
        return clip_NTHWC
    frames = clip_NTHWC.flatten(0, 1).permute(0, 3, 1, 2).float()
    resized = functional.interpolate(frames, (size_px, size_px), mode='area')
    return resized.permute(0, 2, 3, 1).unflatten(0, clip_NTHWC.shape[:2])
