# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Rings in the memory of the GPU, by the CUDA driver itself: no PyTorch.

Relies on ``cuMemcpyDtoDAsync`` and ``cuMemsetD8Async`` beside what ``cuda_driver`` relies on. Not
yet run on a GPU.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Sequence
from contextlib import suppress
from ctypes import byref, c_void_p
from typing import Any
import weakref

from imrs_ros.backends.frame_reuse.storage import Array
from imrs_ros.backends.gpu.cuda_driver import CudaBuffer, CudaDevice, CudaError, UINT64
from imrs_ros.backends.gpu.cuda_stream import CudaStream
import numpy as np
from numpy.typing import NDArray

MAX_UPLOADED = 64
"""Frames in one copy to the GPU; more go in several."""
PIXELS, FEATURES = np.dtype(np.uint8), np.dtype(np.float32)


class CudaMemory:
    """An allocation on the GPU, freed with its last array."""

    def __init__(self, device: CudaDevice, num_bytes: int, stream: c_void_p) -> None:
        """
        Allocate zeros.

        :param device: the GPU.
        :param num_bytes: how many.
        :param stream: in whose order they are set.
        :raises CudaError: when there is not enough memory.
        """
        address = UINT64()
        device.call('cuMemAlloc_v2', byref(address), num_bytes)
        self.address = int(address.value)
        self.free = weakref.finalize(self, _free, device, self.address)
        """Frees it now."""
        self.free.atexit = False
        device.call('cuMemsetD8Async', address, 0, num_bytes, stream)


def _free(device: CudaDevice, address: int) -> None:
    # After an error of the device nothing of it can be freed.
    with suppress(CudaError):
        device.use()
        device.call('cuMemFree_v2', UINT64(address))


class CudaArray:
    """A contiguous array on the GPU; slices and items of its first axis are views."""

    def __init__(
        self, memory: CudaMemory, address: int, shape: tuple[int, ...], dtype: np.dtype[Any],
    ) -> None:
        """
        Describe an array.

        :param memory: what it lies in.
        :param address: where it begins.
        :param shape: its shape.
        :param dtype: of its items.
        """
        self._memory, self.address, self.shape, self.dtype = memory, address, shape, dtype

    @property
    def nbytes(self) -> int:
        """Return its size, bytes."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        """Return the length of its first axis."""
        return self.shape[0]

    def __getitem__(self, place: int | slice) -> 'CudaArray':
        """Return a view of an item, or of consecutive ones."""
        rest = self.shape[1:]
        if isinstance(place, slice):
            first, end, _ = place.indices(len(self))
            shape = (end - first, *rest)
        else:
            first, shape = range(len(self))[place], rest
        offset = first * int(np.prod(rest)) * self.dtype.itemsize
        return CudaArray(self._memory, self.address + offset, shape, self.dtype)


class CudaStorage:
    """Memory of the GPU, in order of a stream; see ``storage.Storage``."""

    is_host = False

    def __init__(
        self, device: CudaDevice, stream: CudaStream, frame_shape: tuple[int, ...],
    ) -> None:
        """
        Allocate the buffers through which frames are uploaded.

        :param device: the GPU.
        :param stream: where all work runs.
        :param frame_shape: H, W and C.
        :raises CudaError: when there is not enough memory.
        """
        self._device, self._stream = device, stream
        self._memories: weakref.WeakSet[CudaMemory] = weakref.WeakSet()
        self._frames = CudaBuffer(device, (MAX_UPLOADED, *frame_shape), PIXELS)

    def zeros(self, shape: tuple[int, ...], *, is_pixels: bool) -> CudaArray:
        """
        Allocate.

        :param shape: of the array.
        :param is_pixels: uint8; otherwise float32.
        :return: zeros.
        :raises CudaError: when there is not enough memory.
        """
        dtype = PIXELS if is_pixels else FEATURES
        memory = CudaMemory(
            self._device, int(np.prod(shape)) * dtype.itemsize, self._stream.handle)
        self._memories.add(memory)
        return CudaArray(memory, memory.address, shape, dtype)

    def upload(self, frames: Sequence[NDArray[np.uint8]], slots: Sequence[Array]) -> None:
        """
        Copy frames to the GPU: one copy for all of them, from there to their slots.

        The work of the call before must have ended.

        :param frames: frames_HWC.
        :param slots: where each goes, with an axis of length 1 in front.
        """
        for first in range(0, len(frames), MAX_UPLOADED):
            if first:
                # The copy before still reads the buffer.
                self._stream.wait()
            some = frames[first:first + MAX_UPLOADED]
            for row_HWC, frame_HWC in zip(self._frames.array, some):
                row_HWC[...] = frame_HWC
            self._frames.upload(len(some), self._stream.handle)
            for place, slot in enumerate(slots[first:first + MAX_UPLOADED]):
                self._copy(self._frames.address + place * slot.nbytes, slot)

    def copy(self, sources: Sequence[Array], targets: Sequence[Array]) -> None:
        """
        Copy arrays.

        :param sources: what to copy.
        :param targets: where each goes.
        """
        for source, target in zip(sources, targets, strict=True):
            if source.nbytes != target.nbytes:
                raise ValueError(f'expected arrays of one size, got {source.shape} for '
                                 f'{target.shape}')
            self._copy(source.address, target)

    def _copy(self, address: int, target: CudaArray) -> None:
        self._device.call('cuMemcpyDtoDAsync_v2', UINT64(target.address), UINT64(address),
                          target.nbytes, self._stream.handle)

    def download(self, values: Array) -> NDArray[np.float32]:
        """
        Return an array on the host, when the work before has ended.

        :param values: float32.
        :return: a copy.
        """
        host = np.empty(values.shape, FEATURES)
        self._device.call('cuMemcpyDtoHAsync_v2', host.ctypes.data_as(c_void_p),
                          UINT64(values.address), values.nbytes, self._stream.handle)
        self._stream.wait()
        return host

    def close(self) -> None:
        """Free all of it; no array must be used again."""
        for memory in list(self._memories):
            memory.free()
        self._frames.close()
