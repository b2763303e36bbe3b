# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The network compiled by OpenVINO for the CPU: the default. Never imports PyTorch itself.

Layout legend: N clips, T frames, H height, W width, C channels, K classes.
"""

from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

from imrs_ros.backends.base import BackendDescription
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.frame_reuse.part_runner import Array
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.model_card import ModelCard
from imrs_ros.part_plan import BODY, PartPlan, PLAN_FILE, WHOLE
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import openvino

PRECISION_HINTS = {'float32': 'f32', 'bfloat16': 'bf16'}


class OpenVinoBackend:
    """
    An OpenVINO CPU network, compiled for the lowest latency of one window.

    Windows that share frames share their work (``frame_reuse``). Where the model was converted
    before (``openvino_export``), loading takes well under 2 s and no PyTorch.
    """

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Find or convert, then compile the network, and measure when frame reuse pays.

        :param card: the model.
        :param settings: ``num_threads`` applies to this network.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when the network cannot be converted, as without PyTorch, or the
            processor does not compute in the requested precision.
        """
        spec = card.spec
        folder, warnings = find_or_export(card)
        plan = PartPlan.from_mapping(json.loads(
            (folder / PLAN_FILE).read_text(encoding='utf-8')))
        models = OpenVinoModels(plan, folder, settings)
        self._reuse = FrameReuse(
            plan, models, (spec.size_px, spec.size_px, len(spec.mean)), models.item_shapes)
        self._reuse.measure()
        self.description = BackendDescription(
            'openvino', openvino.get_version().split('-')[0], models.device,
            settings.cpu_precision, notes=_describe(plan, self._reuse),
            warnings=warnings)

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._reuse.infer(clips)

    def close(self) -> None:
        """Free the network and the memory of all cameras."""
        del self._reuse


class OpenVinoModels:
    """The models of a plan, each compiled for every batch size in use."""

    def __init__(self, plan: PartPlan, folder: Path, settings: BackendSettings) -> None:
        """
        Compile the models.

        :param plan: how the network is cut.
        :param folder: holds .xml and .bin of each.
        :param settings: threads, cores and precision.
        :raises RuntimeError: when the processor does not compute in that precision.
        """
        self._core = openvino_core()
        precision = PRECISION_HINTS[settings.cpu_precision]
        if precision == 'bf16' and not self._has_bfloat16():
            raise RuntimeError(
                'cpu_precision bfloat16 needs a processor with AVX512_BF16 or AMX, which this '
                'one lacks; use float32')
        self._config: dict[str, object] = {
            'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': precision}
        if num_threads := settings.num_threads or len(settings.cpu_cores):
            self._config['INFERENCE_NUM_THREADS'] = num_threads
        if settings.cpu_cores:
            # OpenVINO would pin its threads to cores it chooses itself.
            self._config['ENABLE_CPU_PINNING'] = False
        self.device: str = self._core.get_property('CPU', 'FULL_DEVICE_NAME').strip()
        """The processor."""
        self.item_shapes: dict[str, tuple[int, ...]] = {}
        """Shape of one item of every output of the parts."""
        self._requests: dict[tuple[str, int], Any] = {}
        for part in plan.parts:
            model = self._core.read_model(folder / f'{part.name}.xml')
            for name, output in zip(part.outputs, model.outputs):
                self.item_shapes[name] = tuple(output.shape)[1:]
            for size in part.batches:
                if size > 1:
                    model.reshape({port: [size, *tuple(port.shape)[1:]] for port in model.inputs})
                self._requests[part.name, size] = self._compile(model)
                # Read it again rather than trust a shape that is set back.
                model = self._core.read_model(folder / f'{part.name}.xml')
        for name in (BODY, *([WHOLE] if plan.has_whole else [])):
            model = self._core.read_model(folder / f'{name}.xml')
            self._requests[name, 0] = self._compile(model)

    def _has_bfloat16(self) -> bool:
        return 'BF16' in self._core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')

    def _compile(self, model: openvino.Model) -> Any:
        return self._core.compile_model(model, 'CPU', self._config).create_infer_request()

    def run(
        self, name: str, inputs: Sequence[Array], outputs: Sequence[Array] | None = None,
    ) -> Sequence[Array]:
        """
        Run a model; see ``part_runner.Models``.

        :param name: of a part, ``whole`` or ``body``.
        :param inputs: contiguous arrays.
        :param outputs: arrays to write into; None for the model's own.
        :return: the outputs, valid until the model runs again.
        """
        request = self._requests[name, len(inputs[0]) if outputs is not None else 0]
        for i, output in enumerate(outputs or ()):
            request.set_output_tensor(i, openvino.Tensor(output, shared_memory=True))
        request.infer(list(inputs), share_inputs=True, share_outputs=True)
        if outputs is not None:
            return outputs
        return [request.get_output_tensor(i).data for i in range(len(request.output_tensors))]


def _describe(plan: PartPlan, reuse: FrameReuse) -> str:
    if not reuse.most_new:
        return 'no frame reuse'
    mb = reuse.new_memory().num_bytes / 1e6
    return (f'frame reuse where at most {reuse.most_new} of {plan.num_frames} frames are new, '
            f'{mb:.0f} MB per camera')
