# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The network compiled by TensorRT for the NVIDIA GPU of this machine. Never imports PyTorch itself.

Not yet run on a GPU.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from imrs_ros.backends.base import BackendDescription
from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.gpu.cached_engines import CachedEngines, own_plans
from imrs_ros.backends.gpu.cuda_driver import cuda_device
from imrs_ros.backends.gpu.engine_check import check_engine, first_accepted, NO_ENGINE
from imrs_ros.backends.gpu.identity import identity_of
from imrs_ros.backends.gpu.onnx_build import build_from_onnx
from imrs_ros.backends.gpu.precisions import precisions_of
from imrs_ros.backends.gpu.presence import require_packages
from imrs_ros.backends.gpu.tensorrt_engine import TensorRtEngine
from imrs_ros.backends.model_cache import cache_root, ModelCache
from imrs_ros.backends.onnx.files import find_or_export_onnx
from imrs_ros.backends.onnx.layout import MAX_CLIPS, MAX_ITEMS, network_file, part_file
from imrs_ros.backends.progress import told
from imrs_ros.backends.reference import Reference
from imrs_ros.model_card import ModelCard, ModelCardError
from imrs_ros.part_plan import BODY, PartPlan
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import tensorrt

PLAN_SUFFIX = '.plan'
BUILD_WAIT_SEC = 3600.0
"""Longest wait for another process that builds the same engine."""


def build_by_onnx(card: ModelCard, precision: str) -> bytes:
    """
    Compile the ONNX file of a model.

    :param card: the model.
    :param precision: one of ``PRECISIONS``.
    :return: the plan.
    :raises RuntimeError: when there is no ONNX file and none can be exported, or TensorRT refuses.
    """
    folder, _ = find_or_export_onnx(card)
    kind = 'float16' if precision == 'float16' else 'float32'
    return build_from_onnx(folder / network_file(kind), precision)


def build_by_torch_tensorrt(card: ModelCard, precision: str) -> bytes:
    """
    Compile the network of a model by torch-tensorrt.

    :param card: the model.
    :param precision: one of ``PRECISIONS``.
    :return: the plan.
    :raises RuntimeError: when torch-tensorrt is not installed, or TensorRT refuses.
    """
    require_packages('torch', 'torch_tensorrt')
    from imrs_ros.backends.gpu.tensorrt_build import build_plan
    return build_plan(card, precision)


Builder = Callable[[ModelCard, str], bytes]
BUILDERS: tuple[Builder, ...] = (build_by_onnx, build_by_torch_tensorrt)
"""In this order; whoever builds it, a plan is checked alike."""


def build_plan_by_any(card: ModelCard, precision: str) -> bytes:
    """
    Compile a model by the first builder that works, and tell that it takes minutes.

    :param card: the model.
    :param precision: one of ``PRECISIONS``.
    :return: the plan.
    :raises ModelCardError: when the weights do not fit the card.
    :raises RuntimeError: when none works, with the reasons.
    """
    reasons = []
    with told(f'building a TensorRT engine of {card.name} in {precision} for this GPU, once; this '
              'takes minutes'):
        for build in BUILDERS:
            try:
                return build(card, precision)
            except ModelCardError:
                raise
            # Whatever a library raises, the other builder may still work.
            except Exception as error:
                reasons.append(f'{build.__name__}: {type(error).__name__}: {error}')
    raise RuntimeError('; '.join(reasons))


def find_or_build_parts(
    card: ModelCard, precision: str, cache: ModelCache, identity: Values,
) -> Path:
    """
    Return the engines of a model's parts, built once.

    :param card: the model.
    :param precision: one of ``PRECISIONS``.
    :param cache: where engines are stored.
    :param identity: what they depend on.
    :return: a folder of the cache, for ``read_parts``.
    :raises OSError: when the cache cannot be written.
    :raises RuntimeError: when there are no ONNX files, or TensorRT refuses one.
    """
    def write(folder: Path, lock: int) -> None:
        source, _ = find_or_export_onnx(card)
        kind = 'float16' if precision == 'float16' else 'float32'
        plan = PartPlan.load(source)
        plan.save(folder)
        parts = plan.parts
        if not parts:
            raise RuntimeError('windows of this model are too short to share frames')
        with told(f'building TensorRT engines of the parts of {card.name} in {precision}, once'):
            for name in (*(part.name for part in parts), BODY):
                (folder / f'{name}{PLAN_SUFFIX}').write_bytes(
                    build_from_onnx(source / part_file(name, kind), precision, MAX_ITEMS))
    return cache.find(identity) or cache.make(identity, write)


def read_parts(folder: Path) -> tuple[PartPlan, dict[str, bytes]]:
    """
    Read the engines of a model's parts.

    :param folder: from ``find_or_build_parts``.
    :return: how the network is cut, and the plan of each part and of the body.
    :raises OSError: when they cannot be read.
    """
    plan = PartPlan.load(folder)
    return plan, {path.name.removesuffix(PLAN_SUFFIX): path.read_bytes()
                  for path in folder.glob(f'*{PLAN_SUFFIX}')}


class TensorRtBackend:
    """
    TensorRT in the fastest precision whose scores are right, built once and cached.

    Windows share frames, unless the plan is one of the user's, which is whole.
    """

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Load the user's plan, a cached engine or a new one, and check its scores.

        :param card: the model.
        :param settings: none of them matters: those beside ``backend`` are for CPUs.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when there is no GPU, or no engine passes, with the reasons.
        """
        device = cuda_device()
        reference = Reference.complete(card)

        def run(plan: bytes) -> TensorRtEngine:
            return TensorRtEngine(card, plan, device)

        def check(engine: TensorRtEngine) -> None:
            reference.check(engine.infer_whole)
        cache = ModelCache(cache_root() / 'engines', wait_sec=BUILD_WAIT_SEC)
        refusals: tuple[str, ...] = ()
        try:
            precision, self._engine, refusals = first_accepted(
                own_plans(card.folder, run), check)
        except RuntimeError as error:
            own = () if str(error) == NO_ENGINE else (str(error),)
            engines = CachedEngines(
                cache, {name: identity_of(card, name, device) for name in precisions_of(card)},
                partial(build_plan_by_any, card), run)
            precision, self._engine, notices = engines.load(check)
            refusals = (*own, *notices)
            identity = identity_of(card, f'{precision} parts', device)
            self._engine.share_frames(card.spec, lambda: read_parts(
                find_or_build_parts(card, precision, cache, identity)))
            check_engine(reference, self._engine)
        notes = (self._engine.notes, self._engine.sharing.notes)
        self.description = BackendDescription(
            'tensorrt', tensorrt.__version__, device.name, precision, batch_size=MAX_CLIPS,
            notes='; '.join(note for note in notes if note),
            warnings=tuple(f'tensorrt: {text}' for text in refusals))

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._engine.infer(clips)

    def gpu_ms(self, num_clips: int) -> float:
        """
        Measure the network alone by the GPU's own clock, copies aside.

        :param num_clips: 1 to ``MAX_CLIPS``.
        :return: the time of one call, ms.
        """
        return self._engine.gpu_ms(num_clips)

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()
