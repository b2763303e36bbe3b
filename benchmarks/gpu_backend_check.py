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
from dataclasses import replace
import itertools
from itertools import count
from pathlib import Path
import time
from typing import Any

from gpu_machine import caught
from imrs_ros.backends import Backend, FailoverBackend, load_backend
from imrs_ros.backends.frame_reuse.device import Device
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.gpu.cuda_driver import cuda_device
from imrs_ros.backends.gpu.torch_parts import TorchParts, TorchStorage
from imrs_ros.backends.reference import Infer, Reference
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

BATCHES = (1, 2, 3, 4, 8)
HOPS = (1, 4, 16)
"""Frames from one window of a stream to the next: those of 16 frames share 15, 12 or none."""
NUM_CAMERAS = (1, 8)
"""Of which windows fall due together."""
PERIOD = 64
"""Frames after which the pictures of a camera begin anew; their numbers go on."""
NUM_WARM_UPS = 3
MAX_LOST_MB = 64
"""From the first of several loads and closes to the last; what a driver rounds to is far less."""
FAR = 1000
"""Frames from one window to the next where none are shared."""


class Windows:
    """Random windows: new pixels for each call."""

    def __init__(self, spec: InputSpec) -> None:
        """
        Prepare.

        :param spec: the model's input.
        """
        shape = (PERIOD, spec.size_px, spec.size_px, len(spec.mean))
        frames_THWC = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        self._frames_THWC = np.concatenate([frames_THWC, frames_THWC[:spec.num_frames]])
        self._num_frames, self._numbers = spec.num_frames, count()

    def separate(self, number: int) -> list[Clip]:
        """
        Return windows of as many cameras that share no frame with any before.

        :param number: how many.
        :return: the windows.
        """
        call = next(self._numbers)
        starts = [(7 * call + i) % PERIOD for i in range(number)]
        return [Clip(f'camera{i}', self._frames_THWC[start:start + self._num_frames],
                     FAR * (call + 1), 0, '') for i, start in enumerate(starts)]

    def streamed(self, hop: int, number: int = 1) -> Iterator[list[Clip]]:
        """
        Yield windows of cameras, each so many frames after the last of its camera.

        :param hop: how many.
        :param number: of cameras, none of which was there before.
        :return: without end.
        """
        call = next(self._numbers)
        for first in count(FAR, hop):
            starts = [(first + i) % PERIOD for i in range(number)]
            yield [Clip(f'stream {call}.{i}', self._frames_THWC[start:start + self._num_frames],
                        first, 0, '') for i, start in enumerate(starts)]


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
        'plan_mb': {f'{path.parent.name}/{path.name}': round(path.stat().st_size / 1e6, 2)
                    for pattern in ('*/data', '*/*.plan') for path in cache.glob(pattern)},
        'scores': caught(lambda: _check_scores(card, backend)),
        'rows': caught(lambda: _check_rows(backend, windows)),
        'latency': caught(lambda: _time_batches(backend, windows, repeats)),
        'streams': caught(lambda: _check_streams(backend, windows)),
        'streamed': caught(lambda: _time_streams(backend, windows, repeats))}
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


def _time_streams(backend: Backend, windows: Windows, repeats: int) -> dict[str, Any]:
    """Time windows that may share frames, by hop and number of cameras."""
    found: dict[str, Any] = {}
    for hop in HOPS:
        found[f'hop {hop}'] = {}
        for number in NUM_CAMERAS:
            durations = []
            for _, clips in zip(range(repeats + NUM_WARM_UPS), windows.streamed(hop, number)):
                start = time.perf_counter()
                backend.infer(clips)
                durations.append(1e3 * (time.perf_counter() - start))
            found[f'hop {hop}'][str(number)] = _quantiles(durations)
    return found


def _check_streams(backend: Backend, windows: Windows) -> dict[str, Any]:
    """Score windows that share frames, and each as of a new camera: largest difference by hop."""
    found = {}
    for hop in HOPS:
        differences = []
        for _, clips in zip(range(NUM_WARM_UPS + 2), windows.streamed(hop, NUM_CAMERAS[-1])):
            logits = backend.infer(clips)
            whole = backend.infer([replace(clip, camera=f'{clip.camera} at {clip.first_sequence}')
                                   for clip in clips])
            differences.append(float(np.abs(logits - whole).max()))
        found[f'hop {hop}'] = max(differences)
    return found


def count_work(card: ModelCard) -> dict[str, Any]:
    """
    Count what the parts of a network compute for a window that shares frames, on the CPU.

    :param card: the model.
    :return: GFLOP a window (2 x MAC of convolutions and dense layers) and frames uploaded, by hop,
        and for a whole window.
    """
    spec, network = card.spec, load_network(card)
    device, frame_shape = torch.device('cpu'), (spec.size_px, spec.size_px, len(spec.mean))
    uploaded: list[int] = []

    class Counted(TorchStorage):

        def upload(self, frames: Any, slots: Any) -> None:
            uploaded.append(len(frames))
            super().upload(frames, slots)

    def score_whole(clips: Any) -> Any:
        uploaded.append(spec.num_frames * len(clips))
        return network(torch.from_numpy(np.stack([clip.frames_THWC for clip in clips]))).numpy()
    parts, windows = TorchParts(network, spec.num_frames, frame_shape, device), Windows(spec)
    found: dict[str, Any] = {}
    with torch.inference_mode():
        for hop in (*HOPS, 0):
            reuse = FrameReuse(
                parts.plan, parts, frame_shape, parts.item_shapes, device=Device(
                    Counted(device, torch.float32, frame_shape), score_whole, (1, 2, 4, 8), (1,)))
            reuse.most_new = HOPS[-1] - 1 if hop else 0
            stream = windows.streamed(hop or 1)
            # Looks are of every fourth frame: after four windows, all that can be is shared.
            for clips in itertools.islice(stream, 6 if hop else 0):
                reuse.infer(clips)
            uploaded.clear()
            with FlopCounterMode(display=False) as counter:
                reuse.infer(next(stream))
            found[f'hop {hop}' if hop else 'whole'] = {
                'gflop': round(counter.get_total_flops() / 1e9, 3), 'frames': sum(uploaded)}
    return found


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
    :return: what JSON can hold; ``error`` where memory is lost.
    """
    free_mb, windows = [], Windows(card.spec)
    for _ in range(times):
        backend, _, _ = _timed_load(card, name)
        backend.infer(windows.separate(8))
        backend.close()
        free_mb.append(round(cuda_device().memory()[0] / 1e6, 1))
    lost_mb = round(free_mb[0] - free_mb[-1], 1)
    found: dict[str, Any] = {'free_mb_after_each': free_mb, 'lost_mb': lost_mb}
    if lost_mb > MAX_LOST_MB:
        found['error'] = (f'expected {times} loads and closes to leave the memory of the GPU as '
                          f'it was, within {MAX_LOST_MB} MB, got {lost_mb} MB less')
    return found
