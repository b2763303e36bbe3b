# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Networks written as OpenVINO graphs, from their weights alone: in a second, without PyTorch.

What a network is, is said once, in PyTorch (``networks``); a graph here is the same function, held
to it by a test. Networks without a graph here are converted by PyTorch (``openvino_convert``).

Start at ``lite0`` for the networks of models; ``movenet`` is the people finder. It may import
``architectures`` and the shared modules.
"""
