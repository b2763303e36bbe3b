# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a machine with a GPU is: card, driver, power mode, and the versions of all libraries."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
import platform
import subprocess
import sys
import traceback
from typing import Any

from imrs_ros.backends.gpu.cuda_driver import cuda_device
from imrs_ros.backends.gpu.identity import tensorrt_version
from imrs_ros.backends.gpu.presence import DEVICES, has_gpu

PACKAGES = ('tensorrt', 'tensorrt-cu12', 'tensorrt-cu13', 'torch', 'torch-tensorrt', 'onnx',
            'onnxscript', 'onnxruntime', 'onnxruntime-gpu', 'openvino', 'numpy')
COMMANDS = {
    'nvidia-smi': ['nvidia-smi', '--query-gpu=name,driver_version,power.limit,pstate,memory.total,'
                   'clocks.max.sm,clocks.sm,temperature.gpu', '--format=csv'],
    'nvpmodel': ['nvpmodel', '-q'], 'jetson_clocks': ['jetson_clocks', '--show']}
FILES = ('/etc/nv_tegra_release', '/proc/device-tree/model', '/proc/driver/nvidia/version')
COMMAND_SEC = 20


def caught(section: Callable[[], Any]) -> Any:
    """
    Run a section of the report, whatever it raises.

    :param section: returns what JSON can hold.
    :return: that, or the traceback.
    """
    try:
        return section()
    # The other sections are worth as much.
    except Exception as error:
        text = traceback.format_exc()
        print(text, file=sys.stderr)
        return {'error': f'{type(error).__name__}: {error}', 'traceback': text.splitlines()}


def describe_machine() -> dict[str, Any]:
    """
    Describe this machine.

    :return: what JSON can hold.
    """
    return {
        'platform': platform.platform(), 'machine': platform.machine(),
        'python': platform.python_version(),
        'device_files': [str(path) for pattern in DEVICES for path in Path('/').glob(pattern)],
        'has_gpu': has_gpu(), 'driver': caught(_driver), 'torch': caught(_torch),
        'tensorrt': tensorrt_version(), 'packages': {name: _version(name) for name in PACKAGES},
        'commands': {name: _output(command) for name, command in COMMANDS.items()},
        'files': {name: _text(Path(name)) for name in FILES if Path(name).is_file()}}


def _driver() -> dict[str, Any]:
    device = cuda_device()
    free, total = device.memory()
    return {'name': device.name, 'compute_capability': device.compute_capability,
            'cuda_of_driver': device.driver_version, 'free_mb': free >> 20,
            'total_mb': total >> 20}


def _torch() -> dict[str, Any]:
    import torch
    return {'version': torch.__version__, 'built_for_cuda': torch.version.cuda,
            'is_available': torch.cuda.is_available(),
            'cudnn': torch.backends.cudnn.version() if torch.cuda.is_available() else None}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _output(command: list[str]) -> str:
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_SEC, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f'{type(error).__name__}: {error}'
    return (ended.stdout + ended.stderr).strip()


def _text(path: Path) -> str:
    return path.read_text(encoding='utf-8', errors='replace').strip('\0\n ')
