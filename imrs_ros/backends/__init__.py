# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The libraries that run a network: OpenVINO or PyTorch on a CPU, and those in ``onnx`` and ``gpu``.

Start at ``base`` for the protocol and ``load`` for the choice. It may import ``networks`` and the
shared modules; each library is imported by one backend alone, when that backend is chosen.
"""

import sys

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.backends.failover import FailoverBackend
from imrs_ros.backends.load import load_backend, LoadedBackend

__all__ = ['Backend', 'BackendDescription', 'FailoverBackend', 'load_backend', 'LoadedBackend']

# ``import openvino`` forks this process to report to Google Analytics, as does every conversion,
# unless this package of its own is absent. The only other switch is a file in the home folder.
sys.modules['openvino_telemetry'] = None  # type: ignore[assignment]
