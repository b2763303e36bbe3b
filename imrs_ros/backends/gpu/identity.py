"""What engines of this machine depend on, for their cache."""

from importlib.metadata import PackageNotFoundError, version

from imrs_ros.backends.gpu.clip_batch import MAX_CLIPS
from imrs_ros.backends.gpu.engine_cache import EngineIdentity
from imrs_ros.model_card import ModelCard
import torch

PACKAGES = ('tensorrt', 'torch-tensorrt', 'torch')


def identity_of(card: ModelCard, what: str, device: torch.device) -> EngineIdentity:
    """
    Give the identity of an engine.

    :param card: the model.
    :param what: the engine's precision, or another word.
    :param device: the GPU.
    :return: the identity.
    """
    major, minor = torch.cuda.get_device_capability(device)
    return describe(card, what, torch.cuda.get_device_name(device), f'{major}.{minor}')


def describe(card: ModelCard, what: str, gpu: str, compute_capability: str) -> EngineIdentity:
    """
    Put an identity together.

    :param card: the model.
    :param what: the engine's precision, or another word.
    :param gpu: its name.
    :param compute_capability: of the GPU.
    :return: the identity.
    """
    spec = card.spec
    return EngineIdentity(
        what=what, weights_sha256=card.weights_sha256,
        architecture=f'{card.architecture}, mean {spec.mean}, std {spec.std}, '
                     f'{len(card.labels)} labels',
        clip_shape=(spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)),
        max_clips=MAX_CLIPS, gpu=gpu, compute_capability=compute_capability,
        versions={**{name: _version(name) for name in PACKAGES}, 'cuda': str(torch.version.cuda)})


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return 'none'
