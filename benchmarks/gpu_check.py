# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Check the GPU backends on a machine that has an NVIDIA GPU.

Builds and checks each backend with an empty cache, loads it again from the cache, times 1 to 8
clips per call, the backends interleaved, compares their scores with PyTorch in float32, and
reports what ``auto`` selects. Install ``requirements/gpu.txt``, then run ``.venv/bin/python
benchmarks/gpu_check.py``; exits with 1 if a backend was refused. ``tensorrt`` has not run on a GPU
yet.
"""

import argparse
from collections.abc import Sequence
import json
import os
from pathlib import Path
import sys
import tempfile
import time
from typing import Any

from imrs_ros.backends import Backend, load_backend, LoadedBackend
from imrs_ros.backends.gpu.presence import has_gpu
from imrs_ros.backends.reference import Reference
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np

BACKENDS = ('tensorrt', 'torch_cuda', 'openvino')
NUM_CLIPS = (1, 2, 4, 8)


def timed_load(card: ModelCard, name: str) -> tuple[LoadedBackend, float]:
    """
    Load a backend.

    :param card: the model.
    :param name: as in the setting ``backend``.
    :return: the backend, and the time to load it, s.
    """
    start = time.perf_counter()
    loaded = load_backend(card, BackendSettings(backend=name))
    return loaded, time.perf_counter() - start


def make_clips(spec: InputSpec, number: int) -> list[Clip]:
    """
    Return clips to score.

    :param spec: the model's input.
    :param number: how many.
    :return: golden clips, repeated.
    """
    clips = golden_clips(spec.num_frames, spec.size_px, len(spec.mean))
    return [Clip('', clips[i % len(clips)], 0, 0, '') for i in range(number)]


def latencies(
    backends: dict[str, Backend], spec: InputSpec, repeats: int,
) -> dict[str, dict[str, dict[str, float]]]:
    """
    Time all backends, interleaved.

    :param backends: loaded, by name.
    :param spec: the model's input.
    :param repeats: calls of each, for each number of clips.
    :return: p50 and p95 of a call, ms, by backend and number of clips.
    """
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in backends}
    for number in NUM_CLIPS:
        clips = make_clips(spec, number)
        durations: dict[str, list[float]] = {name: [] for name in backends}
        for i in range(repeats + 3):
            for name, backend in backends.items():
                start = time.perf_counter()
                backend.infer(clips)
                # The first three warm up.
                if i >= 3:
                    durations[name].append(1e3 * (time.perf_counter() - start))
        for name, values in durations.items():
            found[name][str(number)] = {
                'p50_ms': round(float(np.median(values)), 3),
                'p95_ms': round(float(np.quantile(values, 0.95)), 3)}
    return found


def check_backends(card: ModelCard, names: Sequence[str], repeats: int) -> dict[str, Any]:
    """
    Check every backend.

    :param card: the model.
    :param names: of the backends.
    :param repeats: calls of each, for each number of clips.
    :return: results by backend, refusals and errors among them.
    """
    reference = Reference.complete(card)
    found: dict[str, Any] = {}
    backends: dict[str, Backend] = {}
    for name in names:
        try:
            cold, cold_sec = timed_load(card, name)
            cold.backend.close()
            warm, warm_sec = timed_load(card, name)
        except RuntimeError as error:
            found[name] = {'error': str(error)}
            print(f'{name}: {error}')
            continue
        backends[name] = warm.backend
        clips = make_clips(card.spec, len(reference.logits_NK))
        difference = np.abs(warm.backend.infer(clips) - reference.logits_NK).max()
        found[name] = {
            'description': str(warm.backend.description), 'cold_start_sec': round(cold_sec, 2),
            'warm_start_sec': round(warm_sec, 2), 'notices': [*cold.fallbacks, *warm.fallbacks],
            'max_logit_difference': round(float(difference), 5)}
        print(f'{name}: {warm.backend.description}; cold start {cold_sec:.1f} s, warm '
              f'{warm_sec:.1f} s; logits within {difference:.5f} of PyTorch in float32 (bound '
              f'{card.golden.bound:g})')
        for notice in found[name]['notices']:
            print(f'  passed over: {notice}')
    for name, times in latencies(backends, card.spec, repeats).items():
        found[name]['latency'] = times
        print(f'{name:12}' + ''.join(
            f'  {number} clips {t["p50_ms"]:.2f} ms (p95 {t["p95_ms"]:.2f})'
            for number, t in times.items()))
    for backend in backends.values():
        backend.close()
    return found


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', default='ucf10', help='name or folder (default: %(default)s)')
    parser.add_argument('--backends', nargs='+', default=BACKENDS,
                        help='backends to check (default: %(default)s)')
    parser.add_argument('--repeats', type=int, default=50, help='calls (default: %(default)s)')
    parser.add_argument('--json', type=Path, help='also write the results to this file')
    arguments = parser.parse_args()
    if not has_gpu() and set(arguments.backends) & {'tensorrt', 'torch_cuda'}:
        sys.exit('gpu_check: expected an NVIDIA GPU, found none; --backends openvino torch '
                 'checks those of the CPU')
    card = ModelCard.load(find_model(arguments.model))
    with tempfile.TemporaryDirectory() as folder:
        # A network in the cache must not hide a build that fails.
        os.environ['XDG_CACHE_HOME'] = folder
        found = check_backends(card, arguments.backends, arguments.repeats)
        auto = load_backend(card, BackendSettings())
        again, again_sec = timed_load(card, 'auto')
        print(f'auto: {auto.backend.description}; warm start {again_sec:.1f} s')
        found['auto'] = {'description': str(again.backend.description),
                         'warm_start_sec': round(again_sec, 2), 'notices': auto.fallbacks}
    if arguments.json:
        arguments.json.write_text(json.dumps({'model': card.name, **found}, indent=2) + '\n')
    if any('error' in entry or entry['notices'] for entry in found.values()):
        sys.exit('gpu_check: a backend was refused or passed over, see above')


if __name__ == '__main__':
    main()
