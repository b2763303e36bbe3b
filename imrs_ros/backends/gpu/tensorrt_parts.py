# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The parts of a network by TensorRT, for windows that share frames: an engine for each.

Parts are enqueued kernel by kernel, without CUDA graphs; the body, which takes one window, once
for each window. Relies on what ``tensorrt_engine`` relies on. Not yet run on a GPU.

Layout legend: N windows, K classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from imrs_ros.backends.frame_reuse.storage import Array
from imrs_ros.backends.gpu.cuda_storage import CudaStorage, FEATURES, PIXELS
from imrs_ros.backends.gpu.cuda_stream import CudaStream
from imrs_ros.backends.gpu.tensorrt_api import logger
from imrs_ros.backends.onnx.layout import ITEM_SIZES, MAX_CLIPS, PART_INPUT
from imrs_ros.part_plan import BODY, PartPlan
import tensorrt

DTYPES = {tensorrt.DataType.UINT8: PIXELS, tensorrt.DataType.FLOAT: FEATURES}


class TensorRtParts:
    """The engines of the parts of a network; see ``part_runner.Models``."""

    def __init__(
        self, plan: PartPlan, plans: Mapping[str, bytes], stream: CudaStream,
        storage: CudaStorage,
    ) -> None:
        """
        Load the engines.

        :param plan: how the network is cut.
        :param plans: TensorRT's plan of each part and of the body, by name.
        :param stream: where they run.
        :param storage: where the arrays lie that they are run on.
        :raises RuntimeError: when TensorRT refuses one, or it is for smaller batches.
        """
        self._stream = stream
        self._runtime = tensorrt.Runtime(logger())
        outputs = {part.name: part.outputs for part in plan.parts}
        self._engines = {name: _PartEngine(self._runtime, name, data, outputs.get(name))
                         for name, data in plans.items()}
        self.item_shapes: dict[str, tuple[int, ...]] = {}
        """Shape of one item of every output of the parts."""
        for part in plan.parts:
            engine = self._engines[part.name]
            engine.check_batch(ITEM_SIZES[-1])
            self.item_shapes |= {name: engine.shape(tensor)[1:]
                                 for name, tensor in zip(part.outputs, engine.outputs)}
        body = self._engines[BODY]
        self._logits = storage.zeros(
            (MAX_CLIPS, *body.shape(body.outputs[0])[1:]), is_pixels=False)

    def run(
        self, name: str, inputs: Sequence[Array], outputs: Sequence[Array] | None = None,
    ) -> Sequence[Array]:
        """
        Put a part, or the body for several windows, into the stream.

        :param name: of a part, or ``body``, whose inputs have an axis for windows in front.
        :param inputs: arrays of the GPU.
        :param outputs: arrays to write into; None for the model's own.
        :return: the outputs, of the body logits_NK; valid until it runs again.
        :raises RuntimeError: when TensorRT fails.
        """
        engine = self._engines[name]
        if outputs is not None:
            engine.enqueue(inputs, outputs, self._stream)
            return outputs
        for place in range(len(inputs[0])):
            engine.enqueue([array[place] for array in inputs],
                           [self._logits[place:place + 1]], self._stream)
        return [self._logits]

    def close(self) -> None:
        """Free the engines."""
        self._engines.clear()
        del self._runtime


class _PartEngine:
    """A plan with any number of inputs and outputs, and its execution context."""

    def __init__(
        self, runtime: Any, name: str, plan: bytes, outputs: Sequence[str] | None,
    ) -> None:
        self._name, self._engine = name, runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise RuntimeError(f'TensorRT cannot load the plan of {name}; its log says why')
        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        for tensor in names:
            if self._engine.get_tensor_dtype(tensor) not in DTYPES:
                raise RuntimeError(f'expected {tensor} of the plan of {name} to be uint8 or '
                                   f'float32, got {self._engine.get_tensor_dtype(tensor)}')
        found = [tensor for tensor in names
                 if self._engine.get_tensor_mode(tensor) == tensorrt.TensorIOMode.INPUT]
        # In which order TensorRT lists them is not said.
        self.inputs = [f'{PART_INPUT}{place}' for place in range(len(found))]
        self.outputs = list(outputs or (tensor for tensor in names if tensor not in found))
        if {*self.inputs, *self.outputs} != set(names):
            raise RuntimeError(f'expected a plan of {name} from {self.inputs} to {self.outputs}, '
                               f'got one with {names}')
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise RuntimeError(f'TensorRT cannot create an execution context of {name}, mostly '
                               'for want of memory on the GPU; its log says why')

    def shape(self, tensor: str) -> tuple[int, ...]:
        return tuple(self._engine.get_tensor_shape(tensor))

    def check_batch(self, size: int) -> None:
        low, _, high = (tuple(shape)[0] for shape in self._engine.get_tensor_profile_shape(
            self.inputs[0], 0))
        if low > 1 or high < size:
            raise RuntimeError(f'expected a plan of {self._name} for 1 to {size} items, got one '
                               f'for {low} to {high}')

    def enqueue(
        self, inputs: Sequence[Array], outputs: Sequence[Array], stream: CudaStream,
    ) -> None:
        for tensor, array in zip(self.inputs, inputs, strict=True):
            if not self._context.set_input_shape(tensor, array.shape):
                raise RuntimeError(f'TensorRT refuses {tensor} of {self._name} of shape '
                                   f'{array.shape}; its log says why')
        for tensor, array in zip((*self.inputs, *self.outputs), (*inputs, *outputs), strict=True):
            if not self._context.set_tensor_address(tensor, array.address):
                raise RuntimeError(f'TensorRT refuses the memory for {tensor} of {self._name}; '
                                   'its log says why')
        if not self._context.execute_async_v3(stream.handle.value or 0):
            raise RuntimeError(f'TensorRT failed to run {self._name}; its log says why')
