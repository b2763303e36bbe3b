# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Layers of a graph, in float32.

Layout legend: N items, C channels, S sides of maps, O output channels, D features.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from imrs_ros.architectures.same_padding import same_padding
import numpy as np
from numpy.typing import ArrayLike, NDArray
from openvino import opset13 as ops

Node: TypeAlias = Any
"""Of a graph of OpenVINO, or one of its outputs."""
Padding = Sequence[tuple[int, int]]
"""Before and after a map, along each of its sides."""


def constant(values: ArrayLike) -> Node:
    """
    Return a constant.

    :param values: numbers.
    :return: the same in float32.
    """
    return ops.constant(np.asarray(values, np.float32))


def indices(*values: int) -> Node:
    """
    Return numbers of axes or items, or sizes.

    :param values: the numbers.
    :return: a constant list.
    """
    return ops.constant(np.array(values, np.int64))


def mean(x: Node, *axes: int, keep_dims: bool = False) -> Node:
    """
    Return the mean along some axes.

    :param x: the values.
    :param axes: numbers of the axes.
    :param keep_dims: whether the axes stay, of length 1.
    :return: the mean.
    """
    return ops.reduce_mean(x, indices(*axes), keep_dims=keep_dims)


def items(x: Node, first: int, end: int, step: int = 1) -> Node:
    """
    Return some items of the first axis.

    :param x: the values.
    :param first: number of the first item.
    :param end: number that all are below.
    :param step: from one item to the next.
    :return: the items.
    """
    return ops.slice(x, indices(first), indices(end), indices(step), indices(0))


def relu6(x: Node) -> Node:
    """
    Return values clipped to [0, 6].

    :param x: the values.
    :return: of the same shape.
    """
    return ops.clamp(x, 0.0, 6.0)


def convolve(
    x_NCS: Node, kernel: NDArray[np.floating], bias_O: NDArray[np.floating] | None = None, *,
    stride: int = 1, padding: Padding | None = None, is_depthwise: bool = False,
) -> Node:
    """
    Convolve maps of any number of sides.

    :param x_NCS: the maps.
    :param kernel: O, I, and the sides of the kernel.
    :param bias_O: added; None for none.
    :param stride: along every side.
    :param padding: by zeros; default as TensorFlow's ``SAME``.
    :param is_depthwise: whether each channel is convolved by itself.
    :return: y_NOS.
    """
    sides = kernel.shape[2:]
    if padding is None:
        padding = [same_padding(side, size, stride)
                   for side, size in zip(tuple(x_NCS.output(0).shape)[2:], sides)]
    # A group for each channel.
    apply, kernel = ((ops.group_convolution, kernel[:, None]) if is_depthwise
                     else (ops.convolution, kernel))
    y_NOS = apply(x_NCS, constant(kernel), [stride for _ in sides],
                  [before for before, _ in padding], [after for _, after in padding],
                  [1 for _ in sides])
    if bias_O is None:
        return y_NOS
    return ops.add(y_NOS, constant(bias_O.reshape(1, -1, *(1 for _ in sides))))


def linear(x_ND: Node, weight_OD: NDArray[np.floating], bias_O: NDArray[np.floating]) -> Node:
    """
    Apply a linear layer.

    :param x_ND: its input.
    :param weight_OD: its weights.
    :param bias_O: added.
    :return: y_NO.
    """
    product_NO = ops.matmul(x_ND, constant(weight_OD), transpose_a=False, transpose_b=True)
    return ops.add(product_NO, constant(bias_O.reshape(1, -1)))
