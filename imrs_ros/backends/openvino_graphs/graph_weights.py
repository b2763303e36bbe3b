# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The weights that a graph is written from.

Layout legend: O output channels, I input channels.
"""

from pathlib import Path

from imrs_ros.model_card import ModelCardError
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open, SafetensorError

Array64 = NDArray[np.float64]
FORMATS = {'F16', 'F32', 'F64', 'I64'}
"""Of the numbers in a file; whole ones are counters. NumPy has no bfloat16 of its own."""


class GraphWeights:
    """
    A weights file that remembers what a graph takes from it.

    The graph thereby says itself which weights it needs; ``architectures.fit.check_fit`` then
    compares ``expected`` with ``found``.
    """

    def __init__(self, path: Path) -> None:
        """
        Read all weights.

        :param path: a safetensors file, in float16 or float32.
        :raises ModelCardError: when it is none.
        """
        try:
            with safe_open(path, 'numpy') as file:
                names = file.keys()
                others = {file.get_slice(name).get_dtype() for name in names} - FORMATS
                if others:
                    raise ModelCardError(
                        f'{path}: expected weights in float16 or float32, got {sorted(others)}; '
                        'export the model again')
                self._tensors = {name: file.get_tensor(name) for name in names}
        except (SafetensorError, OSError) as error:
            raise ModelCardError(f'{path}: expected a safetensors file, got: {error}') from error
        self.found = {name: tensor.shape for name, tensor in self._tensors.items()}
        """Shapes of all weights, by name."""
        self.expected: dict[str, tuple[int, ...]] = {}
        """Shapes of those that were taken, by name."""

    def take(self, name: str, *shape: int) -> Array64:
        """
        Return weights.

        :param name: of the weights.
        :param shape: that they must have.
        :return: the weights; zeros where the file has none of that name and shape.
        """
        self.expected[name] = shape
        if self.found.get(name) != shape:
            return np.zeros(shape)
        return self._tensors[name].astype(np.float64)

    def take_norm(
        self, name: str, num_channels: int, eps: float = 1e-5,
    ) -> tuple[Array64, Array64]:
        """
        Return a batch normalisation as what channels are multiplied by, and what is added then.

        :param name: of the normalisation.
        :param num_channels: C.
        :param eps: added to the variance; default PyTorch's.
        :return: scale_C and shift_C.
        """
        weight_C, bias_C, mean_C, var_C = (
            self.take(f'{name}.{part}', num_channels)
            for part in ('weight', 'bias', 'running_mean', 'running_var'))
        scale_C = weight_C / np.sqrt(var_C + eps)
        return scale_C, bias_C - mean_C * scale_C

    def take_normalised(
        self, name: str, norm: str, shape: tuple[int, ...], eps: float = 1e-5,
    ) -> tuple[Array64, Array64]:
        """
        Return a convolution without bias and the normalisation after it as one convolution.

        :param name: of the convolution.
        :param norm: name of the normalisation.
        :param shape: of the kernel, O first.
        :param eps: of the normalisation.
        :return: kernel and bias_O.
        """
        scale_O, shift_O = self.take_norm(norm, shape[0], eps)
        kernel = self.take(f'{name}.weight', *shape)
        return kernel * scale_O.reshape(-1, *(1 for _ in shape[1:])), shift_O
