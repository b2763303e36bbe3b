# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
One backend and one model: whether it loads, is right in every batch, and how long it takes.

No window is scored twice, and no two share a frame, unless it is measured how well they do: a
backend that reuses frames would be timed doing nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
import time
from typing import Any

from gpu_machine import caught
from imrs_ros.backends import Backend, FailoverBackend, load_backend
from imrs_ros.backends.gpu.cuda_driver import cuda_device
from imrs_ros.backends.reference import Infer, Reference
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np

BATCHES = (1, 2, 3, 4, 8)
HOP = 4
"""Frames from one window of a stream to the next, where windows share frames."""
NUM_WARM_UPS = 3
FAR = 1000
"""Frames from one window to the next where none are shared."""


class Windows:
    """Random windows: new pixels for each call."""

    def __init__(self, spec: InputSpec) -> None:
        """
        Prepare.

        :param spec: the model's input.
        """
        shape = (spec.num_frames + 64, spec.size_px, spec.size_px, len(spec.mean))
        self._frames_THWC = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        self._num_frames, self._numbers = spec.num_frames, count()

    def separate(self, number: int) -> list[Clip]:
        """
        Return windows of as many cameras that share no frame with any before.

        :param number: how many.
        :return: the windows.
        """
        call = next(self._numbers)
        starts = [(7 * call + i) % 64 for i in range(number)]
        return [Clip(f'camera{i}', self._frames_THWC[start:start + self._num_frames],
                     FAR * (call + 1), 0, '') for i, start in enumerate(starts)]

    def streamed(self) -> Iterator[list[Clip]]:
        """
        Yield windows of one camera, each ``HOP`` frames after the last.

        :return: without end; the video starts anew, as new frames, when it is over.
        """
        first = FAR * FAR
        while True:
            for start in range(0, 64, HOP):
                yield [Clip('stream', self._frames_THWC[start:start + self._num_frames],
                            first + start, 0, '')]
            first += FAR


def check_backend(card: ModelCard, name: str, repeats: int, cache: Path) -> dict[str, Any]:
    """
    Build a backend with an empty cache, load it again from the cache, check it and time it.

    :param card: the model.
    :param name: of the backend.
    :param repeats: calls for each batch size.
    :param cache: where engines are stored.
    :return: what JSON can hold; the traceback of a part that fails is in its place.
    """
    cold, cold_sec, notices = _timed_load(card, name)
    cold.close()
    backend, warm_sec, more = _timed_load(card, name)
    windows = Windows(card.spec)
    found = {
        'description': str(backend.description), 'notices': [*notices, *more],
        'cold_start_sec': round(cold_sec, 2), 'warm_start_sec': round(warm_sec, 2),
        'plan_mb': {path.parent.name: round(path.stat().st_size / 1e6, 2)
                    for path in cache.glob('*/data')},
        'scores': caught(lambda: _check_scores(card, backend)),
        'rows': caught(lambda: _check_rows(backend, windows)),
        'latency': caught(lambda: _time_batches(backend, windows, repeats)),
        'streamed_ms': caught(lambda: _time_stream(backend, windows, repeats))}
    with suppress(Exception):
        backend.close()
    return found


def _timed_load(card: ModelCard, name: str) -> tuple[Backend, float, tuple[str, ...]]:
    start = time.perf_counter()
    loaded = load_backend(card, BackendSettings(backend=name))
    return loaded.backend, time.perf_counter() - start, loaded.fallbacks


def _check_scores(card: ModelCard, backend: Backend) -> dict[str, Any]:
    """Compare golden clips with PyTorch in float32, in every batch that the gate tries."""
    reference = Reference.complete(card)
    differences = []

    def infer(clips: Any) -> Any:
        logits = backend.infer(clips)
        rows = [next(i for i, clip in enumerate(reference.clips) if clip is found)
                for found in clips]
        differences.append(float(np.abs(logits - reference.logits_NK[rows]).max()))
        return logits
    checked: Infer = infer
    reference.check(checked)
    return {'max_logit_difference': max(differences), 'bound': card.golden.bound}


