# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Speed of the precisions of a CPU: ``PYTHONPATH=. python benchmarks/precision.py``.

Times windows of one camera in every precision that this processor has, interleaved. What counts is
the CPU time, of which other processes take none. Accuracy is that of the model's card, measured by
``python -m training.quantise``. A network with random weights is quantised here, on noise: its
times are those of a trained one, and its scores mean nothing.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
import hashlib
from pathlib import Path
import tempfile
import time
from typing import Any

from imrs_ros.backends.openvino_backend import INT8, OpenVinoBackend
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.model_card import CARD_FILE, ModelCard, VouchedPrecision
from imrs_ros.settings import BackendSettings, CPU_PRECISIONS
from imrs_ros.yaml_file import read_yaml
import numpy as np
import openvino
from side_by_side import model_card, save, show, Windows
from tqdm import tqdm

FLOAT32 = 'float32'
NUM_NOISE = 4


def least_cpu_ms(backends: dict[str, OpenVinoBackend], card: ModelCard, hop: int, rounds: int,
                 ) -> dict[str, float]:
    """
    Time windows in every precision.

    :param backends: by precision.
    :param card: the model.
    :param hop: frames from window to window.
    :param rounds: windows of each, after three more to warm up.
    :return: the least CPU time a window by precision, ms.
    """
    windows = {name: Windows(card, hop, f'{name} {hop}') for name in backends}
    least = dict.fromkeys(backends, float('inf'))
    for i in tqdm(range(rounds + 3), disable=None):
        for name, backend in backends.items():
            clip = windows[name].advance()
            start_sec = time.process_time()
            backend.infer([clip])
            if i >= 3:
                least[name] = min(least[name], 1000 * (time.process_time() - start_sec))
    return least


@contextmanager
def quantised(card: ModelCard) -> Iterator[ModelCard]:
    """
    Provide a model that has int8: as it is, or quantised on noise.

    :param card: the model.
    :return: its card.
    """
    if INT8 in card.cpu_precisions or card.provenance:
        yield card
        return
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / INT8
        out.mkdir()
        for path in sorted(find_or_export(card)[0].glob('*.xml')):
            openvino.save_model(_on_noise(openvino_core().read_model(path)), out / path.name,
                                compress_to_fp16=False)
        # The backend looks for them in the model folder.
        (card.folder / INT8).symlink_to(out)
        yield replace(card, cpu_precisions={INT8: VouchedPrecision(
            clip_top1=0.0, clip_top1_float32=0.0, sha256={
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in out.iterdir()})})


def _on_noise(model: openvino.Model) -> openvino.Model:
    import nncf
    rng = np.random.default_rng(0)

    def noise(port: Any) -> np.ndarray:
        if port.element_type == openvino.Type.u8:
            return rng.integers(0, 256, list(port.shape), np.uint8)
        return rng.standard_normal(list(port.shape), np.float32)
    return nncf.quantize(
        model, nncf.Dataset([[noise(port) for port in model.inputs] for _ in range(NUM_NOISE)]),
        subset_size=NUM_NOISE)


def records_of(name: str, hops: list[int], rounds: int) -> list[dict[str, Any]]:
    """
    Measure a network.

    :param name: of an installed model, or of a network.
    :param hops: frames from window to window.
    :param rounds: windows of each.
    :return: a record for each precision.
    """
    with model_card(name) as found, quantised(found) as card:
        backends = {}
        for precision in CPU_PRECISIONS:
            try:
                backends[precision] = OpenVinoBackend(
                    card, BackendSettings(cpu_precision=precision))
            except RuntimeError as error:
                print(f'{name} in {precision}: {error}')
        times = {hop: least_cpu_ms(backends, card, hop, rounds) for hop in hops}
        vouched = read_yaml(card.folder / CARD_FILE).get('cpu_precisions', {})
    return [{
        'network': name, 'precision': precision,
        **{f'hop_{hop}_cpu_ms': ms[precision] for hop, ms in times.items()},
        **{f'hop_{hop}_ratio': ms[FLOAT32] / ms[precision] for hop, ms in times.items()},
        **{key: _reached(vouched, precision, key) for key in ('clip_top1', 'video_top1', 'auroc')}}
        for precision in backends]


def _reached(vouched: dict[str, Any], precision: str, key: str) -> float | None:
    """Return a figure of the card; in float32, that beside any other precision."""
    if precision == FLOAT32:
        return next((of.get(f'{key}_{FLOAT32}') for of in vouched.values()), None)
    figure: float | None = vouched.get(precision, {}).get(key)
    return figure


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure the speed of bfloat16 and int8.')
    parser.add_argument('--models', nargs='+', default=['ucf10', 'resnext101'],
                        help='installed models, or networks with random weights')
    parser.add_argument('--hops', type=int, nargs='+', default=[1, 4, 16])
    parser.add_argument('--rounds', type=int, default=25)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    records = [record for name in options.models
               for record in records_of(name, options.hops, options.rounds)]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
