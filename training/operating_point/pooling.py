# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Pooled features of a network that lies in no model folder yet."""

from pathlib import Path
from tempfile import TemporaryDirectory

from imrs_ros.backends.openvino_backend import OpenVinoModels
from imrs_ros.backends.openvino_convert import convert_parts
from imrs_ros.model_card import InputSpec
from imrs_ros.networks.network_parts import NetworkParts
from imrs_ros.part_plan import LOGITS
from imrs_ros.settings import BackendSettings
from imrs_ros.teaching.pooling import WindowPooler


def pooler_of(parts: NetworkParts, spec: InputSpec) -> WindowPooler:
    """
    Compile a network's parts by OpenVINO.

    :param parts: whose body returns features_1D alone.
    :param spec: the network's input.
    :return: computes the features of windows.
    """
    with TemporaryDirectory() as folder:
        convert_parts(parts, spec, Path(folder))
        models = OpenVinoModels(parts.plan, Path(folder), BackendSettings())
    return WindowPooler(parts.plan, models, spec, LOGITS)
