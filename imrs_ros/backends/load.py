"""The choice of a backend: the one asked for, or the first that works; never silently another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imrs_ros.backends.base import Backend
from imrs_ros.backends.cpu_cores import pin_thread
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


def _load_openvino(card: ModelCard, settings: BackendSettings) -> Backend:
    from imrs_ros.backends.openvino_backend import OpenVinoBackend
    return OpenVinoBackend(card, settings)


def _load_torch(card: ModelCard, settings: BackendSettings) -> Backend:
    from imrs_ros.backends.torch_backend import TorchBackend
    return TorchBackend(card, settings)


LOADERS: dict[str, Callable[[ModelCard, BackendSettings], Backend]] = {
    'openvino': _load_openvino, 'torch': _load_torch}
"""In the order of ``auto``."""


def candidates(settings: BackendSettings) -> tuple[str, ...]:
    """
    List the backends that settings allow.

    :param settings: which backend.
    :return: names, the preferred one first.
    """
    return tuple(LOADERS) if settings.backend == 'auto' else (settings.backend,)


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
    for name in candidates(settings) if names is None else names:
        try:
            backend = LOADERS[name](card, settings)
            _warm_up(backend, card)
        except ModelCardError:
            raise
        # Whatever a library raises here, the next backend may still work.
        except Exception as error:
            reasons.append(f'backend {name} does not work here: {type(error).__name__}: {error}')
        else:
            return LoadedBackend(backend, (*reasons, *backend.description.warnings))
    raise RuntimeError('; '.join(reasons))


def _warm_up(backend: Backend, card: ModelCard) -> None:
    spec = card.spec
    blank = np.zeros((spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), np.uint8)
    clip = Clip(stream='', frames_THWC=blank, first_sequence=0, stamp_ns=0, frame_id='')
    for _ in range(NUM_WARM_UP_CLIPS):
        logits_NK = backend.infer([clip])
    if logits_NK.shape != (1, len(card.labels)) or not np.isfinite(logits_NK).all():
        raise RuntimeError(
            f'expected {len(card.labels)} finite logits for a blank clip, got {logits_NK}')
