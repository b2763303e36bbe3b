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

from collections.abc import Mapping, Sequence
import hashlib
from pathlib import Path
from typing import Any

from imrs_ros.backends.base import BackendDescription
from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.frame_reuse.storage import Array
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.backends.progress import told, TOLD_SEC
from imrs_ros.model_card import ModelCard
from imrs_ros.part_plan import BODY, PartPlan, WHOLE
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import openvino

PRECISION_HINTS = {'float32': 'f32', 'bfloat16': 'bf16', 'int8': 'f32'}
"""Of the arithmetic that is not in int8 already by the network's own graph."""
INT8 = 'int8'
"""The precision, and the folder of its files in a model folder."""


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
            processor does not compute in the requested precision, or the model has no files of it.
        """
        spec = card.spec
        with told(f'converting {card.name} for OpenVINO, once for this model and user; this takes '
                  'up to a minute', after_sec=TOLD_SEC):
            folder, warnings = find_or_export(card)
        plan = PartPlan.load(folder)
        models = OpenVinoModels(
            plan, folder, settings, int8_files(card) if settings.cpu_precision == INT8 else {})
        self._reuse = FrameReuse(
            plan, models, (spec.size_px, spec.size_px, len(spec.mean)), models.item_shapes)
        self._reuse.measure()
        self.description = BackendDescription(
            'openvino', openvino.get_version().split('-')[0], models.device,
            settings.cpu_precision, notes=self._reuse.describe(),
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

    def __init__(
        self, plan: PartPlan, folder: Path, settings: BackendSettings,
        instead: Mapping[str, Path] | None = None,
    ) -> None:
        """
        Compile the models.

        :param plan: how the network is cut.
        :param folder: holds .xml and .bin of each.
        :param settings: threads, cores and precision.
        :param instead: .xml files that are used instead of those of the folder, by the name of
            their model.
        :raises RuntimeError: when the processor does not compute in that precision.
        """
        self._core = openvino_core()
        self._folder, self._instead = folder, instead or {}
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
            model = self._read(part.name)
            for name, output in zip(part.outputs, model.outputs):
                self.item_shapes[name] = tuple(output.shape)[1:]
            for size in part.batches:
                if size > 1:
                    model.reshape({port: [size, *tuple(port.shape)[1:]] for port in model.inputs})
                self._requests[part.name, size] = self._compile(model)
                # Read it again rather than trust a shape that is set back.
                model = self._read(part.name)
        for name in (BODY, *([WHOLE] if plan.has_whole else [])):
            self._requests[name, 0] = self._compile(self._read(name))

    def _read(self, name: str) -> openvino.Model:
        return self._core.read_model(self._instead.get(name, self._folder / f'{name}.xml'))

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


def openvino_identity() -> Values:
    """
    Return what the speed of a precision depends on, besides the model and its threads.

    :return: version of the library, and name of the processor.
    """
    return {'openvino': openvino.get_version(),
            'device': openvino_core().get_property('CPU', 'FULL_DEVICE_NAME').strip()}


def int8_files(card: ModelCard) -> dict[str, Path]:
    """
    Return the parts of a network in int8 that lie in its model folder.

    :param card: the model.
    :return: .xml files, by the name of the part; each with its weights beside it.
    :raises RuntimeError: when it has none, or others than its card names.
    """
    vouched = card.cpu_precisions.get(INT8)
    if vouched is None or not vouched.sha256:
        raise RuntimeError(
            f'cpu_precision int8 needs a model that was quantised, which {card.name} was not; use '
            'float32, or quantise it: python -m training.quantise')
    for name, sha256 in vouched.sha256.items():
        path = card.folder / INT8 / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise RuntimeError(
                f'cpu_precision int8: expected {path} with SHA-256 {sha256}, as in the card, got '
                f'{"another" if path.is_file() else "no file"}; copy the whole model folder '
                'again, or use float32')
    return {Path(name).stem: card.folder / INT8 / name for name in vouched.sha256
            if name.endswith('.xml')}
