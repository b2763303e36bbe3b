"""The choice of a backend: the one asked for, or the first that works; never silently another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from imrs_ros.backends.base import Backend
from imrs_ros.backends.cpu_cores import pin_thread
from imrs_ros.backends.gpu.backend import GpuChoice
from imrs_ros.backends.gpu.engine_cache import cache_folder, EngineCache
from imrs_ros.backends.gpu.presence import has_gpu, require_packages
from imrs_ros.model_card import ModelCard, ModelCardError
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np

NUM_WARM_UP_CLIPS = 2


@dataclass(frozen=True, slots=True)
class LoadedBackend:
    """A backend that has scored a clip, and why others before it were passed over."""

    backend: Backend
    """Ready to infer."""
    fallbacks: tuple[str, ...]
    """One reason for every backend tried before it, and its own warnings; to be logged so."""


def _load_tensorrt(card: ModelCard, settings: BackendSettings) -> Backend:
    require_packages('tensorrt')
    from imrs_ros.backends.gpu.tensorrt_backend import TensorRtBackend
    return TensorRtBackend(card, settings)


def _load_torch_cuda(card: ModelCard, settings: BackendSettings) -> Backend:
    from imrs_ros.backends.gpu.torch_cuda_backend import TorchCudaBackend
    return TorchCudaBackend(card, settings)


def _load_faster(card: ModelCard, settings: BackendSettings) -> Backend:
    """Load whichever GPU backend is the faster one here."""
    from imrs_ros.backends.gpu.identity import identity_of
    from imrs_ros.backends.gpu.torch_cuda_backend import require_cuda
    makers = {name: partial(LOADERS[name], card, settings) for name in GPU_BACKENDS}
    identity = identity_of(card, 'choice', require_cuda())
    return GpuChoice(makers, card.spec, EngineCache(cache_folder()), identity).load()


def _load_openvino(card: ModelCard, settings: BackendSettings) -> Backend:
    from imrs_ros.backends.openvino_backend import OpenVinoBackend
    return OpenVinoBackend(card, settings)


def _load_torch(card: ModelCard, settings: BackendSettings) -> Backend:
    from imrs_ros.backends.torch_backend import TorchBackend
    return TorchBackend(card, settings)


Loader = Callable[[ModelCard, BackendSettings], Backend]
LOADERS: dict[str, Loader] = {
    'tensorrt': _load_tensorrt, 'torch_cuda': _load_torch_cuda, 'openvino': _load_openvino,
    'torch': _load_torch}
"""In the order of ``auto``."""
GPU_BACKENDS = ('tensorrt', 'torch_cuda')
"""Where both may be used, the faster one is; and none where there is no GPU."""


def candidates(settings: BackendSettings) -> tuple[str, ...]:
    """
    List the backends that settings allow.

    :param settings: which backend; ``auto`` leaves out those of a GPU where there is none.
    :return: names, the preferred one first.
    """
    if settings.backend != 'auto':
        return (settings.backend,)
    is_gpu_here = has_gpu()
    return tuple(name for name in LOADERS if is_gpu_here or name not in GPU_BACKENDS)


def load_backend(
    card: ModelCard, settings: BackendSettings, names: Sequence[str] | None = None,
) -> LoadedBackend:
    """
    Load and warm up a backend, on the thread that will use it and that is pinned for good.

    :param card: the model.
    :param settings: which backend, and its threads.
    :param names: backends to try, in this order; default ``candidates(settings)``.
    :return: the backend, with a reason for every other that ``auto`` tried first.
    :raises ModelCardError: when the model itself cannot be used.
    :raises RuntimeError: when no backend works, with the reasons.
    """
    pin_thread(settings.cpu_cores)
    reasons: list[str] = []
    for name, load in _loaders(candidates(settings) if names is None else names):
        try:
            backend = load(card, settings)
            _warm_up(backend, card)
        except ModelCardError:
            raise
        # Whatever a library raises here, the next backend may still work.
        except Exception as error:
            reasons.append(f'backend {name} does not work here: {type(error).__name__}: {error}')
        else:
            return LoadedBackend(backend, (*reasons, *backend.description.warnings))
    raise RuntimeError('; '.join(reasons))


def _loaders(names: Sequence[str]) -> list[tuple[str, Loader]]:
    if not set(GPU_BACKENDS) <= set(names):
        return [(name, LOADERS[name]) for name in names]
    rest = [(name, LOADERS[name]) for name in names if name not in GPU_BACKENDS]
    return [('of the GPU', _load_faster), *rest]


def _warm_up(backend: Backend, card: ModelCard) -> None:
    spec = card.spec
    blank = np.zeros((spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), np.uint8)
    clip = Clip(camera='', frames_THWC=blank, first_sequence=0, stamp_ns=0, frame_id='')
    for _ in range(NUM_WARM_UP_CLIPS):
        logits_NK = backend.infer([clip])
    if logits_NK.shape != (1, len(card.labels)) or not np.isfinite(logits_NK).all():
        raise RuntimeError(
            f'expected {len(card.labels)} finite logits for a blank clip, got {logits_NK}')
