# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
PyTorch modules as ONNX graphs, by PyTorch's own exporter, simplified for TensorRT.

The exporter folds paddings and normalisations into convolutions, in float32.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import logging
from typing import Any
import warnings

from imrs_ros.backends.onnx.graph import lower
from imrs_ros.networks.network_parts import Tensors
import onnx
import torch
from torch import nn

EXPORTER_OPSET = 18
"""The lowest of PyTorch's exporter; ``lower`` leads to that of the files."""


def export_module(
    module: nn.Module, inputs: Tensors, names: tuple[Sequence[str], Sequence[str]],
    max_batch: int = 1,
) -> onnx.ModelProto:
    """
    Export a module.

    :param module: in evaluation mode.
    :param inputs: examples; with ``max_batch`` above 1, of two items on the first axis.
    :param names: of the inputs, and of the outputs.
    :param max_batch: of the first axis of every input; 1 for shapes that are fixed.
    :return: the graph, checked by the ONNX checker.
    :raises RuntimeError: when PyTorch cannot export it.
    """
    batch = torch.export.Dim('batch', min=1, max=max_batch) if max_batch > 1 else None
    shapes = tuple(None if batch is None else {0: batch} for _ in inputs)
    with _silence():
        exported = torch.export.export(module.eval(), inputs, dynamic_shapes=_as_argument(
            module, shapes))
        program = torch.onnx.export(
            exported, dynamo=True, input_names=list(names[0]), output_names=list(names[1]),
            opset_version=EXPORTER_OPSET, verbose=False, optimize=True)
    if program is None:
        raise RuntimeError(f'PyTorch exported nothing for {type(module).__name__}')
    model: onnx.ModelProto = program.model_proto
    return lower(model)


def _as_argument(module: nn.Module, shapes: tuple[Any, ...]) -> tuple[Any, ...]:
    # ``forward(*inputs)`` is one argument: a tuple of all of them.
    is_variadic = module.forward.__code__.co_flags & 0x04
    return (shapes,) if is_variadic else shapes


@contextmanager
def _silence() -> Iterator[None]:
    """Keep out what the exporter says about itself and about packages that are not here."""
    loggers = [logging.getLogger(name) for name in ('torch.onnx', 'onnxscript', 'onnx_ir')]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels):
                logger.setLevel(level)
