# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
ONNX Runtime, with whatever it can run on here.

Relies on ``InferenceSession``, ``SessionOptions`` and ``get_available_providers``, which have not
changed since ONNX Runtime 1.9.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import onnxruntime

CPU = 'CPUExecutionProvider'
UNUSED = ('AzureExecutionProvider', 'TensorrtExecutionProvider')
"""One sends what it computes to another machine; the other would build its own engines, which the
backend ``tensorrt`` builds with a check and a cache."""
ERROR_SEVERITY = 3


def providers() -> list[str]:
    """
    Return what ONNX Runtime can run on here.

    :return: names of its execution providers, the preferred one first, the CPU last.
    """
    return [name for name in onnxruntime.get_available_providers() if name not in UNUSED]


class OnnxSession:
    """A graph that is ready to run, on the thread that created it."""

    def __init__(
        self, path: Path, settings: BackendSettings, names: Sequence[str] | None = None,
    ) -> None:
        """
        Load a graph.

        :param path: an .onnx file.
        :param settings: the number of threads applies to this graph.
        :param names: of execution providers; default ``providers()``.
        :raises Exception: what ONNX Runtime raises for a file that it cannot run.
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = ERROR_SEVERITY
        options.intra_op_num_threads = settings.num_threads or len(settings.cpu_cores)
        # Threads that spin between windows would take the time of the node's others.
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=list(names or providers()))
        self._inputs = [item.name for item in self._session.get_inputs()]
        self.provider: str = self._session.get_providers()[0]
        """What runs it."""
        self.output_shapes: list[list[Any]] = [
            item.shape for item in self._session.get_outputs()]
        """Lengths of the axes of every output; a name where it depends on the batch."""

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[np.float32]]:
        """
        Run the graph.

        :param inputs: contiguous arrays, in the order of the graph.
        :return: its outputs, new arrays.
        """
        outputs: list[NDArray[np.float32]] = self._session.run(
            None, dict(zip(self._inputs, inputs, strict=True)))
        return outputs
