# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A running TensorRT plan, whoever built it: no PyTorch, one CUDA graph for each batch size.

Relies on ``Runtime.deserialize_cuda_engine``, ``IExecutionContext.set_input_shape``,
``set_tensor_address`` and ``execute_async_v3`` (TensorRT Python API, 8.5 to 11). A graph holds the
state of its execution context, so that each has one of its own (TensorRT, "CUDA graphs"). Not yet
run on a GPU.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from imrs_ros.backends.frame_reuse.device import Device
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.frame_reuse.optional_reuse import OptionalReuse
from imrs_ros.backends.gpu.cuda_driver import CudaBuffer, CudaDevice, CudaError
from imrs_ros.backends.gpu.cuda_storage import CudaStorage
from imrs_ros.backends.gpu.cuda_stream import CudaStream
from imrs_ros.backends.gpu.tensorrt_api import logger
from imrs_ros.backends.gpu.tensorrt_parts import TensorRtParts
from imrs_ros.backends.onnx.layout import BATCH_SIZES, ITEM_SIZES, MAX_CLIPS, padded_size
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.part_plan import PartPlan
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray
import tensorrt

DTYPES: dict[Any, np.dtype[Any]] = {
    tensorrt.DataType.UINT8: np.dtype(np.uint8), tensorrt.DataType.HALF: np.dtype('f2'),
    tensorrt.DataType.FLOAT: np.dtype('f4')}
"""Types of pixels, in [0, 255], and of logits that a plan may have."""


