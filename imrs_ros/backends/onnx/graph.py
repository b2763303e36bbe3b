# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
ONNX graphs rewritten with the operators that every TensorRT in use reads.

``OPSET`` 17 differs from the exporter's in reductions, whose axes are attributes, and in how many
pieces there are. Pixels are cast before anything else is done with them: TensorRT takes uint8 as
an input of the network, and can only cast it ("UINT8 is only supported as network input or
output"). Weights that are reshaped become constants of that shape, as not every TensorRT convolves
with weights that are computed. A normalisation that follows no convolution becomes a product and
a sum: of features, which have two axes, not every TensorRT reads one.
"""

from imrs_ros.backends.onnx.layout import IR_VERSION, OPSET
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper, TensorProto

REDUCTIONS = ('ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean',
              'ReduceMin', 'ReduceProd', 'ReduceSumSquare')
"""Operators whose axes became an input after ``OPSET``."""
NEW_IN_RESIZE = ('antialias', 'keep_aspect_ratio_policy')
"""Attributes that ``OPSET`` lacks, and that the exporter writes with their defaults."""
MOVING = ('Reshape', 'Transpose', 'Slice', 'Squeeze', 'Unsqueeze', 'Concat', 'Split', 'Gather')
"""Operators that move values, and leave them as they are."""
ZERO = np.zeros(1)


def lower(model: onnx.ModelProto) -> onnx.ModelProto:
    """
    Rewrite a graph of the exporter with the operators of ``OPSET``.

    :param model: of a higher opset; changed in place.
    :return: the same model, checked by the ONNX checker.
    :raises RuntimeError: when a node has no form in ``OPSET``.
    """
    graph, constants = model.graph, constants_of(model)
    _cast_pixels_first(graph)
    _fold_reshaped_constants(graph, constants)
    _write_out_normalisations(graph, constants)
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ''
        if node.op_type in REDUCTIONS:
            _lower_reduction(node, constants)
        elif node.op_type == 'Split':
            # Equal pieces, as many as there are outputs, is what it says in any case.
            _drop(node, 'num_outputs')
        elif node.op_type == 'Resize':
            for name in NEW_IN_RESIZE:
                _drop(node, name)
        elif node.op_type == 'Reshape' and (constants.get(node.input[1], ZERO) != 0).all():
            # Without a length of 0 the attribute says nothing, and not every parser knows it.
            _drop(node, 'allowzero')
    for value in (*graph.input, *graph.output, *graph.value_info):
        del value.metadata_props[:]
    del model.functions[:], model.metadata_props[:], graph.metadata_props[:]
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid('', OPSET))
    model.ir_version = IR_VERSION
    model.producer_name, model.producer_version = 'imrs_ros', ''
    prune(model)
    return checked(model)


def checked(model: onnx.ModelProto) -> onnx.ModelProto:
    """
    Check a graph, and complete the types and shapes of its values.

    :param model: any graph.
    :return: the same with all types; inferred anew.
    :raises RuntimeError: when the ONNX checker refuses it.
    """
    del model.graph.value_info[:]
    try:
        onnx.checker.check_model(model, full_check=True)
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise RuntimeError(f'expected a graph of ONNX opset {OPSET}, got: {error}') from error


def constants_of(model: onnx.ModelProto) -> dict[str, NDArray[np.generic]]:
    """
    Return the constants of a graph.

    :param model: the graph.
    :return: arrays by name.
    """
    found = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == 'Constant' and node.attribute[0].name == 'value':
            found[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return found


def prune(model: onnx.ModelProto) -> None:
    """
    Remove constants that no node reads, in place.

    :param model: the graph.
    """
    read = {name for node in model.graph.node for name in node.input}
    kept = [item for item in model.graph.initializer if item.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _cast_pixels_first(graph: onnx.GraphProto) -> None:
    pixels = [item.name for item in graph.input
              if item.type.tensor_type.elem_type == TensorProto.UINT8]
    names = {name: f'{name}.float' for name in pixels}
    # Values that were uint8 until a later cast, which does nothing any more.
    nodes, wide = list[onnx.NodeProto](), set(names.values())
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
        if node.op_type == 'Cast' and node.input[0] in wide and _is_to_float(node):
            names[node.output[0]] = node.input[0]
            continue
        if node.op_type in MOVING and node.input[0] in wide:
            wide.add(node.output[0])
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(helper.make_node('Cast', [name], [names[name]], to=TensorProto.FLOAT)
                      for name in pixels)
    graph.node.extend(nodes)


def _is_to_float(node: onnx.NodeProto) -> bool:
    return any(attribute.name == 'to' and attribute.i == TensorProto.FLOAT
               for attribute in node.attribute)


def _fold_reshaped_constants(
    graph: onnx.GraphProto, constants: dict[str, NDArray[np.generic]],
) -> None:
    nodes = list[onnx.NodeProto]()
    for node in graph.node:
        if node.op_type == 'Reshape' and set(node.input) <= set(constants):
            array, shape = (constants[name] for name in node.input)
            constants[node.output[0]] = array.reshape([int(length) for length in shape])
            graph.initializer.append(
                numpy_helper.from_array(constants[node.output[0]], node.output[0]))
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def _write_out_normalisations(
    graph: onnx.GraphProto, constants: dict[str, NDArray[np.generic]],
) -> None:
    ranks = {value.name: len(value.type.tensor_type.shape.dim)
             for value in (*graph.value_info, *graph.input, *graph.output)}
    nodes = list[onnx.NodeProto]()
    for node in graph.node:
        if node.op_type != 'BatchNormalization':
            nodes.append(node)
            continue
        scale, shift = _factors(node, constants)
        shape = (-1, *[1] * (ranks[node.output[0]] - 2))
        names = [f'{node.output[0]}.{word}' for word in ('scale', 'shift', 'scaled')]
        for name, array in zip(names, (scale, shift)):
            constants[name] = array.reshape(shape)
            graph.initializer.append(numpy_helper.from_array(array.reshape(shape), name))
        nodes += [helper.make_node('Mul', [node.input[0], names[0]], [names[2]]),
                  helper.make_node('Add', [names[2], names[1]], [node.output[0]])]
    del graph.node[:]
    graph.node.extend(nodes)


def _factors(
    node: onnx.NodeProto, constants: dict[str, NDArray[np.generic]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    gamma, beta, mean, variance = (constants[name].astype(np.float64) for name in node.input[1:5])
    epsilon = next((attribute.f for attribute in node.attribute
                    if attribute.name == 'epsilon'), 1e-5)
    scale = gamma / np.sqrt(variance + epsilon)
    return scale.astype(np.float32), (beta - mean * scale).astype(np.float32)


def _lower_reduction(
    node: onnx.NodeProto, constants: dict[str, NDArray[np.generic]],
) -> None:
    _drop(node, 'noop_with_empty_axes')
    if len(node.input) < 2:
        return
    if node.input[1] not in constants:
        raise RuntimeError(f'{node.op_type} over axes that are computed has no form in ONNX opset '
                           f'{OPSET}')
    axes = [int(axis) for axis in constants[node.input[1]]]
    del node.input[1:]
    node.attribute.append(helper.make_attribute('axes', axes))


def _drop(node: onnx.NodeProto, name: str) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)
