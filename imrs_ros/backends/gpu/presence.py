# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Whether this machine has an NVIDIA GPU, by its device files: PyTorch is not imported."""

from importlib.util import find_spec
from pathlib import Path

DEVICES = ('dev/nvidia[0-9]*', 'dev/nvhost-gpu', 'dev/nvgpu', 'usr/lib/wsl/lib/libcuda.so.1')
"""Device files of the driver for PCI cards, of both Jetson drivers, and of WSL. Not the driver's
version in /proc, which a container sees whether it may use the GPU or not."""


def has_gpu(root: Path = Path('/')) -> bool:
    """
    Return whether there is an NVIDIA GPU that this process may use.

    :param root: root of the file system.
    :return: whether there is a device file of one.
    """
    return any(True for pattern in DEVICES for _ in root.glob(pattern))


def require_packages(*names: str, requirements: str = 'gpu') -> None:
    """
    Make sure that packages are installed, without importing them.

    :param names: names of modules.
    :param requirements: the list that names them.
    :raises RuntimeError: naming those that are missing, and how to install them.
    """
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise RuntimeError(
            f'expected the packages {", ".join(names)}, got no {", ".join(missing)}; '
            f'pip install -r requirements/{requirements}.txt')
