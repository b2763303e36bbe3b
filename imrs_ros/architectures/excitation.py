# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Channel excitation as numbers; ``networks.excitation`` says what it computes."""

from collections.abc import Collection

EXCITATIONS = ('ce', 'se', 'none')
KERNEL_SIZE = 3
"""Channels that decide one gate of ``ce``."""
REDUCTION = 16
"""Channels for each hidden unit of ``se``."""


def num_hidden(num_channels: int, reduction: int = REDUCTION) -> int:
    """
    Return the number of hidden units of ``se``.

    :param num_channels: that it gates.
    :param reduction: channels for each unit.
    :return: at least 1.
    """
    return max(1, num_channels // reduction)


def check_kind(kind: str) -> None:
    """
    Check the kind of excitation.

    :param kind: its name.
    :raises ValueError: when there is none of that name.
    """
    if kind not in EXCITATIONS:
        raise ValueError(f'excitation must be one of {", ".join(EXCITATIONS)}, got {kind!r}')


def excited_stages(
    network: str, stages: tuple[int, ...], chosen: Collection[int] | None,
) -> tuple[int, ...]:
    """
    Return the stages that an excitation module follows.

    :param network: its name.
    :param stages: of the network.
    :param chosen: some of them; None for all.
    :return: the stages.
    :raises ValueError: when the network has no such stage.
    """
    found = stages if chosen is None else tuple(chosen)
    if not set(found) <= set(stages):
        raise ValueError(f'excitation_stages of {network} must be among {stages}, got {found}')
    return found
