# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Find model folders: by path, or by the name of a model installed with the package."""

from collections.abc import Mapping
import os
from pathlib import Path
import sys

PACKAGE = Path(__file__).resolve().parent
SHARE = Path('share') / 'imrs_ros' / 'models'
FINDER_NAME = 'movenet'
"""The people finder that is installed with the package."""


def find_model(model: str) -> Path:
    """
    Return the folder of a model.

    :param model: a path, or the name of a model in ``models/`` of the source tree or in
        ``share/imrs_ros/models`` of an installation.
    :return: the folder; ``ModelCard.load`` checks that it holds a model.
    :raises FileNotFoundError: if there is no such path or name; known names are listed.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if len(path.parts) == 1:
        for folder in model_roots():
            if (folder / model).is_dir():
                return folder / model
    known = sorted({
        card.parent.name for root in model_roots() for card in root.glob('*/model.yaml')})
    raise FileNotFoundError(
        f'expected the path of a model folder or one of the installed models {known}, got '
        f'{model!r}')


def model_roots() -> list[Path]:
    """
    Return the folders searched for a model by name.

    :return: folders in order of precedence; not all need exist.
    """
    return [PACKAGE.parent / 'models',
            *(prefix / SHARE for prefix in install_prefixes(os.environ))]


def install_prefixes(environment: Mapping[str, str]) -> list[Path]:
    """
    Return the folders whose ``share/`` may hold what was installed with the package.

    :param environment: variables, such as ``os.environ``.
    :return: folders in order of precedence: those of ROS, that of this package (a user's own
        packages, and ``/usr/local``, are not in ``sys.prefix``), and that of Python.
    """
    ros = [p for p in environment.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    # <prefix>/lib/python3.11/site-packages/imrs_ros, or what `pip install --target` makes.
    own = (*PACKAGE.parents[3:4], PACKAGE.parent)
    return [*map(Path, ros), *own, Path(sys.prefix)]
