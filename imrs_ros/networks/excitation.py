# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Channel excitation: a gate in (0, 1) for every channel, from the means of all channels.

Layout legend: N clips, C channels, T time, H height, W width.
"""

from imrs_ros.architectures.excitation import check_kind, KERNEL_SIZE, num_hidden, REDUCTION
from torch import nn, Tensor


class ChannelExcitation(nn.Module):
    """
    The CE module: a gate from local cross-channel interaction (Hu et al. 2023, eq. 5, figure 2B).

    The mean over time and space is filtered along the channel axis by one 1D convolution without
    bias, shared by all channels, so the module has ``kernel_size`` weights in all.
    """

    def __init__(self, kernel_size: int = KERNEL_SIZE) -> None:
        """
        Build the module for any number of channels.

        :param kernel_size: k, how many neighbouring channels decide one gate; odd.
        :raises ValueError: when ``kernel_size`` is even or below 1.
        """
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f'kernel_size must be odd and at least 1, got {kernel_size}')
        self.conv = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x_NCTHW: Tensor) -> Tensor:
        """
        Scale every channel by its gate.

        :param x_NCTHW: float features.
        :return: features of the same shape.
        """
        y_N1C = x_NCTHW.mean(dim=(2, 3, 4)).unsqueeze(1)
        eta_NC = self.conv(y_N1C).squeeze(1).sigmoid()
        return x_NCTHW * eta_NC[:, :, None, None, None]


class SqueezeExcitation(nn.Module):
    """The SE block (Hu, Shen and Sun 2018), for comparison with CE: two dense layers."""

    def __init__(self, num_channels: int, reduction: int = REDUCTION) -> None:
        """
        Build the block for a fixed number of channels.

        :param num_channels: C.
        :param reduction: the hidden layer has C / reduction units.
        """
        super().__init__()
        hidden = num_hidden(num_channels, reduction)
        self.fc1 = nn.Linear(num_channels, hidden)
        self.fc2 = nn.Linear(hidden, num_channels)

    def forward(self, x_NCTHW: Tensor) -> Tensor:
        """
        Scale every channel by its gate.

        :param x_NCTHW: float features.
        :return: features of the same shape.
        """
        y_NC = x_NCTHW.mean(dim=(2, 3, 4))
        eta_NC = self.fc2(self.fc1(y_NC).relu()).sigmoid()
        return x_NCTHW * eta_NC[:, :, None, None, None]


def make_excitation(kind: str, num_channels: int) -> nn.Module:
    """
    Build an excitation module.

    :param kind: ``ce``, ``se`` or ``none``.
    :param num_channels: channels of the features it gates.
    :return: the module; an identity for ``none``.
    :raises ValueError: for another kind.
    """
    check_kind(kind)
    if kind == 'ce':
        return ChannelExcitation()
    if kind == 'se':
        return SqueezeExcitation(num_channels)
    return nn.Identity()
