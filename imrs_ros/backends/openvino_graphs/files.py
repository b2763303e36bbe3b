# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""OpenVINO graphs as files."""

from pathlib import Path

import openvino


def save_graph(model: openvino.Model, path: Path) -> None:
    """
    Write a graph, its weights as they are.

    :param model: the graph.
    :param path: of the .xml file; the weights lie beside it.
    :raises OSError: when it cannot be written.
    """
    try:
        openvino.save_model(model, path, compress_to_fp16=False)
    # A full disk is "basic_ios::clear: iostream error".
    except RuntimeError as error:
        raise OSError(f'{path} cannot be written: {error}; is the disk full?') from error
