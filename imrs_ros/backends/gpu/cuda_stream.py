# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A CUDA stream of its own, with graphs captured in it and times measured in it.

A graph launches all kernels of a network by one call. Not yet run on a GPU.
"""

from collections.abc import Callable
from contextlib import suppress
from ctypes import byref, c_float, c_void_p

from imrs_ros.backends.gpu.cuda_driver import (
    CAPTURE_THREAD_LOCAL, CudaDevice, CudaError, NON_BLOCKING)


class CudaStream:
    """A stream that neither waits for the default stream nor is waited for."""

    def __init__(self, device: CudaDevice) -> None:
        """
        Create the stream.

        :param device: the GPU.
        """
        self._device = device
        self.handle = c_void_p()
        """Of the driver, and of the runtime library."""
        device.call('cuStreamCreate', byref(self.handle), NON_BLOCKING)
        self._events = (c_void_p(), c_void_p())
        for event in self._events:
            device.call('cuEventCreate', byref(event), 0)
        self._graphs: list[tuple[c_void_p, c_void_p]] = []

    def wait(self) -> None:
        """Wait until all work of the stream has ended."""
        self._device.call('cuStreamSynchronize', self.handle)

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """
        Capture work as a graph.

        :param work: puts work into this stream; has run once before.
        :return: launches the graph.
        :raises CudaError: when the work cannot be captured.
        """
        graph, executable = c_void_p(), c_void_p()
        self._device.call('cuStreamBeginCapture_v2', self.handle, CAPTURE_THREAD_LOCAL)
        try:
            work()
        except BaseException:
            # The stream must not stay in the state of a capture.
            with suppress(CudaError):
                self._device.call('cuStreamEndCapture', self.handle, byref(graph))
            raise
        self._device.call('cuStreamEndCapture', self.handle, byref(graph))
        self._device.call('cuGraphInstantiateWithFlags', byref(executable), graph, 0)
        self._graphs.append((graph, executable))
        return lambda: self._device.call('cuGraphLaunch', executable, self.handle)

    def timed_ms(self, work: Callable[[], None]) -> float:
        """
        Measure by the GPU's own clock how long work takes.

        :param work: puts work into this stream.
        :return: its time, ms.
        """
        begin, end = self._events
        self._device.call('cuEventRecord', begin, self.handle)
        work()
        self._device.call('cuEventRecord', end, self.handle)
        self._device.call('cuEventSynchronize', end)
        elapsed_ms = c_float()
        self._device.call('cuEventElapsedTime', byref(elapsed_ms), begin, end)
        return elapsed_ms.value

    def close(self) -> None:
        """Free the stream and its graphs."""
        for graph, executable in self._graphs:
            self._device.call('cuGraphExecDestroy', executable)
            self._device.call('cuGraphDestroy', graph)
        self._graphs.clear()
        for event in self._events:
            self._device.call('cuEventDestroy_v2', event)
        self._device.call('cuStreamDestroy_v2', self.handle)
