# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``libcuda`` on the CPU: the functions that ``cuda_driver`` calls, on memory of the host.

Written from the CUDA Driver API's pages, not from the code that calls it. What is put into a
stream runs at once, or when a graph of it is launched. Every function can be made to fail.
"""

import ctypes
from ctypes import (
    c_char_p, c_float, c_int, c_size_t, c_ubyte, c_uint, c_uint64, c_ulonglong, c_void_p)
import time

OUT_POINTER, OUT_INT = ctypes.POINTER(c_void_p), ctypes.POINTER(c_int)
OUT_SIZE, OUT_ADDRESS = ctypes.POINTER(c_size_t), ctypes.POINTER(c_uint64)
PROTOTYPES = {
    'cuInit': (c_uint,), 'cuDriverGetVersion': (OUT_INT,), 'cuDeviceGet': (OUT_INT, c_int),
    'cuDeviceGetName': (c_void_p, c_int, c_int), 'cuDeviceGetAttribute': (OUT_INT, c_int, c_int),
    'cuDevicePrimaryCtxRetain': (OUT_POINTER, c_int), 'cuCtxSetCurrent': (c_void_p,),
    'cuMemGetInfo_v2': (OUT_SIZE, OUT_SIZE), 'cuMemAlloc_v2': (OUT_ADDRESS, c_size_t),
    'cuMemFree_v2': (c_uint64,), 'cuMemHostAlloc': (OUT_POINTER, c_size_t, c_uint),
    'cuMemFreeHost': (c_void_p,),
    'cuMemcpyHtoDAsync_v2': (c_uint64, c_void_p, c_size_t, c_void_p),
    'cuMemcpyDtoHAsync_v2': (c_void_p, c_uint64, c_size_t, c_void_p),
    'cuMemcpyDtoDAsync_v2': (c_uint64, c_uint64, c_size_t, c_void_p),
    'cuMemsetD8Async': (c_uint64, c_ubyte, c_size_t, c_void_p),
    'cuStreamCreate': (OUT_POINTER, c_uint), 'cuStreamDestroy_v2': (c_void_p,),
    'cuStreamSynchronize': (c_void_p,), 'cuStreamBeginCapture_v2': (c_void_p, c_int),
    'cuStreamEndCapture': (c_void_p, OUT_POINTER),
    'cuGraphInstantiateWithFlags': (OUT_POINTER, c_void_p, c_ulonglong),
    'cuGraphLaunch': (c_void_p, c_void_p), 'cuGraphExecDestroy': (c_void_p,),
    'cuGraphDestroy': (c_void_p,), 'cuEventCreate': (OUT_POINTER, c_uint),
    'cuEventRecord': (c_void_p, c_void_p), 'cuEventSynchronize': (c_void_p,),
    'cuEventElapsedTime': (ctypes.POINTER(c_float), c_void_p, c_void_p),
    'cuEventDestroy_v2': (c_void_p,), 'cuGetErrorName': (c_int, ctypes.POINTER(c_char_p)),
    'cuGetErrorString': (c_int, ctypes.POINTER(c_char_p))}
LAUNCH_FAILED, CAPTURE_UNSUPPORTED, OUT_OF_MEMORY, INVALID = 719, 900, 2, 1
NAMES = {LAUNCH_FAILED: b'CUDA_ERROR_LAUNCH_FAILED', OUT_OF_MEMORY: b'CUDA_ERROR_OUT_OF_MEMORY',
         CAPTURE_UNSUPPORTED: b'CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED'}
TOTAL_BYTES = 1 << 33
NAME = b'Stand-in (no GPU)'


class StandInCuda:
    """A device of its own; its functions are attributes, as of a library of ctypes."""

    def __init__(self):
        self.memory, self.pinned, self.handles = {}, {}, {}
        self.capturing, self.launches, self.calls = {}, 0, []
        self.copied = {}
        """Bytes that each function copied."""
        self.failing = {}
        """Status that a function returns from now on, by its name."""
        self.is_lost = False
        """Whether the device has failed: then every function does, but for those of errors."""
        self._next = 0x1000
        self._kept = {name: ctypes.CFUNCTYPE(c_int, *types)(self._wrap(name))
                      for name, types in PROTOTYPES.items()}

    def __getattr__(self, name):
        try:
            return self.__dict__['_kept'][name]
        except KeyError:
            raise AttributeError(name) from None

    def _wrap(self, name):
        function = getattr(self, f'_{name}')

        def call(*arguments):
            if not name.startswith('cuGetError'):
                self.calls.append(name)
                if self.is_lost:
                    return LAUNCH_FAILED
                if name in self.failing:
                    return self.failing[name]
            return function(*arguments) or 0
        return call

    @property
    def num_open(self):
        """Number of things that were made and not freed."""
        return len(self.memory) + len(self.pinned) + len(self.handles)

    def enqueue(self, stream, work):
        """Put work into a stream; returns whether it may be."""
        if self.is_lost or stream not in self.handles:
            return False
        if stream in self.capturing:
            self.capturing[stream].append(work)
        else:
            work()
        return True

    def array(self, address, num_bytes):
        """Return memory of the device as bytes."""
        for start, buffer in self.memory.items():
            if start <= address and address + num_bytes <= start + len(buffer):
                return (ctypes.c_uint8 * num_bytes).from_address(address)
        raise MemoryError(f'no memory of the device at {address:#x}')

    def _handle(self, out, value):
        self._next += 16
        self.handles[self._next] = value
        out[0] = self._next

    def _cuInit(self, flags):
        return INVALID if flags else 0

    def _cuDriverGetVersion(self, out):
        out[0] = 12060

    def _cuDeviceGet(self, out, number):
        out[0] = number

    def _cuDeviceGetName(self, out, length, device):
        ctypes.memmove(out, NAME + b'\0', min(length, len(NAME) + 1))

    def _cuDeviceGetAttribute(self, out, attribute, device):
        out[0] = {75: 8, 76: 7}[attribute]

    def _cuDevicePrimaryCtxRetain(self, out, device):
        out[0] = 0x77

    def _cuCtxSetCurrent(self, context):
        return 0 if context == 0x77 else INVALID

    def _cuMemGetInfo_v2(self, free, total):
        free[0] = TOTAL_BYTES - sum(map(len, self.memory.values()))
        total[0] = TOTAL_BYTES

    def _cuMemAlloc_v2(self, out, num_bytes):
        buffer = ctypes.create_string_buffer(num_bytes)
        out[0] = ctypes.addressof(buffer)
        self.memory[ctypes.addressof(buffer)] = buffer

    def _cuMemFree_v2(self, address):
        return 0 if self.memory.pop(address, None) else INVALID

    def _cuMemHostAlloc(self, out, num_bytes, flags):
        buffer = ctypes.create_string_buffer(num_bytes)
        out[0] = ctypes.addressof(buffer)
        self.pinned[ctypes.addressof(buffer)] = buffer

    def _cuMemFreeHost(self, address):
        return 0 if self.pinned.pop(address, None) else INVALID

    def _copy(self, stream, to, start, num_bytes, device):
        self.array(device, num_bytes)
        self.copied[self.calls[-1]] = self.copied.get(self.calls[-1], 0) + num_bytes
        return 0 if self.enqueue(
            stream, lambda: ctypes.memmove(to, start, num_bytes)) else INVALID

    def _cuMemcpyHtoDAsync_v2(self, to, start, num_bytes, stream):
        return self._copy(stream, to, start, num_bytes, to)

    def _cuMemcpyDtoHAsync_v2(self, to, start, num_bytes, stream):
        return self._copy(stream, to, start, num_bytes, start)

    def _cuMemcpyDtoDAsync_v2(self, to, start, num_bytes, stream):
        self.array(start, num_bytes)
        return self._copy(stream, to, start, num_bytes, to)

    def _cuMemsetD8Async(self, address, value, num_bytes, stream):
        self.array(address, num_bytes)
        return 0 if self.enqueue(
            stream, lambda: ctypes.memset(address, value, num_bytes)) else INVALID

    def _cuStreamCreate(self, out, flags):
        self._handle(out, 'non-blocking' if flags == 1 else 'blocking')

    def _free(self, handle):
        return 0 if self.handles.pop(handle, None) else INVALID

    _cuStreamDestroy_v2 = _cuGraphExecDestroy = _cuGraphDestroy = _cuEventDestroy_v2 = _free

    def _cuStreamSynchronize(self, stream):
        return CAPTURE_UNSUPPORTED if stream in self.capturing else 0

    def _cuStreamBeginCapture_v2(self, stream, mode):
        if mode != 1:
            return INVALID
        self.capturing[stream] = []

    def _cuStreamEndCapture(self, stream, out):
        self._handle(out, self.capturing.pop(stream))

    def _cuGraphInstantiateWithFlags(self, out, graph, flags):
        self._handle(out, list(self.handles[graph]))

    def _cuGraphLaunch(self, graph, stream):
        self.launches += 1
        for work in self.handles[graph]:
            if not self.enqueue(stream, work):
                return INVALID

    def _cuEventCreate(self, out, flags):
        self._handle(out, [0.0])

    def _cuEventRecord(self, event, stream):
        moment = self.handles[event]
        self.enqueue(stream, lambda: moment.__setitem__(0, time.perf_counter()))

    def _cuEventSynchronize(self, event):
        return 0 if event in self.handles else INVALID

    def _cuEventElapsedTime(self, out, begin, end):
        out[0] = 1e3 * (self.handles[end][0] - self.handles[begin][0])

    def _cuGetErrorName(self, status, out):
        out[0] = NAMES.get(status, b'CUDA_ERROR_INVALID_VALUE')

    def _cuGetErrorString(self, status, out):
        out[0] = b'by the stand-in'
