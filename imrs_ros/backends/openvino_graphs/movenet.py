# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
MoveNet as an OpenVINO graph: the function of ``networks.movenet``.

``test/backends/openvino_graphs/test_movenet_graph.py`` holds that it gives the same numbers.

Layout legend: N = 1 frame, C channels, H and W sides of maps.
"""

from pathlib import Path

from imrs_ros.architectures.fit import check_same
from imrs_ros.architectures.movenet import (
    HEAD_CHANNELS, HEADS, MOVENET, PYRAMID_CHANNELS, PYRAMID_TAPS, STAGES, STEM_CHANNELS,
    TOP_CHANNELS)
from imrs_ros.backends.openvino_graphs.graph_weights import GraphWeights
from imrs_ros.backends.openvino_graphs.layers import constant, convolve, indices, Node, relu6
from imrs_ros.backends.openvino_graphs.peaks import describe_people
import numpy as np
import openvino
from openvino import opset13 as ops


def movenet_graph(weights_path: Path, size_px: int) -> openvino.Model:
    """
    Build the graph.

    :param weights_path: a safetensors file.
    :param size_px: side of the square frames, a multiple of 32.
    :return: people_1PD of a frame_1HWC, uint8; see ``networks.movenet.MoveNet.forward``.
    :raises ModelCardError: when the file holds no weights, or those of another network.
    """
    weights = GraphWeights(weights_path)
    frames_NHWC = ops.parameter([1, size_px, size_px, 3], np.uint8)
    x = ops.transpose(ops.convert(frames_NHWC, 'f32'), indices(0, 3, 1, 2))
    x = ops.subtract(ops.divide(x, constant(127.5)), constant(1))
    people = describe_people(_maps(weights, x))
    check_same(weights.expected, weights.found,
               f'{weights_path}: expected the weights of {MOVENET}, got others')
    return openvino.Model([people], [frames_NHWC], 'finder')


def _maps(weights: GraphWeights, x_NCHW: Node) -> dict[str, Node]:
    """Apply ``MoveNet.maps`` to scaled pixels."""
    x = relu6(_convolve(weights, 'stem', (STEM_CHANNELS, 3, 3, 3), x_NCHW, stride=2))
    taps, num_in = list[Node](), STEM_CHANNELS
    for stage, (num_out, expansion, num_blocks, stride) in enumerate(STAGES):
        for block in range(num_blocks):
            x = _block(weights, f'stages.{stage}.{block}', num_in, num_out, expansion,
                       1 if block else stride, x)
            num_in = num_out
        taps.append(x)
    x = relu6(_convolve(weights, 'top', (TOP_CHANNELS, num_in, 1, 1), x))
    x = _convolve(weights, 'lateral.0', (PYRAMID_CHANNELS[0], TOP_CHANNELS, 1, 1), x)
    widths = (*PYRAMID_CHANNELS, HEAD_CHANNELS[0])
    for level, (tap, width) in enumerate(zip(PYRAMID_TAPS, PYRAMID_CHANNELS)):
        lateral = _convolve(
            weights, f'lateral.{level + 1}', (width, STAGES[tap][0], 1, 1), taps[tap])
        x = ops.add(_enlarge(x), lateral)
        x = _convolve(weights, f'smooth.{level}.0', (width, 1, 3, 3), x, is_depthwise=True)
        x = ops.relu(_convolve(
            weights, f'smooth.{level}.1', (widths[level + 1], width, 1, 1), x))
    return {name: _head(weights, f'heads.{name}', num_out, x) for name, num_out in HEADS.items()}


def _convolve(
    weights: GraphWeights, name: str, shape: tuple[int, ...], x_NCHW: Node, *, stride: int = 1,
    is_depthwise: bool = False, has_bias: bool = True,
) -> Node:
    bias_O = weights.take(f'{name}.bias', shape[0]) if has_bias else None
    return convolve(x_NCHW, weights.take(f'{name}.weight', *shape), bias_O, stride=stride,
                    is_depthwise=is_depthwise)


def _block(
    weights: GraphWeights, name: str, num_in: int, num_out: int, expansion: int, stride: int,
    x_NCHW: Node,
) -> Node:
    """Apply ``networks.movenet.Block``."""
    hidden, out = num_in * expansion, x_NCHW
    if expansion > 1:
        out = relu6(_convolve(weights, f'{name}.expand', (hidden, num_in, 1, 1), out))
    out = relu6(_convolve(weights, f'{name}.depthwise', (hidden, 1, 3, 3), out, stride=stride,
                          is_depthwise=True))
    out = _convolve(weights, f'{name}.project', (num_out, hidden, 1, 1), out)
    return ops.add(out, x_NCHW) if stride == 1 and num_in == num_out else out


def _head(weights: GraphWeights, name: str, num_out: int, x_NCHW: Node) -> Node:
    num_in, hidden = HEAD_CHANNELS
    out = _convolve(
        weights, f'{name}.0', (num_in, 1, 3, 3), x_NCHW, is_depthwise=True, has_bias=False)
    out = ops.relu(_convolve(weights, f'{name}.1', (hidden, num_in, 1, 1), out))
    return _convolve(weights, f'{name}.3', (num_out, hidden, 1, 1), out)


def _enlarge(x_NCHW: Node) -> Node:
    """Return maps of twice the sides, interpolated bilinearly."""
    sides = [2 * side for side in tuple(x_NCHW.output(0).shape)[2:]]
    return ops.interpolate(
        x_NCHW, indices(*sides), mode='linear_onnx', shape_calculation_mode='sizes',
        coordinate_transformation_mode='half_pixel', axes=indices(2, 3))
