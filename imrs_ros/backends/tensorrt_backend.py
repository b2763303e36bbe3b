"""
The network compiled by TensorRT for the NVIDIA GPU here; see ``tensorrt_build`` and ``gate``.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from imrs_ros.backends.base import BackendDescription
from imrs_ros.backends.engine_cache import cache_folder, EngineCache
from imrs_ros.backends.gate import first_accepted
from imrs_ros.backends.gpu_identity import identity_of
from imrs_ros.backends.gpu_presence import require_packages
from imrs_ros.backends.reference import Reference
from imrs_ros.backends.tensorrt_build import build_plan
from imrs_ros.backends.tensorrt_engine import TensorRtEngine
from imrs_ros.backends.torch_cuda_backend import PRECISIONS, require_cuda
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import tensorrt
import torch


class TensorRtBackend:
    """TensorRT in the fastest precision whose scores are right, built once and kept."""

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Load a kept engine or build one, and check its scores.

        :param card: the model.
        :param settings: the rest of them is for CPUs.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when there is no GPU, or no precision passes, with the reasons.
        """
        self._card, self._device = card, require_cuda()
        self._cache = EngineCache(cache_folder())
        self._built: tuple[str, bytes] | None = None
        reference = Reference(card)
        name, self._engine, refusals = first_accepted(
            self._attempts(), lambda engine: reference.check(engine.infer))
        if self._built is not None:
            # Only what was accepted is kept.
            what, plan = self._built
            self._cache.store(identity_of(card, what, self._device), plan)
        self.description = BackendDescription(
            'tensorrt', tensorrt.__version__, torch.cuda.get_device_name(self._device), name,
            notices=tuple(f'tensorrt: {notice}' for notice in (*refusals, *self._cache.notices)))

    def _attempts(self) -> Iterator[tuple[str, Callable[[], TensorRtEngine]]]:
        """Give, for every precision, the kept engine where there is one, and a new one."""
        for name, dtype in PRECISIONS.items():
            self._built = None
            kept = self._cache.load(identity_of(self._card, name, self._device))
            if kept is not None:
                yield name, partial(TensorRtEngine, self._card, kept, self._device)
            yield name, partial(self._build, name, dtype)

    def _build(self, name: str, dtype: torch.dtype) -> TensorRtEngine:
        require_packages('torch_tensorrt')
        plan = build_plan(self._card, dtype, self._device)
        self._built = name, plan
        return TensorRtEngine(self._card, plan, self._device)

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any streams.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._engine.infer(clips)

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()
