# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Shared by the benchmarks of networks: models, clips, and interleaved timing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import statistics
import tempfile
import time
from typing import Any
import warnings

from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.model_card import Architecture, InputSpec, ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.networks import build_network
from imrs_ros.networks.build import default_normalisation
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
import numpy as np
import openvino
import torch
from tqdm import tqdm
from training.model_folder.calibration import NO_CALIBRATION
from training.model_folder.writer import write_model_folder

NUM_LABELS = 51
SIZE_PX, NUM_FRAMES = 112, 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How long a call took."""

    wall_ms: float
    """Median of elapsed time."""
    cpu_ms: float
    """Median of the CPU time of this process: it holds where others take the cores."""
    least_ms: float
    """Least elapsed time."""


def timings(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """
    Time calls, interleaved so that other load on the machine affects all of them alike.

    :param calls: by name.
    :param rounds: calls of each, after one more to warm up.
    :return: of each.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for i in tqdm(range(rounds + 1), disable=None):
        for name, call in calls.items():
            start_sec, cpu_sec = time.perf_counter(), time.process_time()
            call()
            if i:
                times[name].append((1000 * (time.perf_counter() - start_sec),
                                    1000 * (time.process_time() - cpu_sec)))
    return {name: Timing(
        wall_ms=statistics.median(wall for wall, _ in taken),
        cpu_ms=statistics.median(cpu for _, cpu in taken),
        least_ms=min(wall for wall, _ in taken)) for name, taken in times.items()}


def medians_ms(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """
    Time calls, interleaved.

    :param calls: by name.
    :param rounds: calls of each, after one more to warm up.
    :return: the median of each, ms.
    """
    return {name: timing.wall_ms for name, timing in timings(calls, rounds).items()}


@contextmanager
def model_card(name: str) -> Iterator[ModelCard]:
    """
    Provide a model: an installed one, or a network with random weights.

    :param name: of an installed model, or of a network with channel excitation.
    :return: its card.
    """
    if name == 'ucf10':
        yield ModelCard.load(find_model(name))
        return
    torch.manual_seed(0)
    mean, std = default_normalisation(name, 3)
    network = build_network(name, num_classes=NUM_LABELS)
    with tempfile.TemporaryDirectory() as folder:
        yield write_model_folder(
            Path(folder) / name, name=name, state=network.state_dict(), dtype=torch.float32,
            architecture=Architecture(
                name=name, excitation='ce', excitation_stages=None, width=1.0),
            spec=InputSpec(
                num_frames=NUM_FRAMES, fps=25.0, size_px=SIZE_PX, mean=mean, std=std),
            labels=tuple(f'class{i}' for i in range(NUM_LABELS)), provenance={},
            calibration=NO_CALIBRATION)


def whole_graph(card: ModelCard, num_threads: int) -> Callable[[Clip], np.ndarray]:
    """
    Compile a network as one OpenVINO graph from clip to logits, to compare frame reuse with.

    :param card: the model.
    :param num_threads: 0 for OpenVINO's default.
    :return: a call that scores a clip, logits_1K.
    """
    spec = card.spec
    shape = [1, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        model = openvino.convert_model(torch.export.export(
            load_network(card), (torch.zeros(shape, dtype=torch.uint8),)))
    model.reshape(shape)
    config = {'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': 'f32',
              **({'INFERENCE_NUM_THREADS': num_threads} if num_threads else {})}
    request = openvino_core().compile_model(model, 'CPU', config).create_infer_request()

    def score(clip: Clip) -> np.ndarray:
        request.infer([clip.frames_THWC[None]], share_inputs=True, share_outputs=True)
        return np.array(request.get_output_tensor(0).data)
    return score


class Windows:
    """Windows of a camera of noise, a fixed number of frames apart."""

    def __init__(self, card: ModelCard, hop: int, camera: str) -> None:
        """
        Generate frames.

        :param card: the model.
        :param hop: frames from window to window.
        :param camera: name of the camera.
        """
        spec = card.spec
        self._frames = np.random.default_rng(0).integers(
            0, 256, (4 * spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), np.uint8)
        self._num_frames, self._hop, self._camera, self._first = spec.num_frames, hop, camera, 0

    def advance(self) -> Clip:
        """
        Return the next window.

        :return: a window, its frames a copy.
        """
        chosen = np.arange(self._first, self._first + self._num_frames) % len(self._frames)
        clip = Clip(self._camera, self._frames[chosen], self._first, 1, '')
        self._first += self._hop
        return clip


def save(path: Path | None, records: Sequence[Mapping[str, Any]]) -> None:
    """
    Write records.

    :param path: a JSON file; None to write nothing.
    :param records: one per row of the table.
    """
    if path is not None:
        path.write_text(json.dumps(records, indent=2) + '\n', encoding='utf-8')


def show(records: Sequence[Mapping[str, Any]]) -> None:
    """
    Print records.

    :param records: one per row, all with the same keys.
    """
    for i, record in enumerate(records):
        if not i:
            print('  '.join(f'{key:>16}' for key in record))
        print('  '.join(f'{value:16.4g}' if isinstance(value, float) else f'{value!s:>16}'
                        for value in record.values()), flush=True)
