# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Check everything about the GPU backends in one command, and write one JSON, whatever fails.

Machine, driver, power mode and versions; each backend with the shipped model and, with random
weights, with every network: built with an empty cache, loaded again, checked in every batch
against PyTorch in float32, each row alone against in a batch, windows that share frames against
whole ones, timed by the wall clock and by the GPU's own, whole and streamed at hop 1, 4 and 16;
the work of a window counted; failover with an injected fault; a loop of loading and closing, with
memory. The traceback of whatever fails is in its place. Install ``requirements/gpu.txt``, then run
``PYTHONPATH=. .venv/bin/python benchmarks/gpu_check.py``; exits with 1 if anything failed.

``--dry-run`` needs no GPU: it runs all of it with small networks on stand-ins for the CUDA driver
and TensorRT, which evaluate the layers on the CPU. Its times mean nothing.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import importlib
import json
import os
from pathlib import Path
import sys
import tempfile
from typing import Any

from gpu_backend_check import check_backend, check_failover, check_memory, count_work
from gpu_machine import caught, describe_machine
from imrs_ros.backends import load_backend
from imrs_ros.backends.gpu.presence import has_gpu
from imrs_ros.model_card import Architecture, InputSpec, ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.networks import build_network
from imrs_ros.settings import BackendSettings
import torch
from training.model_folder.calibration import Calibration
from training.model_folder.writer import add_golden_scores, write_model_folder

BACKENDS = ('tensorrt', 'torch_cuda', 'onnx', 'openvino')
GPU_BACKENDS = ('tensorrt', 'torch_cuda')
NETWORKS = (('lite0', 1.0, 224), ('resnet18', 1.0, 112), ('resnext101', 1.0, 112))
"""With random weights: name, width and side of the frames."""
SMALL_NETWORKS = (('resnet18', 0.125, 32),)
NUM_LABELS = 10
NUM_LOADS = 10
SUPPORT = Path(__file__).resolve().parent.parent / 'test' / 'support'


def random_model(folder: Path, name: str, width: float, size_px: int) -> ModelCard:
    """
    Write a model with random weights.

    :param folder: where to write it.
    :param name: of the network.
    :param width: its width multiplier.
    :param size_px: side of its frames.
    :return: its card, with golden logits.
    """
    torch.manual_seed(0)
    spec = InputSpec(num_frames=16, fps=25.0, size_px=size_px, mean=(127.0,) * 3, std=(64.0,) * 3)
    network = build_network(
        name, num_classes=NUM_LABELS, width=width, mean=spec.mean, std=spec.std)
    write_model_folder(
        folder, name=f'random-{name}', spec=spec, state=network.state_dict(),
        architecture=Architecture(
            name=name, excitation='ce', excitation_stages=None, width=width),
        labels=tuple(f'class{i}' for i in range(NUM_LABELS)),
        calibration=Calibration(temperature=1.0), dtype=torch.float32, provenance={})
    return add_golden_scores(folder)


def check_model(
    card: ModelCard, names: Sequence[str], repeats: int, cache_home: Path,
) -> dict[str, Any]:
    """
    Check all backends with a model.

    :param card: the model.
    :param names: of the backends.
    :param repeats: calls for each batch size.
    :param cache_home: a folder; the cache of this model is made in it.
    :return: results by backend.
    """
    # What another model left in the cache must not hide a build that fails.
    home = cache_home / card.name
    os.environ['XDG_CACHE_HOME'] = str(home)
    found = {}
    for name in names:
        print(f'{card.name}: {name}', flush=True)
        found[name] = caught(lambda name=name: check_backend(  # type: ignore[misc]
            card, name, repeats, home / 'imrs_ros' / 'engines'))
        print(f'  {_summary(found[name])}', flush=True)
    return found


def _summary(entry: dict[str, Any]) -> str:
    if 'error' in entry:
        return f'FAILED: {entry["error"]}'
    times = ', '.join(f'{size}: {t["p50_ms"]} ms' for size, t in entry['latency'].items()
                      if isinstance(t, dict))
    streamed = ', '.join(f'{hop}: {t["1"]["p50_ms"]} ms' for hop, t in entry['streamed'].items()
                         if isinstance(t, dict))
    return (f'{entry["description"]}; scores {entry["scores"]}; clips per call {times}; '
            f'streamed {streamed}')