def _check_rows(backend: Backend, windows: Windows) -> dict[str, Any]:
    """Score each window in a batch and alone: largest difference by batch size."""
    found = {}
    for size in BATCHES:
        clips = windows.separate(size)
        together = backend.infer(clips)
        alone = np.concatenate([backend.infer([clip]) for clip in clips])
        found[str(size)] = float(np.abs(together - alone).max())
    return found


def _time_batches(backend: Backend, windows: Windows, repeats: int) -> dict[str, Any]:
    """Time calls by the wall clock, and, where the backend can, the network by the GPU's."""
    found: dict[str, Any] = {}
    gpu_ms: Callable[[int], float] | None = getattr(backend, 'gpu_ms', None)
    for size in BATCHES:
        durations = []
        for _ in range(repeats + NUM_WARM_UPS):
            clips = windows.separate(size)
            start = time.perf_counter()
            backend.infer(clips)
            durations.append(1e3 * (time.perf_counter() - start))
        found[str(size)] = _quantiles(durations)
        if gpu_ms is not None:
            found[str(size)]['gpu'] = _quantiles(
                [gpu_ms(size) for _ in range(repeats + NUM_WARM_UPS)])
    return found


def _time_stream(backend: Backend, windows: Windows, repeats: int) -> dict[str, Any]:
    durations = []
    for _, clips in zip(range(repeats + NUM_WARM_UPS), windows.streamed()):
        start = time.perf_counter()
        backend.infer(clips)
        durations.append(1e3 * (time.perf_counter() - start))
    return {'hop': HOP, **_quantiles(durations)}


def _quantiles(durations_ms: list[float]) -> dict[str, Any]:
    kept = durations_ms[NUM_WARM_UPS:]
    return {'p50_ms': round(float(np.median(kept)), 3),
            'p95_ms': round(float(np.quantile(kept, 0.95)), 3)}


def check_failover(card: ModelCard) -> dict[str, Any]:
    """
    Let the first backend fail while it runs, and see which one takes over.

    :param card: the model.
    :return: what JSON can hold.
    :raises RuntimeError: when scores after the fault are not those of the model.
    """
    reasons: list[str] = []
    backend = FailoverBackend(card, BackendSettings(), reasons.append)
    first, reference = str(backend.description), Reference.complete(card)

    def broken(clips: Any) -> Any:
        raise RuntimeError('a fault injected by gpu_check')
    # The one behind it, as a CUDA error would be raised by it.
    setattr(backend._backend, 'infer', broken)  # noqa: B010
    start = time.perf_counter()
    logits = backend.infer(reference.clips)
    seconds = time.perf_counter() - start
    difference = float(np.abs(logits - reference.logits_NK).max())
    second = str(backend.description)
    backend.close()
    if difference > card.golden.bound or second == first:
        raise RuntimeError(f'expected the next backend to take over, got {second} with logits '
                           f'that differ by {difference:.3g}')
    return {'before': first, 'after': second, 'seconds': round(seconds, 2), 'reasons': reasons,
            'max_logit_difference': difference}


def check_memory(card: ModelCard, name: str, times: int) -> dict[str, Any]:
    """
    Load and close a backend again and again, and see what memory of the GPU remains taken.

    :param card: the model.
    :param name: of the backend.
    :param times: how often.
    :return: what JSON can hold.
    """
    free_mb, windows = [], Windows(card.spec)
    for _ in range(times):
        backend, _, _ = _timed_load(card, name)
        backend.infer(windows.separate(8))
        backend.close()
        free_mb.append(round(cuda_device().memory()[0] / 1e6, 1))
    return {'free_mb_after_each': free_mb, 'lost_mb': round(free_mb[0] - free_mb[-1], 1)}
