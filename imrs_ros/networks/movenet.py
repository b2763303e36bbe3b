# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
MoveNet MultiPose Lightning: people and their keypoints, from a single frame.

A port of Google's model (Apache-2.0, 2021): a CenterNet (Zhou et al. 2019, "Objects as points")
on MobileNetV2 with a feature pyramid up to stride 4. A person is a peak of the centre map; at the
peak, each keypoint's position is regressed; the keypoint is the highest value of its own heat map,
weighted by a Gaussian about the regressed position, inside the person's box.

Its numbers stand in ``architectures.movenet``; ``backends.openvino_graphs.movenet`` writes the
same function as an OpenVINO graph.

Layout legend: N frames, P people, J = 17 keypoints, C channels, H height and W width of the maps,
S = H W positions, 2 vertical and horizontal.
"""

from imrs_ros.architectures.movenet import (
    GAUSSIAN_WIDTH, HEAD_CHANNELS, HEADS, LEAST_KEYPOINT_SCORE, MAX_PEOPLE, NUM_KEYPOINTS,
    PEAK_TOLERANCE, PEAK_WINDOW, PYRAMID_CHANNELS, PYRAMID_TAPS, STAGES, STEM_CHANNELS,
    TOP_CHANNELS)
from imrs_ros.networks.same_conv import SameConv2d
import torch
from torch import nn, Tensor
from torch.nn import functional


class Block(nn.Module):
    """An inverted residual block of MobileNetV2; batch normalisation is folded in."""

    def __init__(self, num_in: int, num_out: int, expansion: int, stride: int) -> None:
        super().__init__()
        hidden = num_in * expansion
        self.expand = nn.Conv2d(num_in, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = SameConv2d(hidden, hidden, 3, stride, groups=hidden)
        self.project = nn.Conv2d(hidden, num_out, 1)
        self.has_expansion = expansion > 1
        self.has_shortcut = stride == 1 and num_in == num_out

    def forward(self, x_NCHW: Tensor) -> Tensor:
        out = functional.relu6(self.expand(x_NCHW)) if self.has_expansion else x_NCHW
        out = self.project(functional.relu6(self.depthwise(out)))
        return out + x_NCHW if self.has_shortcut else out


class MoveNet(nn.Module):
    """People of single frames, with their keypoints."""

    def __init__(self) -> None:
        """Build the network with PyTorch's initial weights."""
        super().__init__()
        self.stem = SameConv2d(3, STEM_CHANNELS, 3, 2)
        self.stages = nn.ModuleList()
        num_in = STEM_CHANNELS
        for num_out, expansion, num_blocks, stride in STAGES:
            blocks = [Block(num_in if i == 0 else num_out, num_out, expansion,
                            stride if i == 0 else 1) for i in range(num_blocks)]
            self.stages.append(nn.Sequential(*blocks))
            num_in = num_out
        self.top = nn.Conv2d(num_in, TOP_CHANNELS, 1)
        self.lateral = nn.ModuleList([nn.Conv2d(TOP_CHANNELS, PYRAMID_CHANNELS[0], 1)])
        self.smooth = nn.ModuleList()
        for tap, width, narrower in zip(
                PYRAMID_TAPS, PYRAMID_CHANNELS, (*PYRAMID_CHANNELS[1:], HEAD_CHANNELS[0])):
            self.lateral.append(nn.Conv2d(STAGES[tap][0], width, 1))
            self.smooth.append(nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1, groups=width),
                nn.Conv2d(width, narrower, 1), nn.ReLU()))
        num_in, hidden = HEAD_CHANNELS
        self.heads = nn.ModuleDict({
            name: nn.Sequential(
                nn.Conv2d(num_in, num_in, 3, padding=1, groups=num_in, bias=False),
                nn.Conv2d(num_in, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, num_out, 1))
            for name, num_out in HEADS.items()})

    def forward(self, frames_NHWC: Tensor) -> Tensor:
        """
        Find people.

        :param frames_NHWC: uint8 (or float) RGB frames, in [0, 255], sides multiples of 32.
        :return: people_NPD, float32, D = 56, by falling height of the peak: see ``PERSON_DIM``;
            positions are shares of the frame's sides, in [0, 1] for boxes, scores in [0, 1].
        """
        maps = self.maps(frames_NHWC)
        peaks_NP, at_NP = self._peaks(torch.sigmoid(maps['centre']))
        return self._describe(maps, peaks_NP, at_NP)

    def maps(self, frames_NHWC: Tensor) -> dict[str, Tensor]:
        """
        Compute the maps of all heads.

        :param frames_NHWC: as in ``forward``.
        :return: maps_NCHW by head, before the sigmoid.
        """
        x = frames_NHWC.permute(0, 3, 1, 2).float() / 127.5 - 1
        x = functional.relu6(self.stem(x))
        taps: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            taps.append(x)
        x = self.lateral[0](functional.relu6(self.top(x)))
        for tap, lateral, smooth in zip(PYRAMID_TAPS, self.lateral[1:], self.smooth):
            larger = functional.interpolate(x, scale_factor=2, mode='bilinear')
            x = smooth(larger + lateral(taps[tap]))
        return {name: head(x) for name, head in self.heads.items()}

    def _peaks(self, centre_N1HW: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores and positions of the highest local maxima."""
        highest = functional.max_pool2d(centre_N1HW, PEAK_WINDOW, 1, PEAK_WINDOW // 2)
        is_peak = (highest - centre_N1HW) < PEAK_TOLERANCE
        values_NP, at_NP = (centre_N1HW * is_peak).flatten(1).topk(MAX_PEOPLE, dim=1)
        return values_NP, at_NP

    def _describe(self, maps: dict[str, Tensor], peaks_NP: Tensor, at_NP: Tensor) -> Tensor:
        height, width = maps['centre'].shape[2:]
        sides_2 = torch.tensor([height, width], dtype=torch.float32, device=at_NP.device)
        number_S = torch.arange(height * width, device=at_NP.device)
        row_S = (number_S / width).floor()
        places_S2 = torch.stack([row_S, number_S - width * row_S], dim=1)
        peak_NP2 = places_S2[at_NP]
        half_NP2 = functional.relu(_take(maps['size'], at_NP)) / 2
        centre_NP2 = peak_NP2 + _take(maps['centre_offset'], at_NP)
        first_NP2 = (centre_NP2 - half_NP2).minimum(sides_2).relu()
        last_NP2 = (centre_NP2 + half_NP2).minimum(sides_2).relu()
        guess_NPJ2 = peak_NP2[:, :, None] + _take(maps['position'], at_NP).unflatten(2, (-1, 2))
        distance_NPJS = (guess_NPJ2[:, :, :, None] - places_S2).square().sum(dim=-1)
        weight_NPJS = torch.exp(-distance_NPJS / (GAUSSIAN_WIDTH * min(height, width)))
        inside_NPS2 = (places_S2 >= first_NP2[:, :, None]) & (places_S2 < last_NP2[:, :, None])
        inside_NPS = inside_NPS2[..., 0] & inside_NPS2[..., 1]
        heat_N1JS = torch.sigmoid(maps['keypoint']).flatten(2)[:, None]
        weighted_NPJS = heat_N1JS * weight_NPJS * inside_NPS[:, :, None]
        at_NPJ = weighted_NPJS.argmax(dim=-1)
        # As in the original: where two people share a place, the score is that of the nearer one.
        here_NPJS = at_NPJ[..., None] == number_S
        score_NPJ = (weighted_NPJS.amax(dim=1, keepdim=True) * here_NPJS).sum(dim=-1)
        offset_N1JS2 = maps['keypoint_offset'].flatten(2).unflatten(
            1, (NUM_KEYPOINTS, 2)).transpose(2, 3)[:, None]
        offset_NPJ2 = (offset_N1JS2 * here_NPJS[..., None]).sum(dim=-2)
        keypoint_NPJ2 = (places_S2[at_NPJ] + offset_NPJ2) / sides_2
        counts_NPJ = (score_NPJ > LEAST_KEYPOINT_SCORE).float()
        person_NP = peaks_NP * (score_NPJ * counts_NPJ).sum(2) / counts_NPJ.sum(2).clamp(min=1)
        keypoints_NPD = torch.cat([keypoint_NPJ2, score_NPJ[..., None]], dim=3).flatten(2)
        return torch.cat([
            keypoints_NPD, first_NP2 / sides_2, last_NP2 / sides_2, person_NP[..., None]], dim=2)


def _take(map_NCHW: Tensor, at_NP: Tensor) -> Tensor:
    """Return all channels at positions, (N, P, C); not by gather, which TensorRT has not."""
    map_NCS = map_NCHW.flatten(2)
    is_here_NPS = at_NP[..., None] == torch.arange(map_NCS.shape[2], device=at_NP.device)
    return torch.bmm(is_here_NPS.to(map_NCS.dtype), map_NCS.transpose(1, 2))
