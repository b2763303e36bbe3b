# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The finder's settings: what its parameters mean, and their defaults; no ROS."""

from dataclasses import dataclass, fields
from typing import Any

from imrs_ros.model_folders import FINDER_NAME
from imrs_ros.node_settings import NodeSettings
from imrs_ros.settings import require

FINDER_NODE = 'person_finder'
"""Name of the node."""
DEFAULTS = NodeSettings()
"""Those that it shares with the recognizer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FinderSettings:
    """Settings of the person finder."""

    autostart: bool = DEFAULTS.autostart
    """Configure and activate at start, without a lifecycle manager."""
    model: str = FINDER_NAME
    """Name of an installed people finder, or path of its folder."""
    cameras: tuple[str, ...] = DEFAULTS.cameras
    """Image topics, as for the recognizer."""
    transport: str = DEFAULTS.transport
    """As for the recognizer."""
    reliability: str = DEFAULTS.reliability
    """As for the recognizer."""
    rate_hz: float = 10.0
    """Images of a camera that are looked at in a second of their stamps; 0 for all."""
    min_score: float = 0.2
    """Least certainty of a person, in [0, 1]."""
    num_threads: int = 1
    """CPU threads of the network; 0 for the choice of OpenVINO."""
    track: bool = True
    """Whether people get ids that stay the same from image to image."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the parameters, what they must be, and their values.
        """
        NodeSettings(model=self.model, cameras=self.cameras, transport=self.transport,
                     reliability=self.reliability)
        require(
            ('rate_hz', 0 <= self.rate_hz <= 1000,
             f'must be from 0 to 1000, got {self.rate_hz}'),
            ('min_score', 0 <= self.min_score <= 1,
             f'must be from 0 to 1, got {self.min_score}'),
            ('num_threads', self.num_threads >= 0, f'must be at least 0, got {self.num_threads}'))


def finder_default(name: str) -> Any:
    """
    Return a parameter's default.

    :param name: the parameter.
    :return: the default of the settings field; sequences as lists.
    """
    default = next(field.default for field in fields(FinderSettings) if field.name == name)
    return list(default) if isinstance(default, tuple) else default
