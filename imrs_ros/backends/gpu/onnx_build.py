# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A TensorRT plan built from an ONNX file by TensorRT's own parser: no PyTorch, no torch-tensorrt.

Relies on ``Builder``, ``OnnxParser.parse``, ``IOptimizationProfile.set_shape`` and
``Builder.build_serialized_network`` (TensorRT Python API, 8.6 to 11). Not yet run on a GPU.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imrs_ros.backends.gpu.tensorrt_api import create_network, logger, set_precision
from imrs_ros.backends.onnx.layout import MAX_CLIPS
import tensorrt


def build_from_onnx(path: Path, precision: str, max_batch: int = MAX_CLIPS) -> bytes:
    """
    Compile an ONNX file for the GPU of this machine; takes minutes.

    :param path: the first axis of its inputs is the batch, or all of their axes are fixed.
    :param precision: ``float16``, for a file in half precision; ``tf32`` or ``float32``.
    :param max_batch: the largest batch.
    :return: the plan, for 1 to ``max_batch`` clips, or items of a part.
    :raises RuntimeError: when TensorRT cannot read or compile it, with the parser's words.
    """
    builder = tensorrt.Builder(logger())
    network = create_network(builder)
    parser = tensorrt.OnnxParser(network, logger())
    if not parser.parse(path.read_bytes()):
        errors = [str(parser.get_error(i)) for i in range(parser.num_errors)]
        raise RuntimeError(f'TensorRT {tensorrt.__version__} cannot read {path.name}: '
                           f'{"; ".join(errors) or "it does not say why"}')
    config = builder.create_builder_config()
    set_precision(config, precision)
    inputs = [network.get_input(place) for place in range(network.num_inputs)]
    if any(-1 in tuple(item.shape) for item in inputs) and config.add_optimization_profile(
            _profile(builder, inputs, max_batch)) < 0:
        raise RuntimeError(f'TensorRT refuses batches of 1 to {max_batch} for {path.name}; its '
                           'log says why')
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise RuntimeError(f'TensorRT {tensorrt.__version__} cannot build {path.name}; its log '
                           'says why')
    return bytes(plan)


def _profile(builder: Any, inputs: Sequence[Any], max_batch: int) -> Any:
    """Return the shapes to build for: tuned for one camera, correct for all batches."""
    profile = builder.create_optimization_profile()
    for value in inputs:
        item = tuple(value.shape)[1:]
        profile.set_shape(value.name, (1, *item), (1, *item), (max_batch, *item))
    return profile
