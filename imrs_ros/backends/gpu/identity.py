# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What GPU engines of this machine depend on, for their cache."""

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.gpu.clip_batch import MAX_CLIPS
from imrs_ros.model_card import ModelCard
import torch

PACKAGES = ('tensorrt', 'torch-tensorrt', 'torch')


def identity_of(card: ModelCard, kind: str, device: torch.device) -> Values:
    """
    Return all that an engine depends on.

    :param card: the model.
    :param kind: the engine's precision, or another word.
    :param device: the GPU.
    :return: the values of its cache entry.
    """
    major, minor = torch.cuda.get_device_capability(device)
    return describe(card, kind, torch.cuda.get_device_name(device), f'{major}.{minor}')


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
        'kind': kind, 'weights': card.weights_sha256, 'network': asdict(card.architecture),
        'pose': None if card.pose is None else asdict(card.pose),
        'input': asdict(card.spec), 'num_labels': len(card.labels), 'max_clips': MAX_CLIPS,
        'gpu': gpu, 'compute_capability': compute_capability,
        'versions': {**{name: _version(name) for name in PACKAGES},
                     'cuda': str(torch.version.cuda)}}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return 'none'
