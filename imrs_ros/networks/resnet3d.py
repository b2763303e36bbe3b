# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
3D ResNet and ResNeXt with channel excitation (Hara et al. 2018; Hu et al. 2023, table 1).

Parameter names follow the published 3D-ResNets and MARS checkpoints, plus ``ce1`` to ``ce4``.

Layout legend: N clips or frames, T time, H height, W width, C channels, K temporal taps.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from imrs_ros.networks.excitation import make_excitation
from imrs_ros.networks.video_network import VideoNetwork
import torch
from torch import nn, Tensor
from torch.nn import functional

STAGES = (1, 2, 3, 4)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResNet3DLayout:
    """The shape of one member of the family."""

    blocks: tuple[int, int, int, int]
    """Residual blocks in each of the four stages."""
    bottleneck: bool
    """True for the ResNeXt bottleneck with 32 groups, False for two 3x3x3 convolutions."""


LAYOUTS = {
    'resnext101': ResNet3DLayout(blocks=(3, 4, 23, 3), bottleneck=True),
    'resnext50': ResNet3DLayout(blocks=(3, 4, 6, 3), bottleneck=True),
    'resnet18': ResNet3DLayout(blocks=(2, 2, 2, 2), bottleneck=False),
}


class BasicBlock(nn.Module):
    """Two 3x3x3 convolutions and a shortcut."""

    expansion = 1

    def __init__(self, num_in: int, num_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(num_in, num_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(num_out)
        self.conv2 = nn.Conv3d(num_out, num_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm3d(num_out)
        self.downsample = _shortcut(num_in, num_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(out)) + self.downsample(x))


class Bottleneck(nn.Module):
    """1x1x1, 3x3x3 in 32 groups (carries the stride), 1x1x1, and a shortcut (ResNeXt)."""

    expansion = 4
    groups = 32

    def __init__(self, num_in: int, num_out: int, stride: int) -> None:
        super().__init__()
        num_middle = num_out // 2
        self.conv1 = nn.Conv3d(num_in, num_middle, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(num_middle)
        self.conv2 = nn.Conv3d(
            num_middle, num_middle, 3, stride, 1, groups=self.groups, bias=False)
        self.bn2 = nn.BatchNorm3d(num_middle)
        self.conv3 = nn.Conv3d(num_middle, num_out, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(num_out)
        self.downsample = _shortcut(num_in, num_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        out = functional.relu(self.bn2(self.conv2(out)))
        return functional.relu(self.bn3(self.conv3(out)) + self.downsample(x))


def _shortcut(num_in: int, num_out: int, stride: int) -> nn.Module:
    """Shortcut B: a 1x1x1 convolution and BN where the shape changes, else nothing."""
    if stride == 1 and num_in == num_out:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv3d(num_in, num_out, 1, stride, bias=False), nn.BatchNorm3d(num_out))


class ResNet3D(VideoNetwork):
    """
    A 3D ResNet or ResNeXt with an excitation module after any subset of its four stages.

    At 16 x 112 x 112 the maps (T, H, W) are 16x56x56 after the stem, then 8x28x28, 8x28x28,
    4x14x14, 2x7x7, 1x4x4.
    """

    image_names = ('conv1.',)

    def __init__(
        self,
        layout: ResNet3DLayout,
        *,
        num_classes: int,
        mean: Sequence[float],
        std: Sequence[float],
        excitation: str,
        excitation_stages: Collection[int],
        width: float,
        dropout: float,
    ) -> None:
        """
        Build the network with Kaiming-normal weights; ``build_network`` documents the arguments.

        :raises ValueError: when the width gives a channel count that 32 groups cannot divide.
        """
        super().__init__(mean, std)
        block = Bottleneck if layout.bottleneck else BasicBlock
        widths = [max(8, round(base * width)) for base in (64, 128, 256, 512)]
        if layout.bottleneck and any(2 * w % Bottleneck.groups for w in widths):
            raise ValueError(
                f'width {width} gives channel counts {widths}, which 32 groups cannot divide; '
                'use a multiple of 0.25')
        self.conv1 = nn.Conv3d(
            self.in_channels, widths[0], 7, (1, 2, 2), 3, bias=False)
        self.bn1 = nn.BatchNorm3d(widths[0])
        num_in = widths[0]
        for stage, num_blocks in zip(STAGES, layout.blocks):
            num_out = widths[stage - 1] * block.expansion
            strides = [1 if stage == 1 else 2] + [1] * (num_blocks - 1)
            ins = [num_in] + [num_out] * (num_blocks - 1)
            self.add_module(f'layer{stage}', nn.Sequential(
                *(block(i, num_out, s) for i, s in zip(ins, strides))))
            kind = excitation if stage in excitation_stages else 'none'
            self.add_module(f'ce{stage}', make_excitation(kind, num_out))
            num_in = num_out
        self.moving_dim = num_in
        self.norm = nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(num_in, num_classes)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')

    def frame_part(self, frames_NHWC: Tensor) -> Tensor:
        """
        Apply the seven temporal taps of the first convolution to single frames.

        :param frames_NHWC: uint8 frames, in [0, 255].
        :return: taps_NKCHW, float32: tap k belongs to the output 3 - k frames later.
        """
        x_NCHW = self.normalise(frames_NHWC).permute(0, 3, 1, 2)
        weight_KOIHW = self.conv1.weight.permute(2, 0, 1, 3, 4)
        taps = functional.conv2d(x_NCHW, weight_KOIHW.flatten(0, 1), stride=2, padding=3)
        return taps.unflatten(1, weight_KOIHW.shape[:2])

    def moving_features(self, parts_NT: Tensor) -> Tensor:
        """
        Sum the taps into the first convolution's output, and do the rest.

        :param parts_NT: taps_NTKCHW of all frames of a clip.
        :return: features_ND.
        """
        num_frames, num_taps = parts_NT.shape[1:3]
        maps = []
        for t in range(num_frames):
            sources = [(t + k - num_taps // 2, k) for k in range(num_taps)]
            taps = [parts_NT[:, s, k] for s, k in sources if 0 <= s < num_frames]
            maps.append(sum(taps[1:], taps[0]))
        return self._pool_stem(functional.relu(self.bn1(torch.stack(maps, dim=2))))

    def pool_clip(self, clip_NTHWC: Tensor) -> Tensor:
        """
        Reduce whole clips through the plain 3D convolution, which is faster than its taps.

        :param clip_NTHWC: uint8 clips, in [0, 255].
        :return: features_ND.
        """
        x_NCTHW = self.normalise(clip_NTHWC).permute(0, 4, 1, 2, 3)
        return self._pool_stem(functional.relu(self.bn1(self.conv1(x_NCTHW))))

    def _pool_stem(self, x_NCTHW: Tensor) -> Tensor:
        return self.pool_maps(functional.max_pool3d(x_NCTHW, 3, 2, 1))

    def pool_maps(self, x_NCTHW: Tensor) -> Tensor:
        """
        Apply the stages after the stem and its pooling.

        :param x_NCTHW: maps.
        :return: features_ND.
        """
        x = x_NCTHW
        for stage in STAGES:
            x = self.get_submodule(f'layer{stage}')(x)
            x = self.get_submodule(f'ce{stage}')(x)
        return x.mean(dim=(2, 3, 4))
