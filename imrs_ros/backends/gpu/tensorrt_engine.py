# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A running TensorRT plan.

Relies on, of TensorRT 11 as torch-tensorrt's own runtime uses it
(``dynamo/runtime/_TRTEngine.py``): ``Runtime.deserialize_cuda_engine``,
``IExecutionContext.set_input_shape``, ``set_tensor_address`` and ``execute_async_v3``. Not yet run
on a GPU.

Layout legend: N clips, K classes.
"""

from imrs_ros.backends.gpu.clip_batch import ClipBatch, MAX_CLIPS
from imrs_ros.backends.gpu.runner import GpuRunner
from imrs_ros.model_card import ModelCard
import tensorrt
import torch
from torch import Tensor

DTYPES = {tensorrt.DataType.FLOAT: torch.float32, tensorrt.DataType.HALF: torch.float16}


class TensorRtEngine:
    """A plan with its execution context, its buffers, and a CUDA stream."""

    def __init__(self, card: ModelCard, plan: bytes, device: torch.device) -> None:
        """
        Load a plan.

        :param card: the model it was compiled from.
        :param plan: from ``build_plan``, on a machine like this one.
        :param device: the GPU.
        :raises RuntimeError: when TensorRT refuses it, or it has other inputs or outputs.
        """
        # TensorRT does not keep its logger alive.
        self._logger = tensorrt.Logger(tensorrt.Logger.WARNING)
        self._runtime = tensorrt.Runtime(self._logger)
        self._engine = self._runtime.deserialize_cuda_engine(plan)
        if self._engine is None:
            raise RuntimeError('expected a plan that this TensorRT can load, got another')
        self._context = self._engine.create_execution_context()
        self._input, self._output = self._names()
        types = {name: DTYPES[self._engine.get_tensor_dtype(name)]
                 for name in (self._input, self._output)}
        self._batch = ClipBatch(card.spec, device, types[self._input])
        self._logits = torch.zeros(
            (MAX_CLIPS, len(card.labels)), dtype=types[self._output], device=device)
        for name, buffer in ((self._input, self._batch.pixels(MAX_CLIPS)),
                             (self._output, self._logits)):
            self._context.set_tensor_address(name, buffer.data_ptr())
        self._stream = torch.cuda.Stream(device)
        self.infer = GpuRunner(self._batch, self._execute, self._stream).infer

    def _names(self) -> tuple[str, str]:
        """Return the names of the input and the output."""
        names = [self._engine.get_tensor_name(i) for i in range(self._engine.num_io_tensors)]
        inputs = [name for name in names if self._engine.get_tensor_mode(name)
                  == tensorrt.TensorIOMode.INPUT]
        outputs = [name for name in names if name not in inputs]
        if len(inputs) != 1 or len(outputs) != 1:
            raise RuntimeError(
                f'expected a plan with one input and one output, got {inputs} and {outputs}')
        return inputs[0], outputs[0]

    def _execute(self, size: int) -> Tensor:
        pixels = self._batch.pixels(size)
        if not (self._context.set_input_shape(self._input, tuple(pixels.shape))
                and self._context.execute_async_v3(self._stream.cuda_stream)):
            raise RuntimeError(f'TensorRT failed to score {size} clips; its log says why')
        return self._logits[:size]

    def close(self) -> None:
        """Free the GPU's memory."""
        del self.infer, self._context, self._engine, self._runtime, self._batch, self._logits
        torch.cuda.empty_cache()
