# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The Fast DDS profile without which raw images of VGA and more get lost between processes."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from imrs_ros.model_folders import install_prefixes

PROFILE = Path('config') / 'fastdds_images.xml'
VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
"""Names of the file: the first is read by Fast DDS 3, the second by Fast DDS 2 (Humble, Jazzy)."""
PACKAGES = ('fastdds', 'fastrtps')
"""Of the same versions."""
OWN_FILES = ('DEFAULT_FASTDDS_PROFILES.xml', 'DEFAULT_FASTRTPS_PROFILES.xml')
"""Read in the working folder, by the same versions."""
TRANSPORTS_VARIABLE = 'FASTDDS_BUILTIN_TRANSPORTS'
"""Read by both."""


def use_image_profile(environment: MutableMapping[str, str]) -> Path | None:
    """
    Set the profile for this process, before ROS starts, and for its children.

    :param environment: variables to change, such as ``os.environ``; settings of the user stay.
    :return: the profile; None where the user has settings, or there is no such file.
    """
    if any(_has_settings(environment, version) for version in range(len(VARIABLES))):
        return None
    found = _find_profile(environment)
    if found is not None:
        # Fast DDS 3 warns of the name that the version before it reads.
        names = [name for name, package in zip(VARIABLES, PACKAGES)
                 if _has_package(environment, package)]
        environment.update(dict.fromkeys(names or VARIABLES, str(found)))
    return found


def lost_images_advice(middleware: str, environment: Mapping[str, str]) -> str:
    """
    Say what to do where raw images are published, and none is received.

    :param middleware: identifier of the RMW implementation.
    :param environment: variables, such as ``os.environ``.
    :return: the advice; empty with another middleware, or where Fast DDS has settings of the user.
    """
    version = int(_has_package(environment, PACKAGES[1]))
    if not middleware.startswith('rmw_fastrtps') or _has_settings(environment, version):
        return ''
    return ('by default, Fast DDS loses raw images of VGA and more; start the camera driver and '
            f'the recognizer with {VARIABLES[version]}={_find_profile(environment) or PROFILE}, '
            'or set transport to compressed')


def _has_package(environment: Mapping[str, str], name: str) -> bool:
    return any((folder / name).is_dir() for folder in _share_folders(environment))


def _has_settings(environment: Mapping[str, str], version: int) -> bool:
    """Return whether the user configured a version, given as its index above."""
    return (any(environment.get(name) for name in (VARIABLES[version], TRANSPORTS_VARIABLE))
            or Path(OWN_FILES[version]).is_file())


def _find_profile(environment: Mapping[str, str]) -> Path | None:
    folders = (Path(__file__).resolve().parents[2],
               *(share / 'imrs_ros' for share in _share_folders(environment)))
    return next((folder / PROFILE for folder in folders if (folder / PROFILE).is_file()), None)


def _share_folders(environment: Mapping[str, str]) -> list[Path]:
    return [prefix / 'share' for prefix in install_prefixes(environment)]
