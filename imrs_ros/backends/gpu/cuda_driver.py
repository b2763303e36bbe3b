# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The few functions of the CUDA driver that running an engine takes, without PyTorch.

By ctypes from ``libcuda``, which comes with the driver: CUDA Driver API, "Memory Management",
"Stream Management", "Event Management" and "Graph Management"; all are there from CUDA 11.4 on,
under the same names. TensorRT uses the primary context of the device, and so does this. Not yet
run on a GPU.
"""

from collections.abc import Callable
import ctypes
from ctypes import byref, c_float, c_int, c_size_t, c_void_p
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

LIBRARIES = ('libcuda.so.1', '/usr/lib/wsl/lib/libcuda.so.1')
NON_BLOCKING = 1
"""Of a stream: it does not wait for the default stream, nor that one for it."""
CAPTURE_THREAD_LOCAL = 1
"""What other threads do meanwhile does not spoil a capture."""
COMPUTE_MAJOR, COMPUTE_MINOR = 75, 76
"""Attributes of a device."""
NAME_LENGTH = 256
UINT64 = ctypes.c_uint64
"""A device pointer: an address on the device, which no host may follow."""
POINTER = ctypes.POINTER(c_void_p)
SIGNATURES: dict[str, tuple[Any, ...]] = {
    'cuInit': (ctypes.c_uint,), 'cuDriverGetVersion': (ctypes.POINTER(c_int),),
    'cuDeviceGet': (ctypes.POINTER(c_int), c_int),
    'cuDeviceGetName': (ctypes.c_char_p, c_int, c_int),
    'cuDeviceGetAttribute': (ctypes.POINTER(c_int), c_int, c_int),
    'cuDevicePrimaryCtxRetain': (POINTER, c_int), 'cuCtxSetCurrent': (c_void_p,),
    'cuMemGetInfo_v2': (ctypes.POINTER(c_size_t), ctypes.POINTER(c_size_t)),
    'cuMemAlloc_v2': (ctypes.POINTER(UINT64), c_size_t), 'cuMemFree_v2': (UINT64,),
    'cuMemHostAlloc': (POINTER, c_size_t, ctypes.c_uint), 'cuMemFreeHost': (c_void_p,),
    'cuMemcpyHtoDAsync_v2': (UINT64, c_void_p, c_size_t, c_void_p),
    'cuMemcpyDtoHAsync_v2': (c_void_p, UINT64, c_size_t, c_void_p),
    'cuMemcpyDtoDAsync_v2': (UINT64, UINT64, c_size_t, c_void_p),
    'cuMemsetD8Async': (UINT64, ctypes.c_ubyte, c_size_t, c_void_p),
    'cuStreamCreate': (POINTER, ctypes.c_uint), 'cuStreamDestroy_v2': (c_void_p,),
    'cuStreamSynchronize': (c_void_p,), 'cuStreamBeginCapture_v2': (c_void_p, c_int),
    'cuStreamEndCapture': (c_void_p, POINTER),
    'cuGraphInstantiateWithFlags': (POINTER, c_void_p, ctypes.c_ulonglong),
    'cuGraphLaunch': (c_void_p, c_void_p), 'cuGraphExecDestroy': (c_void_p,),
    'cuGraphDestroy': (c_void_p,), 'cuEventCreate': (POINTER, ctypes.c_uint),
    'cuEventRecord': (c_void_p, c_void_p), 'cuEventSynchronize': (c_void_p,),
    'cuEventElapsedTime': (ctypes.POINTER(c_float), c_void_p, c_void_p),
    'cuEventDestroy_v2': (c_void_p,), 'cuGetErrorName': (c_int, ctypes.POINTER(ctypes.c_char_p)),
    'cuGetErrorString': (c_int, ctypes.POINTER(ctypes.c_char_p))}


class CudaError(RuntimeError):
    """What a function of the driver failed with."""


class Library(Protocol):
    """``libcuda``, or a stand-in for it: its functions as attributes."""

    def __getattr__(self, name: str) -> Callable[..., int]:
        """Return a function, which returns 0 or the number of an error."""


def _open_library() -> Library:
    reasons = []
    for name in LIBRARIES:
        try:
            library: Library = ctypes.CDLL(name)
        except OSError as error:
            reasons.append(str(error))
        else:
            return library
    raise CudaError(
        'expected the NVIDIA driver, got no libcuda that can be loaded: ' + '; '.join(reasons))


open_library: Callable[[], Library] = _open_library
"""How the library is opened; tests put a stand-in here."""


class CudaDevice:
    """
    The first GPU that this process sees, its primary context current on the calling thread.

    Choose another by ``CUDA_VISIBLE_DEVICES``.
    """

    def __init__(self) -> None:
        """
        Open the device.

        :raises CudaError: when there is no driver or no device that it can use.
        """
        library = open_library()
        self._functions: dict[str, Callable[..., int]] = {}
        for name, types in SIGNATURES.items():
            try:
                function = getattr(library, name)
            except AttributeError as error:
                raise CudaError(f'expected a driver of CUDA 11.4 or later, got one without {name}'
                                ) from error
            function.argtypes, function.restype = types, c_int
            self._functions[name] = function
        self.call('cuInit', 0)
        device, context = c_int(), c_void_p()
        self.call('cuDeviceGet', byref(device), 0)
        self.call('cuDevicePrimaryCtxRetain', byref(context), device)
        self._device, self._context = device, context
        self.use()

    def use(self) -> None:
        """Make the device current on the calling thread."""
        self.call('cuCtxSetCurrent', self._context)

    def call(self, name: str, *arguments: Any) -> None:
        """
        Call a function of the driver.

        :param name: one of ``SIGNATURES``.
        :param arguments: of that function.
        :raises CudaError: when it fails, with the driver's words.
        """
        status = self._functions[name](*arguments)
        if status:
            raise CudaError(f'{name} failed: {self._describe(status)}')

    def _describe(self, status: int) -> str:
        words = []
        for name in ('cuGetErrorName', 'cuGetErrorString'):
            text = ctypes.c_char_p()
            self._functions[name](status, byref(text))
            words.append((text.value or b'').decode('utf-8', 'replace'))
        return f'{words[0]} ({status}): {words[1]}'

    @property
    def name(self) -> str:
        """Return the name of the GPU."""
        text = ctypes.create_string_buffer(NAME_LENGTH)
        self.call('cuDeviceGetName', text, NAME_LENGTH, self._device)
        return text.value.decode('utf-8', 'replace')

    @property
    def compute_capability(self) -> str:
        """Return the compute capability, as ``8.7``."""
        parts = []
        for attribute in (COMPUTE_MAJOR, COMPUTE_MINOR):
            value = c_int()
            self.call('cuDeviceGetAttribute', byref(value), attribute, self._device)
            parts.append(str(value.value))
        return '.'.join(parts)

    @property
    def driver_version(self) -> str:
        """Return the version of CUDA that the driver supports, as ``12.6``."""
        value = c_int()
        self.call('cuDriverGetVersion', byref(value))
        return f'{value.value // 1000}.{value.value % 1000 // 10}'

    def memory(self) -> tuple[int, int]:
        """
        Return the memory of the device.

        :return: free and total, bytes.
        """
        free, total = c_size_t(), c_size_t()
        self.call('cuMemGetInfo_v2', byref(free), byref(total))
        return free.value, total.value


class CudaBuffer:
    """Memory on the device with its twin in pinned memory of the host."""

    def __init__(self, device: CudaDevice, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """
        Allocate both.

        :param device: the GPU.
        :param shape: of the array.
        :param dtype: of its items.
        :raises CudaError: when there is not enough memory.
        """
        self._device = device
        num_bytes = int(np.prod(shape)) * dtype.itemsize
        self._host, self._address = c_void_p(), UINT64()
        device.call('cuMemHostAlloc', byref(self._host), num_bytes, 0)
        device.call('cuMemAlloc_v2', byref(self._address), num_bytes)
        memory = (ctypes.c_uint8 * num_bytes).from_address(self._host.value or 0)
        self.array: NDArray[Any] = np.frombuffer(
            memoryview(memory).cast('B'), dtype).reshape(shape)
        """The host's side."""
        self.array[...] = 0
        self._num_bytes_each = num_bytes // shape[0]

    @property
    def address(self) -> int:
        """Return the address on the device."""
        return int(self._address.value)

    def upload(self, num_items: int, stream: c_void_p) -> None:
        """
        Copy items to the device, in order of the stream.

        :param num_items: on the first axis.
        :param stream: a stream.
        """
        self._device.call('cuMemcpyHtoDAsync_v2', self._address, self._host,
                          num_items * self._num_bytes_each, stream)

    def download(self, num_items: int, stream: c_void_p) -> None:
        """
        Copy items to the host, in order of the stream.

        :param num_items: on the first axis.
        :param stream: a stream.
        """
        self._device.call('cuMemcpyDtoHAsync_v2', self._host, self._address,
                          num_items * self._num_bytes_each, stream)

    def close(self) -> None:
        """Free both; the array must not be used again."""
        self.array = np.zeros(0, self.array.dtype)
        self._device.call('cuMemFreeHost', self._host)
        self._device.call('cuMemFree_v2', self._address)


@cache
def _device() -> CudaDevice:
    return CudaDevice()


def cuda_device() -> CudaDevice:
    """
    Return the GPU, current on the calling thread.

    :return: the device; one for the process.
    :raises CudaError: when there is none.
    """
    device = _device()
    device.use()
    return device
