# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The network run by PyTorch on an NVIDIA GPU: half precision, channels last, CUDA graphs.

Relies on ``torch.cuda.graph`` and ``torch.cuda.CUDAGraph`` (PyTorch, CUDA semantics, "CUDA
Graphs": warm up on a side stream, capture, replay over the same addresses). Has run on an H200
(docs/gpu.md), but for taking over the streams of closed engines.

Layout legend: N clips, K classes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
import gc
from typing import TypeVar

from imrs_ros.backends.base import BackendDescription
from imrs_ros.backends.frame_reuse.device import Device
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.frame_reuse.optional_reuse import OptionalReuse
from imrs_ros.backends.gpu.engine_check import check_engine, first_accepted
from imrs_ros.backends.gpu.half_precision import network_in, to_channels_last
from imrs_ros.backends.gpu.precisions import precisions_of
from imrs_ros.backends.gpu.runner import ClipBatch, GpuRunner
from imrs_ros.backends.gpu.torch_parts import TorchParts, TorchStorage
from imrs_ros.backends.onnx.layout import BATCH_SIZES, ITEM_SIZES, MAX_CLIPS, padded_size
from imrs_ros.backends.reference import Reference
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.networks import ClipNetwork
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor

NUM_WARM_UPS = 3
"""Runs before a capture: libraries allocate and choose their kernels in the first ones."""
_idle_streams: defaultdict[torch.device, list[torch.cuda.Stream]] = defaultdict(list)
"""
Streams of closed engines, for the next ones.

PyTorch keeps a workspace of cuBLAS for each stream as long as the process lives.
"""
Result = TypeVar('Result')


def require_cuda() -> torch.device:
    """
    Return the GPU that PyTorch uses.

    :return: its device.
    :raises RuntimeError: when PyTorch was built without CUDA, or sees no GPU.
    """
    if not torch.cuda.is_available():
        raise RuntimeError(
            f'expected a GPU that PyTorch can use, got none: torch {torch.__version__} is built '
            f'for CUDA {torch.version.cuda}; install a build for the driver of this machine')
    return torch.device('cuda', torch.cuda.current_device())


@contextmanager
def arithmetic(precision: str) -> Iterator[None]:
    """
    Let PyTorch choose its kernels for a precision, and tune convolutions; then as before.

    What is captured meanwhile keeps its kernels.

    :param precision: one of ``PRECISIONS``; ``float32`` must be float32: it is what remains where
        the others are refused.
    """
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32
    cudnn.benchmark = True
    cudnn.allow_tf32 = matmul.allow_tf32 = precision != 'float32'
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32 = before


class CudaGraphs:
    """A stream with its graphs, which share memory, as one runs at a time."""

    def __init__(self, device: torch.device) -> None:
        """
        Take a stream that nobody uses, or create one.

        :param device: the GPU.
        """
        self._device, idle = device, _idle_streams[device]
        self._stream = idle.pop() if idle else torch.cuda.Stream(device)
        # Weights and buffers are still being written, in the default stream.
        self._stream.wait_stream(torch.cuda.current_stream(device))
        self._pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def current(self) -> Iterator[None]:
        """Let PyTorch put all work into the stream, and keep no gradients."""
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            yield

    def capture(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """
        Capture work, where the stream is current.

        :param work: reads and writes the same memory each time.
        :return: replays it, and returns what it returned: the same memory each time.
        """
        for _ in range(NUM_WARM_UPS):
            work()
        self._stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        # The threads of ROS go on meanwhile: what they do must not spoil the capture.
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream,
                              capture_error_mode='thread_local'):
            result = work()

        def replay() -> Result:
            graph.replay()
            return result
        return replay

    def close(self) -> None:
        """Leave the stream to others; its graphs must not be replayed any more."""
        self._stream.synchronize()
        _idle_streams[self._device].append(self._stream)


class CudaGraphEngine:
    """The network and its parts, captured once for every batch size, and replayed."""

    def __init__(self, card: ModelCard, device: torch.device, precision: str) -> None:
        """
        Load and capture the network.

        :param card: the model.
        :param device: the GPU.
        :param precision: one of ``PRECISIONS``.
        """
        network, dtype = network_in(card, precision, is_cut=True)
        self._network = to_channels_last(network.to(device))
        self._batch = ClipBatch(card.spec, device, dtype)
        self._whole = GpuRunner(self._batch, lambda size: self._replays[size]())
        self._graphs, self._replays = CudaGraphs(device), dict[int, Callable[[], Tensor]]()
        self.sharing = OptionalReuse(self._whole.infer)
        """Scores windows that share frames."""
        with arithmetic(precision), self._graphs.current():
            for size in reversed(BATCH_SIZES):
                self._replays[size] = self._graphs.capture(
                    partial(self._network, self._batch.pixels(size)))
            self.sharing.start(partial(self._share_frames, card.spec, network, device, dtype))

    def _share_frames(
        self, spec: InputSpec, network: ClipNetwork, device: torch.device, dtype: torch.dtype,
    ) -> FrameReuse:
        frame_shape = (spec.size_px, spec.size_px, len(spec.mean))
        parts = TorchParts(network, spec.num_frames, frame_shape, device)
        reuse = FrameReuse(
            parts.plan, parts, frame_shape, parts.item_shapes, device=Device(
                TorchStorage(device, dtype, frame_shape), self._whole.infer, ITEM_SIZES,
                BATCH_SIZES))
        parts.capture = self._graphs.capture
        reuse.warm_up()
        parts.capture = None
        reuse.measure()
        return reuse

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras; those that share frames with the last ones, in parts.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        with self._graphs.current():
            return self.sharing.infer(clips)

    def infer_whole(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score whole clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        with self._graphs.current():
            return self._whole.infer(clips)

    def gpu_ms(self, num_clips: int) -> float:
        """
        Measure the network alone by the GPU's own clock, copies aside.

        :param num_clips: 1 to ``MAX_CLIPS``.
        :return: the time of one call, ms.
        """
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        with self._graphs.current():
            begin.record()
            self._replays[padded_size(num_clips)]()
            end.record()
        end.synchronize()
        return float(begin.elapsed_time(end))

    def close(self) -> None:
        """Free the GPU's memory."""
        self._replays.clear()
        del self.sharing, self._whole, self._network, self._batch
        # The parts of a network refer to each other in circles.
        gc.collect()
        self._graphs.close()
        torch.cuda.empty_cache()


class TorchCudaBackend:
    """PyTorch on a GPU, in the fastest precision whose scores are right; windows share frames."""

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Load the network and check its scores.

        :param card: the model.
        :param settings: none of them matters: those beside ``backend`` are for CPUs.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when there is no GPU, or no precision passes, with the reasons.
        """
        device = require_cuda()
        reference = Reference.complete(card)

        def attempts() -> Iterator[tuple[str, Callable[[], CudaGraphEngine]]]:
            for name in precisions_of(card):
                yield name, partial(CudaGraphEngine, card, device, name)

        precision, self._engine, notices = first_accepted(
            attempts(), partial(check_engine, reference))
        self.description = BackendDescription(
            'torch_cuda', torch.__version__, torch.cuda.get_device_name(device), precision,
            batch_size=MAX_CLIPS, notes=self._engine.sharing.notes,
            warnings=tuple(f'torch_cuda: {notice}' for notice in notices))

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._engine.infer(clips)

    def gpu_ms(self, num_clips: int) -> float:
        """
        Measure the network alone by the GPU's own clock, copies aside.

        :param num_clips: 1 to ``MAX_CLIPS``.
        :return: the time of one call, ms.
        """
        return self._engine.gpu_ms(num_clips)

    def close(self) -> None:
        """Free the network."""
        self._engine.close()
