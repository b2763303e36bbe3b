# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The network compiled by TensorRT for the NVIDIA GPU of this machine.

Not yet run on a GPU.

Layout legend: N clips, K classes.
"""

from collections.abc import Sequence

from imrs_ros.backends.base import BackendDescription
from imrs_ros.backends.gpu.cached_engines import CachedEngines
from imrs_ros.backends.gpu.clip_batch import MAX_CLIPS
from imrs_ros.backends.gpu.half_precision import precisions_of
from imrs_ros.backends.gpu.identity import identity_of
from imrs_ros.backends.gpu.presence import require_packages
from imrs_ros.backends.gpu.tensorrt_build import build_plan
from imrs_ros.backends.gpu.tensorrt_engine import TensorRtEngine
from imrs_ros.backends.gpu.torch_cuda_backend import require_cuda
from imrs_ros.backends.model_cache import cache_root, ModelCache
from imrs_ros.backends.reference import Reference
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import tensorrt
import torch


class TensorRtBackend:
    """TensorRT in the fastest precision whose scores are right, built once and cached."""

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Load a cached engine or build one, and check its scores.

        :param card: the model.
        :param settings: none of them matters: those beside ``backend`` are for CPUs.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when there is no GPU, or no precision passes, with the reasons.
        """
        device = require_cuda()
        reference = Reference.complete(card)
        precisions = precisions_of(card)

        def build(precision: str) -> bytes:
            require_packages('torch_tensorrt')
            return build_plan(card, precisions[precision], device)

        engines = CachedEngines(
            ModelCache(cache_root() / 'engines'),
            {precision: identity_of(card, precision, device) for precision in precisions},
            build, lambda plan: TensorRtEngine(card, plan, device))
        precision, self._engine, notices = engines.load(
            lambda engine: reference.check(engine.infer))
        self.description = BackendDescription(
            'tensorrt', tensorrt.__version__, torch.cuda.get_device_name(device), precision,
            batch_size=MAX_CLIPS,
            warnings=tuple(f'tensorrt: {notice}' for notice in notices))

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._engine.infer(clips)

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()
