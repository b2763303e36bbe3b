# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The Fast DDS profile without which raw images of VGA and more get lost between processes."""

from collections.abc import MutableMapping
import os
from pathlib import Path
import sys

PROFILE = Path('config') / 'fastdds_images.xml'
VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
"""The second is read by Fast DDS 2, of Humble and Jazzy."""
OWN_SETTINGS = (*VARIABLES, 'FASTDDS_BUILTIN_TRANSPORTS')
OWN_FILE = 'DEFAULT_FASTDDS_PROFILES.xml'
"""Fast DDS reads a file of this name in the working folder."""


def use_image_profile(environment: MutableMapping[str, str]) -> Path | None:
    """
    Set the profile for this process, before ROS starts, and for its children.

    :param environment: variables to change, such as ``os.environ``; settings of the user stay.
    :return: the profile; None where the user has settings, or there is no such file.
    """
    if any(environment.get(name) for name in OWN_SETTINGS) or Path(OWN_FILE).is_file():
        return None
    prefixes = [p for p in environment.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    folders = (Path(__file__).resolve().parents[2],
               *(Path(prefix) / 'share' / 'imrs_ros' for prefix in (*prefixes, sys.prefix)))
    found = next((folder / PROFILE for folder in folders if (folder / PROFILE).is_file()), None)
    if found is not None:
        environment.update(dict.fromkeys(VARIABLES, str(found)))
    return found
