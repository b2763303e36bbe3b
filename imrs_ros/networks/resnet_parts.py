# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The 3D ResNe(X)t in parts: its stem in running sums, one per frame, and the rest per window.

An output of the first convolution sums seven taps, one from each frame around its own. It is the
same in every window that holds all seven frames; at both ends of a window, three outputs lack the
taps of frames outside, which is the zero padding. Outputs are stored after the spatial half of the
max-pool, at a quarter of their size; its temporal half is the first step of the body.

- ``taps``: the seven taps of a frame, stored for the last seven frames.
- ``stem``: once the taps up to three frames later are there, the output (``inner``), and the sums
  on the way to it, which are the outputs at a window's first, second and third position.
- ``end``: the outputs at a window's last three positions, from the taps of its last six frames.

Sharing more does not pay. Windows also share four of the eight maps after the temporal half of the
max-pool, and the 1x1x1 convolutions of the first block on them; that would save 0.12 of 12.6 GFLOP
per window at hop 1, for 1.2 MB more memory per frame.

Layout legend: N frames, T frames of a clip, K taps, C channels, H height, W width.
"""

from imrs_ros.networks.network_parts import Head, NetworkParts, Piece, Tensors
from imrs_ros.networks.resnet3d import ResNet3D
from imrs_ros.part_plan import FRAMES, Part, PartInput, PartPlan
import torch
from torch import Tensor
from torch.nn import functional

NUM_TAPS = 7
REACH = NUM_TAPS // 2
"""Frames before and after its own that an output needs."""


def resnet_parts(
    network: ResNet3D, num_frames: int, head: Head,
) -> NetworkParts:
    """
    Cut the network into parts.

    :param network: in evaluation mode.
    :param num_frames: T, frames of a window; with fewer than seven, no output is shared, and there
        is only the model for whole clips and the body.
    :param head: applied to the pooled features.
    :return: the parts.
    """
    stem = StemParts(network, num_frames, head)
    modules = {'whole': Piece(network, stem.whole), 'body': Piece(network, stem.body)}
    if num_frames < NUM_TAPS:
        plan = PartPlan(num_frames=num_frames, parts=(), has_whole=True,
                        body=(PartInput('stem', 0, num_frames),))
        return NetworkParts(plan, modules)
    before_end = num_frames - REACH
    outputs = ('first', 'second', 'third', 'inner')
    parts = (
        Part(name='taps', outputs=('taps',), sources=(PartInput(FRAMES, 0),), kept=NUM_TAPS),
        Part(name='stem', outputs=outputs, sources=(PartInput('taps', -REACH, NUM_TAPS),),
             positions=tuple(range(before_end)), kept=before_end),
        Part(name='end', outputs=('end',), sources=(PartInput('taps', 1 - 2 * REACH, 2 * REACH),),
             positions=(num_frames - 1,), kept=1))
    body = (
        PartInput('first', 0), PartInput('second', 1), PartInput('third', 2),
        PartInput('inner', REACH, num_frames - 2 * REACH), PartInput('end', num_frames - 1))
    modules |= {'taps': Piece(network, network.frame_part), 'stem': Piece(network, stem.sums),
                'end': Piece(network, stem.end)}
    return NetworkParts(PartPlan(
        num_frames=num_frames, parts=parts, body=body, has_whole=True), modules)


class StemParts:
    """The stem of a network, for whole clips or by sums of taps, and what follows it."""

    def __init__(self, network: ResNet3D, num_frames: int, head: Head) -> None:
        """
        Prepare the functions of a network.

        :param network: in evaluation mode.
        :param num_frames: T, frames of a window.
        :param head: applied to the pooled features.
        """
        self._network, self._num_frames, self._head = network, num_frames, head

    def _finish(self, conv_NCHW: Tensor) -> Tensor:
        """Apply the steps after the convolution that treat each output alone."""
        bn = self._network.bn1
        x_NCHW = functional.batch_norm(
            conv_NCHW, bn.running_mean, bn.running_var, bn.weight, bn.bias, eps=bn.eps)
        return functional.max_pool2d(functional.relu(x_NCHW), 3, 2, 1)

    def sums(self, *taps_NKCHW: Tensor) -> Tensors:
        """
        Sum an output, first from its own frame on, then backwards.

        :param taps_NKCHW: taps of the seven frames around it, in order.
        :return: the maps_NCHW at the first, second and third position and at inner ones.
        """
        tap_NCHW = [taps_NKCHW[k][:, k] for k in range(NUM_TAPS)]
        total_NCHW = sum(tap_NCHW[REACH + 1:], tap_NCHW[REACH])
        maps = [total_NCHW]
        for k in reversed(range(REACH)):
            total_NCHW = total_NCHW + tap_NCHW[k]
            maps.append(total_NCHW)
        return tuple(map(self._finish, maps))

    def end(self, *taps_NKCHW: Tensor) -> Tensor:
        """
        Sum the outputs that lack taps of later frames.

        :param taps_NKCHW: taps of a window's last six frames, in order.
        :return: maps_N3CHW at its last three positions.
        """
        maps = []
        for num_taps in (6, 5, 4):
            taps = [taps_NKCHW[2 * REACH - num_taps + k][:, k] for k in range(num_taps)]
            maps.append(self._finish(sum(taps[1:], taps[0])))
        return torch.stack(maps, dim=1)

    def whole(self, clip_1THWC: Tensor) -> Tensors:
        """
        Compute the stem of a whole clip, through the plain 3D convolution.

        :param clip_1THWC: uint8 frames.
        :return: the inputs of ``body``.
        """
        network = self._network
        x_1CTHW = network.normalise(clip_1THWC).permute(0, 4, 1, 2, 3)
        x_1CTHW = functional.relu(network.bn1(network.conv1(x_1CTHW)))
        x_TCHW = functional.max_pool3d(x_1CTHW, (1, 3, 3), (1, 2, 2), (0, 1, 1))[0].transpose(0, 1)
        if self._num_frames < NUM_TAPS:
            return (x_TCHW,)
        return (*x_TCHW[:REACH].split(1), x_TCHW[REACH:-REACH], x_TCHW[-REACH:][None])

    def body(self, *maps_TCHW: Tensor) -> Tensor | Tensors:
        """
        Do the rest for a window.

        :param maps_TCHW: maps at its first three positions, the inner ones, and those at its
            last three positions, with an axis in front.
        :return: logits_1L, or what else the head returns.
        """
        x_TCHW = torch.cat([maps.flatten(0, maps.dim() - 4) for maps in maps_TCHW])
        x_1CTHW = functional.max_pool3d(
            x_TCHW.transpose(0, 1)[None], (3, 1, 1), (2, 1, 1), (1, 0, 0))
        return self._head(self._network.pool_maps(x_1CTHW))
