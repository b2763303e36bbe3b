# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A machine with a GPU that is none: the driver and TensorRT by their stand-ins."""

from contextlib import contextmanager
import sys

from cuda_stand_in import StandInCuda
from imrs_ros.backends import gpu, load
from imrs_ros.backends.gpu import cuda_driver
from tensorrt_stand_in import stand_in

DEPENDENTS = [f'imrs_ros.backends.gpu.{name}' for name in (
    'tensorrt_api', 'onnx_build', 'tensorrt_parts', 'tensorrt_engine', 'tensorrt_backend')]
"""Modules that hold on to the ``tensorrt`` they were imported with."""


def _forget():
    """Forget all modules that hold on to a ``tensorrt``; returns them by name."""
    for name in DEPENDENTS:
        # ``from package import module`` would find it there.
        vars(gpu).pop(name.rpartition('.')[2], None)
    names = [name for name in (*DEPENDENTS, 'tensorrt') if name in sys.modules]
    return {name: sys.modules.pop(name) for name in names}


@contextmanager
def stand_in_gpu(version='10.3.0', is_found=False):
    """
    Put the stand-ins in place; only what is imported from now on sees them.

    :param version: of TensorRT.
    :param is_found: whether ``auto`` finds the GPU, too.
    :return: the stand-ins for the driver and for ``tensorrt``.
    """
    cuda = StandInCuda()
    module = stand_in(version, cuda)
    kept = _forget()
    opener, has_gpu = cuda_driver.open_library, load.has_gpu
    if is_found:
        load.has_gpu = lambda: True
    sys.modules['tensorrt'] = module
    cuda_driver.open_library = lambda: cuda
    cuda_driver._device.cache_clear()
    try:
        yield cuda, module
    finally:
        cuda_driver.open_library, load.has_gpu = opener, has_gpu
        cuda_driver._device.cache_clear()
        _forget()
        sys.modules.update(kept)