def run_all(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """
    Run all sections.

    :param arguments: of the command line.
    :param folder: for models and caches, empty.
    :return: the report.
    """
    found: dict[str, Any] = {'is_dry_run': arguments.dry_run, 'machine': caught(describe_machine)}
    networks = SMALL_NETWORKS if arguments.dry_run else NETWORKS
    cards = [caught(lambda network=network: random_model(  # type: ignore[misc]
        folder / network[0], *network)) for network in networks]
    if not arguments.dry_run:
        cards.insert(0, caught(lambda: ModelCard.load(find_model(arguments.model))))
    found['models'] = {}
    for place, card in enumerate(cards):
        is_card = isinstance(card, ModelCard)
        found['models'][card.name if is_card else f'model {place}'] = check_model(
            card, arguments.backends, arguments.repeats, folder / 'caches') if is_card else card
    found['work'] = {card.name: caught(lambda card=card: count_work(card))  # type: ignore[misc]
                     for card in cards if isinstance(card, ModelCard)}
    card = next((card for card in cards if isinstance(card, ModelCard)), None)
    if card is not None:
        os.environ['XDG_CACHE_HOME'] = str(folder / 'caches' / card.name)
        found['failover'] = caught(lambda: check_failover(card))
        found['memory'] = {name: caught(lambda name=name: check_memory(  # type: ignore[misc]
            card, name, arguments.loads))
            for name in arguments.backends if name in GPU_BACKENDS}
        names = ('tensorrt', 'openvino') if arguments.dry_run else None
        found['auto'] = caught(lambda: _auto(card, names))
    return found


def _auto(card: ModelCard, names: Sequence[str] | None) -> dict[str, Any]:
    loaded = load_backend(card, BackendSettings(), names)
    text = str(loaded.backend.description)
    loaded.backend.close()
    return {'description': text, 'notices': list(loaded.fallbacks)}


def failures(found: Any, path: str = '') -> Iterator[str]:
    """
    Yield what failed, and which backends were passed over.

    :param found: a report, or a part of it.
    :param path: where in the report.
    :return: a line for each.
    """
    for key, value in found.items() if isinstance(found, dict) else ():
        place = f'{path}.{key}' if path else key
        if key == 'error':
            yield f'{path}: {value}'
        elif key == 'notices':
            yield from (f'{place}: {text}' for text in value)
        elif path != 'machine':
            yield from failures(value, place)


@contextmanager
def stand_ins(is_wanted: bool) -> Iterator[None]:
    """
    Put stand-ins for the driver and TensorRT in place.

    :param is_wanted: whether to.
    """
    if not is_wanted:
        yield
        return
    sys.path.insert(0, str(SUPPORT))
    try:
        with importlib.import_module('gpu_stand_in').stand_in_gpu(is_found=True):
            yield
    finally:
        sys.path.remove(str(SUPPORT))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', default='ucf10', help='name or folder (default: %(default)s)')
    parser.add_argument('--backends', nargs='+', help=f'some of {", ".join(BACKENDS)} (default: '
                        'all)')
    parser.add_argument('--repeats', type=int, default=50, help='calls (default: %(default)s)')
    parser.add_argument('--loads', type=int, default=NUM_LOADS, help='times that a backend is '
                        'loaded and closed (default: %(default)s)')
    parser.add_argument('--json', type=Path, default=Path('gpu_check.json'),
                        help='file to write (default: %(default)s)')
    parser.add_argument('--dry-run', action='store_true', help='without a GPU, on stand-ins')
    arguments = parser.parse_args()
    arguments.backends = arguments.backends or (
        ('tensorrt',) if arguments.dry_run else BACKENDS)
    if not arguments.dry_run and not has_gpu() and set(arguments.backends) & set(GPU_BACKENDS):
        print('gpu_check: expected an NVIDIA GPU, found no device file of one; going on, so that '
              'the report says why', file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder, stand_ins(arguments.dry_run):
        found = run_all(arguments, Path(folder))
    arguments.json.write_text(json.dumps(found, indent=2, default=str) + '\n', encoding='utf-8')
    print(f'wrote {arguments.json}; please attach it to a report')
    problems = list(failures(found))
    for problem in problems:
        print(f'  {problem}')
    if problems:
        sys.exit('gpu_check: something failed or was passed over, see above')


if __name__ == '__main__':
    main()
