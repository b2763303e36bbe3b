# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The network run by ONNX Runtime, on the CPU or on whatever accelerator it knows here.

Layout legend: N clips, K classes.
"""

from collections.abc import Sequence
from pathlib import Path
import platform

from imrs_ros.backends.base import BackendDescription
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.frame_reuse.storage import Array
from imrs_ros.backends.onnx.files import find_or_export_onnx
from imrs_ros.backends.onnx.layout import MAX_CLIPS, network_file, part_file
from imrs_ros.backends.onnx.sessions import CPU, OnnxSession, providers
from imrs_ros.model_card import ModelCard
from imrs_ros.part_plan import BODY, PartPlan, WHOLE
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import onnxruntime


class OnnxBackend:
    """
    ONNX Runtime in float32.

    On a CPU, windows that share frames share their work (``frame_reuse``). An accelerator scores
    whole windows, as many as there are in one call: ONNX Runtime copies nothing within the memory
    of a device, so that parts would travel to it and back.
    """

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Find or export the ONNX files, and load them.

        :param card: the model.
        :param settings: ``num_threads`` applies to this network.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when the network cannot be exported, as without PyTorch, or another
            precision is requested.
        """
        if settings.cpu_precision != 'float32':
            raise RuntimeError(f'cpu_precision {settings.cpu_precision} needs the backend '
                               'openvino; use float32')
        folder, warnings = find_or_export_onnx(card)
        self._scorer: _PartScorer | _BatchScorer
        names = providers()
        if names[0] == CPU:
            self._scorer = _PartScorer(card, folder, settings)
        else:
            self._scorer = _BatchScorer(folder, settings, names)
            if self._scorer.provider != names[0]:
                warnings = (*warnings, f'onnx: {names[0]} cannot be used here, '
                            f'{self._scorer.provider} runs the network')
        self.description = BackendDescription(
            'onnx', onnxruntime.__version__,
            f'{self._scorer.provider} of {platform.machine()}', 'float32',
            batch_size=self._scorer.batch_size, notes=self._scorer.notes, warnings=warnings)

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._scorer.infer(clips)

    def close(self) -> None:
        """Free the network."""
        del self._scorer


class _BatchScorer:
    """Scores whole windows in batches."""

    batch_size = MAX_CLIPS
    notes = ''

    def __init__(self, folder: Path, settings: BackendSettings, names: Sequence[str]) -> None:
        self._session = OnnxSession(folder / network_file('float32'), settings, names)
        self.provider = self._session.provider

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        batches = [clips[i:i + MAX_CLIPS] for i in range(0, len(clips), MAX_CLIPS)]
        return np.concatenate([
            self._session.run([np.stack([clip.frames_THWC for clip in batch])])[0]
            for batch in batches])


class _PartScorer:
    """Scores windows through the parts of the network."""

    batch_size = 1
    provider = CPU

    def __init__(self, card: ModelCard, folder: Path, settings: BackendSettings) -> None:
        spec = card.spec
        plan = PartPlan.load(folder)
        models = OnnxModels(plan, folder, settings)
        self._reuse = FrameReuse(
            plan, models, (spec.size_px, spec.size_px, len(spec.mean)), models.item_shapes)
        self._reuse.measure()
        self.notes = self._reuse.describe()

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        return self._reuse.infer(clips)


class OnnxModels:
    """The models of a plan; see ``part_runner.Models``."""

    def __init__(
        self, plan: PartPlan, folder: Path, settings: BackendSettings, precision: str = 'float32',
    ) -> None:
        """
        Load the models.

        :param plan: how the network is cut.
        :param folder: holds the ONNX file of each.
        :param settings: threads.
        :param precision: of the files; ``whole`` is there in float32 alone.
        """
        names = [part.name for part in plan.parts] + [BODY]
        if plan.has_whole and precision == 'float32':
            names.append(WHOLE)
        self._sessions = {
            name: OnnxSession(folder / part_file(name, precision), settings, (CPU,))
            for name in names}
        self.item_shapes: dict[str, tuple[int, ...]] = {
            output: tuple(shape[1:]) for part in plan.parts
            for output, shape in zip(part.outputs, self._sessions[part.name].output_shapes)}
        """Shape of one item of every output of the parts."""

    def run(
        self, name: str, inputs: Sequence[Array], outputs: Sequence[Array] | None = None,
    ) -> Sequence[Array]:
        """
        Run a model.

        :param name: of a part, ``whole`` or ``body``.
        :param inputs: contiguous arrays.
        :param outputs: arrays to write into; None for the model's own.
        :return: the outputs.
        """
        results: Sequence[Array] = self._sessions[name].run(inputs)
        if outputs is None:
            return results
        for output, result in zip(outputs, results, strict=True):
            output[...] = result
        return outputs
