# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The peak of this machine: the fastest matrix product of all libraries at hand.

A share of the peak is honest only where nothing here computes faster than the peak. So the peak
is the best of several libraries, each at its best of all rounds, and a share above 1 is an error.
"""

from collections.abc import Callable, Mapping
import os

from imrs_ros.backends.openvino_core import openvino_core
import numpy as np
import openvino
from openvino import opset13
from side_by_side import Timing
import torch

SIDES = (1024, 2048)
"""Of the matrices: the larger one does not always win."""
PREFIX = 'peak: '
Call = Callable[[], object]


class ShareError(RuntimeError):
    """Something computes faster than the peak of the machine, so the peak is wrong."""


def matrix_products(num_threads: int, precision: str = 'float32') -> dict[str, Call]:
    """
    Return products of square matrices, to be timed beside what is compared with them.

    :param num_threads: of each library. NumPy takes all cores, so it is left out for fewer.
    :param precision: ``float32``; with ``bfloat16``, those of OpenVINO and PyTorch, where the
        processor has it.
    :return: calls by name, such as ``peak: PyTorch 1024``.
    """
    torch.set_num_threads(num_threads)
    if precision == 'bfloat16' and 'BF16' not in openvino_core().get_property(
            'CPU', 'OPTIMIZATION_CAPABILITIES'):
        return {}
    calls: dict[str, Call] = {}
    for side in SIDES:
        matrix = np.random.default_rng(0).random((side, side), np.float32)
        calls[f'{PREFIX}OpenVINO {side}'] = _openvino_product(matrix, num_threads, precision)
        tensor = torch.from_numpy(matrix)
        if precision == 'bfloat16':
            tensor = tensor.bfloat16()
        calls[f'{PREFIX}PyTorch {side}'] = _torch_product(tensor)
        if precision == 'float32' and num_threads == os.cpu_count():
            calls[f'{PREFIX}NumPy {side}'] = _numpy_product(matrix)
    return calls


def _openvino_product(matrix: np.ndarray, num_threads: int, precision: str) -> Call:
    left = opset13.parameter(matrix.shape, np.float32)
    model = openvino.Model([opset13.matmul(left, opset13.constant(matrix), False, False)], [left])
    request = openvino_core().compile_model(model, 'CPU', {
        'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': num_threads,
        'INFERENCE_PRECISION_HINT': 'bf16' if precision == 'bfloat16' else 'f32',
    }).create_infer_request()
    return lambda: request.infer([matrix], share_inputs=True, share_outputs=True)


def _torch_product(matrix: torch.Tensor) -> Call:
    product = torch.empty_like(matrix)
    return lambda: torch.mm(matrix, matrix, out=product)


def _numpy_product(matrix: np.ndarray) -> Call:
    product = np.empty_like(matrix)
    return lambda: np.matmul(matrix, matrix, out=product)


def best_gflops(timings: Mapping[str, Timing]) -> tuple[str, float]:
    """
    Return the fastest product.

    :param timings: of ``matrix_products`` and of anything else, by name.
    :return: its name, without ``PREFIX``, and GFLOP/s in its best round.
    :raises ValueError: where no product was timed.
    """
    rates = {name.removeprefix(PREFIX): 2 * int(name.split()[-1]) ** 3 / timing.least_ms / 1e6
             for name, timing in timings.items() if name.startswith(PREFIX)}
    if not rates:
        raise ValueError('expected timings of matrix_products, got none')
    name = max(rates, key=rates.__getitem__)
    return name, rates[name]


def share_of_peak(gflop: float, ms: float, peak_gflops: float) -> float:
    """
    Return how much of the peak something reaches.

    :param gflop: work of a call that is really done, without what is shared with other calls.
    :param ms: its least time: the peak is that of the best round, too.
    :param peak_gflops: from ``best_gflops``, measured beside it.
    :return: a share in [0, 1].
    :raises ShareError: above 1.
    """
    share = gflop / ms * 1000 / peak_gflops
    if share > 1:
        raise ShareError(
            f'{gflop / ms * 1000:.0f} GFLOP/s are more than the peak, {peak_gflops:.0f}: '
            'something else ran meanwhile, or work was counted that was not done; run it again')
    return share
