# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A network in half precision, as a graph whose types say what is computed how.

TensorRT 11 takes the types of the graph as they are, and so does 10 for a strongly typed network.
Normalisations are folded in float32 before weights are rounded. From the first convolution of
images on, maps are float16; every mean over them, and all that follows it, is float32: a sum of
thousands of values loses digits in half precision.
"""

from collections.abc import Mapping

from imrs_ros.backends.onnx.graph import checked, constants_of, prune
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper, TensorProto

WIDE = ('BatchNormalization', 'Exp', 'Gemm', 'GlobalAveragePool', 'Log', 'MatMul', 'Pow',
        'ReduceL1', 'ReduceL2', 'ReduceLogSumExp', 'ReduceMean', 'ReduceSum', 'Sigmoid',
        'Softmax')
"""Operators that compute in float32, whatever comes in."""
MIN_IMAGE_RANK = 4
"""Axes of the weights of a convolution over images or clips; one over channels has three."""
LIMIT = float(np.finfo(np.float16).max)
HALF, FLOAT = TensorProto.FLOAT16, TensorProto.FLOAT


def to_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """
    Convert a graph to half precision.

    :param model: in float32, with the types of all values; not changed.
    :return: a new graph, its inputs and outputs of the same types, checked.
    :raises RuntimeError: when a weight is too large for float16.
    """
    converted = onnx.ModelProto()
    converted.CopyFrom(model)
    _Halving(converted).run()
    return checked(converted)


class _Halving:
    """The conversion of one graph."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model, self._graph = model, model.graph
        self._constants = constants_of(model)
        values = (*model.graph.value_info, *model.graph.input, *model.graph.output)
        self._types = {value.name: value.type.tensor_type.elem_type for value in values}
        self._types |= {name: helper.np_dtype_to_tensor_dtype(array.dtype)
                        for name, array in self._constants.items()}
        self._nodes: list[onnx.NodeProto] = []
        self._casts: dict[tuple[str, int], str] = {}

    def run(self) -> None:
        """Convert all nodes, in order."""
        outputs = {value.name for value in self._graph.output}
        for node in list(self._graph.node):
            if node.op_type == 'Cast' or FLOAT not in map(self._types.get, node.output):
                self._keep(node)
                continue
            kind = HALF if self._is_half(node) else FLOAT
            for place, name in enumerate(node.input):
                if self._types.get(name) in (HALF, FLOAT):
                    node.input[place] = self._as(name, kind)
            self._write(node, kind, outputs)
        del self._graph.node[:], self._graph.value_info[:]
        self._graph.node.extend(self._nodes)
        prune(self._model)

    def _is_half(self, node: onnx.NodeProto) -> bool:
        if node.op_type in WIDE:
            return False
        if node.op_type == 'Conv':
            return len(self._constants[node.input[1]].shape) >= MIN_IMAGE_RANK
        return HALF in map(self._types.get, node.input)

    def _keep(self, node: onnx.NodeProto) -> None:
        self._nodes.append(node)

    def _write(self, node: onnx.NodeProto, kind: int, outputs: set[str]) -> None:
        """Add a node whose results have a type; what leaves the graph is float32."""
        for place, name in enumerate(node.output):
            if kind == HALF and name in outputs:
                node.output[place] = f'{name}.half'
                self._types[name] = FLOAT
            self._types[node.output[place]] = kind
        if kind == HALF and node.op_type == 'Clip':
            self._write_relu6(node)
        else:
            self._nodes.append(node)
        for name in node.output:
            if name.endswith('.half') and name.removesuffix('.half') in outputs:
                self._nodes.append(helper.make_node(
                    'Cast', [name], [name.removesuffix('.half')], to=FLOAT))

    def _write_relu6(self, node: onnx.NodeProto) -> None:
        """Write ReLU6 as ReLU, which TensorRT fuses into a convolution, and a minimum."""
        low, high = (self._constants.get(name) for name in node.input[1:3])
        if low is None or high is None or float(low) != 0:
            self._nodes.append(node)
            return
        rectified = f'{node.output[0]}.rectified'
        self._types[rectified] = HALF
        self._nodes += [
            helper.make_node('Relu', [node.input[0]], [rectified]),
            helper.make_node('Min', [rectified, node.input[2]], list(node.output))]

    def _as(self, name: str, kind: int) -> str:
        """Return the name of a value in a type."""
        if self._types[name] == kind:
            return name
        if (name, kind) not in self._casts:
            cast = f'{name}.{TensorProto.DataType.Name(kind).lower()}'
            self._casts[name, kind] = cast
            self._types[cast] = kind
            if name in self._constants:
                self._add_constant(cast, self._constants[name], kind)
            else:
                self._nodes.append(helper.make_node('Cast', [name], [cast], to=kind))
        return self._casts[name, kind]

    def _add_constant(self, name: str, array: NDArray[np.generic], kind: int) -> None:
        if kind == HALF and np.abs(array).max(initial=0) > LIMIT:
            raise RuntimeError(f'expected weights within {LIMIT:g} for float16, got larger ones')
        self._constants[name] = array.astype(helper.tensor_dtype_to_np_dtype(kind))
        self._graph.initializer.append(numpy_helper.from_array(self._constants[name], name))


def operators_by_type(model: onnx.ModelProto) -> Mapping[tuple[str, str], int]:
    """
    Count the operators of a graph by the type of what they compute.

    :param model: with the types of all values.
    :return: number of nodes by operator and type.
    """
    types = {value.name: TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
             for value in (*model.graph.value_info, *model.graph.output)}
    counts: dict[tuple[str, str], int] = {}
    for node in model.graph.node:
        key = node.op_type, types.get(node.output[0], '')
        counts[key] = counts.get(key, 0) + 1
    return counts
