# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The one place where a network is built from its name."""

from collections.abc import Collection, Sequence

from imrs_ros.architectures.excitation import check_kind, excited_stages
from imrs_ros.architectures.lite0 import check_width, STAGES as LITE0_STAGES
from imrs_ros.networks import lite0, resnet3d
from imrs_ros.networks.published import MARS, NORMALISATIONS
from imrs_ros.networks.video_network import VideoNetwork

NETWORKS = (*resnet3d.LAYOUTS, 'lite0')

FLOW_MEAN = 127.5
"""Zero flow after the map from [-20, 20] to [0, 255]; divisor 1."""
LITE0_MEAN, LITE0_STD = 127.0, 128.0
"""Of every channel, as EfficientNet-Lite0 was trained."""


def default_normalisation(
    name: str, in_channels: int,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """
    Return a network's default mean and divisor.

    :param name: a name from ``NETWORKS``.
    :param in_channels: 3 for RGB, 2 for flow.
    :return: mean and std, one value per channel, for pixels in [0, 255].
    """
    if name == 'lite0':
        return (LITE0_MEAN,) * in_channels, (LITE0_STD,) * in_channels
    if in_channels == 3:
        return NORMALISATIONS[MARS]
    return (FLOW_MEAN,) * in_channels, (1.0,) * in_channels


def build_network(
    name: str,
    *,
    num_classes: int,
    in_channels: int = 3,
    excitation: str = 'ce',
    excitation_stages: Collection[int] | None = None,
    width: float = 1.0,
    dropout: float = 0.0,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> VideoNetwork:
    """
    Build a network with initial weights.

    :param name: ``resnext101`` (the paper's), ``resnext50``, ``resnet18`` or ``lite0``.
    :param num_classes: K, the number of logits.
    :param in_channels: 3 for RGB, 2 for flow (x, y).
    :param excitation: ``ce`` (the paper's), ``se`` or ``none``.
    :param excitation_stages: residual stages followed by an excitation module, counted from 1:
        of 1 to 4 (``resne*``: Res2 to Res5 of the paper) or 1 to 2 (``lite0``); default all.
    :param width: multiplies every channel count of a ``resne*``.
    :param dropout: probability of dropping a pooled feature in training.
    :param mean: per-channel mean of the input in [0, 255]; default the network's.
    :param std: per-channel divisor; default the network's.
    :return: the network, in training mode.
    :raises ValueError: for an unknown name, excitation or stage, or impossible sizes.
    """
    if name not in NETWORKS:
        raise ValueError(f'network must be one of {", ".join(NETWORKS)}, got {name!r}')
    check_kind(excitation)
    if num_classes < 1 or in_channels < 1 or width <= 0 or not 0 <= dropout < 1:
        raise ValueError(
            'expected num_classes >= 1, in_channels >= 1, width > 0 and 0 <= dropout < 1, got '
            f'{num_classes}, {in_channels}, {width} and {dropout}')
    stages = LITE0_STAGES if name == 'lite0' else resnet3d.STAGES
    chosen = excited_stages(name, stages, excitation_stages)
    default_mean, default_std = default_normalisation(name, in_channels)
    mean = default_mean if mean is None else mean
    std = default_std if std is None else std
    if len(mean) != in_channels:
        raise ValueError(f'{in_channels} input channels need as many means, got {list(mean)}')
    if name == 'lite0':
        check_width(width)
        return lite0.Lite0(
            num_classes=num_classes, mean=mean, std=std, excitation=excitation,
            excitation_stages=chosen, dropout=dropout)
    return resnet3d.ResNet3D(
        resnet3d.LAYOUTS[name], num_classes=num_classes, mean=mean, std=std,
        excitation=excitation, excitation_stages=chosen, width=width, dropout=dropout)
