# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What is recorded, from where, and to where; no ROS."""

from dataclasses import dataclass
from pathlib import Path
import re

from imrs_ros.node_settings import NodeSettings, RELIABILITIES, TRANSPORTS
from imrs_ros.settings import require

DEFAULTS = NodeSettings()
"""Those that it shares with the recognizer."""
MAX_LABEL = 100
LABEL = re.compile(r'\w(?:[\w -]*[\w-])?')
MAX_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptureOptions:
    """Options of the command."""

    label: str
    """Name of the action, and of its folder; ``NO_ACTION`` for background."""
    camera: str
    """An image topic, or the name of a camera as the recognizer gives it: ``front`` for
    ``/front/image_raw``."""
    out: Path = Path('data/examples')
    """Folder of the class folders."""
    seconds: float = 3.0
    """Duration of an example by the stamps of its images, s, in (0, ``MAX_SECONDS``]."""
    countdown: float = 3.0
    """Time before every example, s, in [0, ``MAX_SECONDS``]."""
    count: int = 0
    """Examples to record, at least 0; 0 for any number."""
    step: bool = False
    """Whether every example waits to be started."""
    timeout: float = 10.0
    """Longest wait for an image, s, above 0."""
    transport: str = DEFAULTS.transport
    """As for the recognizer."""
    reliability: str = DEFAULTS.reliability
    """As for the recognizer."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the options, what they must be, and their values.
        """
        require(
            ('label', LABEL.fullmatch(self.label) is not None and len(self.label) <= MAX_LABEL,
             f'must be 1 to {MAX_LABEL} letters, digits, underscores, hyphens and spaces, for it '
             f'names a folder, got {self.label!r}; write --label wave, or no_action for '
             'background'),
            ('camera', bool(self.camera.strip('/')),
             f'must be an image topic or the name of a camera, got {self.camera!r}; write '
             '--camera /front/image_raw, or --camera front'),
            ('seconds', 0 < self.seconds <= MAX_SECONDS,
             f'must be above 0 and at most {MAX_SECONDS:g}, got {self.seconds}'),
            ('countdown', 0 <= self.countdown <= MAX_SECONDS,
             f'must be from 0 to {MAX_SECONDS:g}, got {self.countdown}'),
            ('count', self.count >= 0, f'must be at least 0, got {self.count}'),
            ('timeout', 0 < self.timeout <= MAX_SECONDS,
             f'must be above 0 and at most {MAX_SECONDS:g}, got {self.timeout}'),
            ('transport', self.transport in TRANSPORTS,
             f'must be one of {", ".join(TRANSPORTS)}, got {self.transport!r}'),
            ('reliability', self.reliability in RELIABILITIES,
             f'must be one of {", ".join(RELIABILITIES)}, got {self.reliability!r}'))
