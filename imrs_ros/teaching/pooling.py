# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Pooled features of overlapping windows, computed as the robot computes its scores.

Layout legend: T frames of a window, H height, W width, C channels, M windows, D features.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.openvino_backend import OpenVinoModels
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.part_plan import FEATURES, PartPlan
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray


class WindowPooler:
    """Computes what the last layers of a network get, window by window, each frame once."""

    def __init__(
        self, plan: PartPlan, models: OpenVinoModels, spec: InputSpec, output: int = FEATURES,
    ) -> None:
        """
        Prepare.

        :param plan: how the network is cut.
        :param models: its models.
        :param spec: its input.
        :param output: of the body, the features_1D.
        """
        self.num_frames = spec.num_frames
        self._next = 0
        self._reuse = FrameReuse(
            plan, models, (spec.size_px, spec.size_px, len(spec.mean)), models.item_shapes, output)
        self._reuse.measure()

    @classmethod
    def of_model(cls, card: ModelCard) -> 'WindowPooler':
        """
        Use the converted network of a model folder.

        :param card: the model.
        :return: the pooler.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when the network was not converted yet and cannot be, as without
            PyTorch.
        :raises OSError: when the converted network cannot be stored.
        """
        folder, _ = find_or_export(card)
        plan = PartPlan.load(folder)
        return cls(plan, OpenVinoModels(plan, folder, BackendSettings()), card.spec)

    def windows(
        self, frames: Iterable[NDArray[np.uint8]], hop: int,
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """
        Pool every ``hop``-th window.

        :param frames: square images_HWC on the model's time grid.
        :param hop: frames from one window to the next.
        :return: for each window, the index of its newest frame, and features_D.
        """
        # No frame of an earlier call has one of these numbers.
        start = self._next + self.num_frames
        kept: deque[NDArray[np.uint8]] = deque(maxlen=self.num_frames)
        for index, image_HWC in enumerate(frames):
            self._next = start + index + 1
            kept.append(image_HWC)
            first = index - self.num_frames + 1
            if first >= 0 and first % hop == 0:
                yield index, self.pool(Clip('', np.stack(kept), start + first, 0, ''))

    def pool(self, clip: Clip) -> NDArray[np.float32]:
        """
        Pool one window.

        :param clip: of any camera; its frames are numbered.
        :return: features_D.
        """
        return self._reuse.infer([clip])[0]

    def clips(self, clips_MTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        """
        Pool separate clips.

        :param clips_MTHWC: uint8.
        :return: features_MD.
        """
        return np.stack([features_D for clip_THWC in clips_MTHWC
                         for _, features_D in self.windows(clip_THWC, hop=1)])
