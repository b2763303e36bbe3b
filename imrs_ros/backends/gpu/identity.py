# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What GPU engines of this machine depend on, for their cache."""

from functools import cache
import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
import platform

from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.conversion import network_values
from imrs_ros.backends.gpu.cuda_driver import CudaDevice
from imrs_ros.backends.onnx.files import CODE
from imrs_ros.backends.onnx.layout import MAX_CLIPS
from imrs_ros.model_card import ModelCard

BUILDERS = ('onnx_build', 'tensorrt_api', 'tensorrt_build', 'half_precision')
"""Modules of this folder that decide what an engine computes."""


def identity_of(card: ModelCard, precision: str, device: CudaDevice) -> Values:
    """
    Return all that an engine depends on: no package that a robot may lack later.

    :param card: the model.
    :param precision: of the engine.
    :param device: the GPU.
    :return: the values of its cache entry.
    """
    return describe(card, precision, device.name, device.compute_capability)


def identity_of_choice(card: ModelCard, device: CudaDevice) -> Values:
    """
    Return all that the choice between the GPU backends depends on.

    :param card: the model.
    :param device: the GPU.
    :return: the values of its cache entry.
    """
    try:
        torch_version = version('torch')
    except PackageNotFoundError:
        torch_version = 'none'
    return {**identity_of(card, 'choice', device), 'torch': torch_version,
            'driver': device.driver_version}


def describe(card: ModelCard, kind: str, gpu: str, compute_capability: str) -> Values:
    """
    Put an identity together.

    :param card: the model.
    :param kind: the engine's precision, or another word.
    :param gpu: its name.
    :param compute_capability: of the GPU.
    :return: the values of its cache entry.
    """
    return {
        **network_values(card), 'kind': kind, 'num_logits': card.num_logits,
        'max_clips': MAX_CLIPS, 'gpu': gpu, 'compute_capability': compute_capability,
        'platform': f'{platform.system()} {platform.machine()}', 'tensorrt': tensorrt_version(),
        'builder': builder_revision()}


def tensorrt_version() -> str:
    """
    Return the version of TensorRT, as it says itself: a system package has no other record.

    :return: the version, or ``none``.
    """
    try:
        import tensorrt
        return str(tensorrt.__version__)
    # Whatever a library without its driver raises.
    except Exception:
        return 'none'


@cache
def builder_revision() -> str:
    """
    Return a digest of the code that builds engines.

    :return: hexadecimal digits.
    """
    paths = (*CODE, *(Path(__file__).with_name(f'{name}.py') for name in BUILDERS))
    return hashlib.sha256(b''.join(path.read_bytes() for path in paths)).hexdigest()
