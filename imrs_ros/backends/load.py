# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The choice of a backend: the requested one, or the first that works; never silently another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
import time

from imrs_ros.backends.base import Backend
from imrs_ros.backends.cpu_cores import check_num_threads, pin_thread
from imrs_ros.backends.fastest import FastestChoice
from imrs_ros.backends.gpu.presence import has_gpu, require_packages
from imrs_ros.backends.model_cache import cache_root, ModelCache
from imrs_ros.backends.reference import Reference, ScoreError
from imrs_ros.model_card import ModelCard, ModelCardError
from imrs_ros.settings import AUTO_PRECISION, BackendSettings
import numpy as np

NUM_WARM_UP_CLIPS = 2
COARSE_FACTOR = 20.0
"""How much wider the bound of the golden logits is in other precisions than float32; bfloat16
moves the logits of ucf10 by up to 0.7 (``docs/performance.md``)."""


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
    from imrs_ros.backends.gpu.cuda_driver import cuda_device
    from imrs_ros.backends.gpu.identity import identity_of_choice
    return FastestChoice(
        loaders={name: partial(LOADERS[name], card, settings) for name in GPU_BACKENDS},
        spec=card.spec, cache=ModelCache(cache_root() / 'engines'),
        identity=identity_of_choice(card, cuda_device()),
        describe=lambda name, error: _unavailable(f'backend {name}', error),
        measured='time a window').load()


def _unavailable(title: str, error: Exception) -> str:
    return f'{title} unavailable: {type(error).__name__}: {error}'


def _load_openvino(card: ModelCard, settings: BackendSettings) -> Backend:
    from imrs_ros.backends.openvino_backend import OpenVinoBackend
    if settings.cpu_precision == AUTO_PRECISION:
        return _load_fastest_precision(card, settings)
    return OpenVinoBackend(card, settings)


def _load_fastest_precision(card: ModelCard, settings: BackendSettings) -> Backend:
    """Load whichever precision that the card vouches for takes the least work here."""
    from imrs_ros.backends.openvino_backend import OpenVinoBackend, openvino_identity

    def load(precision: str) -> Backend:
        backend = OpenVinoBackend(card, replace(settings, cpu_precision=precision))
        _warm_up(backend, card)
        return backend

    def describe(precision: str, error: Exception) -> str:
        # Few processors have bfloat16.
        return ('' if precision == 'bfloat16'
                else f'cpu_precision {precision} is not used: {error}')
    return FastestChoice(
        loaders={name: partial(load, name) for name in ('float32', *card.cpu_precisions)},
        spec=card.spec, cache=ModelCache(cache_root() / 'precisions'),
        identity={
            **openvino_identity(), 'weights': card.weights_sha256, 'precisions': {
                name: dict(of.sha256) for name, of in card.cpu_precisions.items()},
            'num_threads': settings.num_threads, 'cpu_cores': list(settings.cpu_cores)},
        describe=describe, measured='CPU time a window',
        # What other processes take is none of a network's.
        clock=time.process_time).load()


def _load_torch(card: ModelCard, settings: BackendSettings) -> Backend:
    from imrs_ros.backends.torch_backend import TorchBackend
    return TorchBackend(card, _in_float32(settings))


def _in_float32(settings: BackendSettings) -> BackendSettings:
    """Return settings for a backend that has one precision."""
    return (replace(settings, cpu_precision='float32')
            if settings.cpu_precision == AUTO_PRECISION else settings)


def _load_onnx(card: ModelCard, settings: BackendSettings) -> Backend:
    require_packages('onnxruntime', requirements='onnx')
    from imrs_ros.backends.onnx.onnx_backend import OnnxBackend
    return OnnxBackend(card, _in_float32(settings))


Loader = Callable[[ModelCard, BackendSettings], Backend]
LOADERS: dict[str, Loader] = {
    'tensorrt': _load_tensorrt, 'torch_cuda': _load_torch_cuda, 'openvino': _load_openvino,
    'torch': _load_torch, 'onnx': _load_onnx}
"""In the order of ``auto``: what ONNX Runtime is tried for is where the others are not."""
GPU_BACKENDS = ('tensorrt', 'torch_cuda')
"""Where both work, the faster one is used; where there is no GPU, neither is tried."""


def candidates(settings: BackendSettings) -> tuple[str, ...]:
    """
    List the backends that settings allow.

    :param settings: which backend; ``auto`` leaves out the GPU backends where there is no GPU.
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
    Load, warm up and check a backend, on the thread that will use it and that is pinned.

    :param card: the model.
    :param settings: which backend, and its threads.
    :param names: backends to try, in this order; default ``candidates(settings)``.
    :return: the backend, with a reason for every other that ``auto`` tried first.
    :raises ModelCardError: when the model itself cannot be used.
    :raises RuntimeError: when no backend works, with the reasons.
    """
    check_num_threads(settings.num_threads)
    pin_thread(settings.cpu_cores)
    reasons: list[str] = []
    for title, load in _loaders(candidates(settings) if names is None else names):
        try:
            backend = load(card, settings)
            _warm_up(backend, card)
        except ModelCardError:
            raise
        # Whatever a library raises here, the next backend may still work.
        except Exception as error:
            reasons.append(_unavailable(title, error))
        else:
            return LoadedBackend(backend, (*reasons, *backend.description.warnings))
    raise RuntimeError('; '.join(reasons))


def _loaders(names: Sequence[str]) -> list[tuple[str, Loader]]:
    if not set(GPU_BACKENDS) <= set(names):
        return [(f'backend {name}', LOADERS[name]) for name in names]
    rest = [name for name in names if name not in GPU_BACKENDS]
    return [('GPU backends', _load_faster), *_loaders(rest)]


def _converted(name: str) -> str:
    return 'onnx' if name == 'onnx' else 'openvino'


def _warm_up(backend: Backend, card: ModelCard) -> None:
    """Score a golden clip, and compare the logits with the card's where it has them."""
    reference = Reference(card)
    for _ in range(NUM_WARM_UP_CLIPS):
        logits_NK = backend.infer(reference.clips[-1:])
    if logits_NK.shape != (1, card.num_logits) or not np.isfinite(logits_NK).all():
        raise RuntimeError(
            f'expected {card.num_logits} finite logits for a golden clip, got {logits_NK}')
    # GPU backends check themselves: they build an engine again, or take another precision.
    description = backend.description
    if len(reference.logits_NK) and description.name not in GPU_BACKENDS:
        factor = 1.0 if description.precision == 'float32' else COARSE_FACTOR
        try:
            reference.check_one(logits_NK, factor)
        except ScoreError as error:
            raise ScoreError(
                f'{error}; the card or the converted network was altered: delete '
                f'{cache_root()} and {card.folder / _converted(description.name)}, or export the '
                'model again'
            ) from error