class TensorRtEngine:
    """A plan with its execution contexts, buffers and graphs; of the thread that created it."""

    def __init__(self, card: ModelCard, plan: bytes, device: CudaDevice) -> None:
        """
        Load a plan, and capture a graph for every batch size.

        :param card: the model it was compiled from.
        :param plan: for 1 to ``MAX_CLIPS`` clips, from a machine like this one.
        :param device: the GPU.
        :raises RuntimeError: when TensorRT refuses it, or it has other inputs or outputs.
        """
        self._device = device
        self._parts: list[CudaStream | CudaBuffer | CudaStorage] = []
        self.notes = ''
        """What a reader of the log should know."""
        self.sharing = OptionalReuse(self.infer_whole)
        """Scores windows that share frames."""
        self._runtime = tensorrt.Runtime(logger())
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise RuntimeError(
                f'expected a plan that TensorRT {tensorrt.__version__} can load on this GPU, got '
                'another; its log says why')
        self._names = _input_and_output(self._engine)
        self._check_shapes(card)
        spec = card.spec
        shape = (MAX_CLIPS, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))
        types = [self._dtype(name) for name in self._names]
        self._contexts: dict[int, Any] = {}
        self._score: dict[int, Callable[[], None]] = {}
        try:
            self._parts.append(stream := CudaStream(device))
            self._parts.append(clips := CudaBuffer(device, shape, types[0]))
            self._parts.append(logits := CudaBuffer(
                device, (MAX_CLIPS, card.num_logits), types[1]))
            self.stream, self._clips, self._logits = stream, clips, logits
            self._contexts[BATCH_SIZES[0]] = self._new_context()
            self._prepare()
        except BaseException:
            with suppress(CudaError):
                self.close()
            raise

    def _dtype(self, name: str) -> np.dtype[Any]:
        found = self._engine.get_tensor_dtype(name)
        if found not in DTYPES:
            raise RuntimeError(f'expected {name} of the plan to be uint8, float16 or float32, got '
                               f'{found}')
        return DTYPES[found]

    def _check_shapes(self, card: ModelCard) -> None:
        spec, (clips, logits) = card.spec, self._names
        item = (spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))
        found = (tuple(self._engine.get_tensor_shape(clips))[1:],
                 tuple(self._engine.get_tensor_shape(logits))[1:])
        if found != (item, (card.num_logits,)):
            raise RuntimeError(
                f'expected a plan from clips of {item} to {card.num_logits} logits, got one from '
                f'{found[0]} to {found[1]}: build it from the ONNX file of this model')
        low, _, high = (tuple(shape)[0] for shape in self._engine.get_tensor_profile_shape(
            clips, 0))
        if low > 1 or high < MAX_CLIPS:
            raise RuntimeError(f'expected a plan for batches of 1 to {MAX_CLIPS}, got one for '
                               f'{low} to {high}: use the shapes that onnx_export prints')

    def _new_context(self) -> Any:
        context = self._engine.create_execution_context()
        if context is None:
            raise RuntimeError('TensorRT cannot create an execution context, mostly for want of '
                               'memory on the GPU; its log says why')
        for name, buffer in zip(self._names, (self._clips, self._logits)):
            if not context.set_tensor_address(name, buffer.address):
                raise RuntimeError(f'TensorRT refuses the memory for {name} of the plan; its log '
                                   'says why')
        return context

    def _prepare(self) -> None:
        """Capture a graph for every size; where that fails, enqueue kernel by kernel."""
        try:
            for size in BATCH_SIZES:
                if size not in self._contexts:
                    self._contexts[size] = self._new_context()
                self._set_size(self._contexts[size], size)
                # The first run of a shape allocates and chooses; it must not be captured.
                self._enqueue(self._contexts[size], size)
                self.stream.wait()
                self._score[size] = self.stream.capture(
                    partial(self._enqueue, self._contexts[size], size))
        except RuntimeError as error:
            self.notes = f'without CUDA graphs: {error}'
            only = self._contexts[BATCH_SIZES[0]]
            self._contexts = {BATCH_SIZES[0]: only}

            def score(size: int) -> None:
                self._set_size(only, size)
                self._enqueue(only, size)
            self._score = {size: partial(score, size) for size in BATCH_SIZES}

    def _set_size(self, context: Any, size: int) -> None:
        shape = (size, *self._clips.array.shape[1:])
        if not context.set_input_shape(self._names[0], shape):
            raise RuntimeError(f'TensorRT refuses a batch of {size} clips; its log says why')

    def _enqueue(self, context: Any, size: int) -> None:
        if not context.execute_async_v3(self.stream.handle.value or 0):
            raise RuntimeError(f'TensorRT failed to score {size} clips; its log says why')

    def share_frames(
        self, spec: InputSpec, load: Callable[[], tuple[PartPlan, Mapping[str, bytes]]],
    ) -> None:
        """
        Let windows share frames, unless that fails.

        :param spec: the model's input.
        :param load: returns how the network is cut, and TensorRT's plan of each part and of the
            body, by name.
        """
        def prepare() -> FrameReuse:
            frame_shape = (spec.size_px, spec.size_px, len(spec.mean))
            plan, plans = load()
            self._parts.append(storage := CudaStorage(self._device, self.stream, frame_shape))
            parts = TensorRtParts(plan, plans, self.stream, storage)
            reuse = FrameReuse(plan, parts, frame_shape, parts.item_shapes, device=Device(
                storage, self.infer_whole, ITEM_SIZES, tuple(range(1, MAX_CLIPS + 1))))
            reuse.warm_up()
            reuse.measure()
            return reuse
        self._device.use()
        self.sharing.start(prepare)

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras; those that share frames with the last ones, in parts.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        self._device.use()
        return self.sharing.infer(clips)

    def infer_whole(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score whole clips of any cameras.

        :param clips: at least one; more than ``MAX_CLIPS`` go in several batches.
        :return: logits_NK, float32.
        """
        self._device.use()
        return np.concatenate([self._infer_batch(clips[i:i + MAX_CLIPS])
                               for i in range(0, len(clips), MAX_CLIPS)])

    def _infer_batch(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        for row, clip in zip(self._clips.array, clips):
            row[...] = clip.frames_THWC
        self._clips.upload(len(clips), self.stream.handle)
        self._score[padded_size(len(clips))]()
        self._logits.download(len(clips), self.stream.handle)
        self.stream.wait()
        return self._logits.array[:len(clips)].astype(np.float32)

    def gpu_ms(self, num_clips: int) -> float:
        """
        Measure the network alone by the GPU's own clock, copies aside.

        :param num_clips: 1 to ``MAX_CLIPS``.
        :return: the time of one call, ms.
        """
        self._device.use()
        return self.stream.timed_ms(self._score[padded_size(num_clips)])

    def close(self) -> None:
        """Free the GPU's memory."""
        self._device.use()
        self.sharing.stop('closed')
        del self._score, self._contexts, self._engine, self._runtime
        errors = []
        # After an error of the device each of them may fail, and the others must be tried.
        for part in reversed(self._parts):
            try:
                part.close()
            except CudaError as error:
                errors.append(str(error))
        if errors:
            raise CudaError('; '.join(errors))


def _input_and_output(engine: Any) -> tuple[str, str]:
    """Return the names of the input and the output."""
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    inputs = [name for name in names
              if engine.get_tensor_mode(name) == tensorrt.TensorIOMode.INPUT]
    outputs = [name for name in names if name not in inputs]
    if len(inputs) != 1 or len(outputs) != 1:
        raise RuntimeError(
            f'expected a plan with one input and one output, got {inputs} and {outputs}')
    return inputs[0], outputs[0]
