# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What else one could run: ``PYTHONPATH=. python benchmarks/alternatives.py``.

Times one window of each network in one process, interleaved: the installed model in OpenVINO (the
default) by hop, and whole in ONNX Runtime and PyTorch, and X3D-S and X3D-M of pytorchvideo (random
weights: time alone) in PyTorch, OpenVINO and ONNX Runtime. X3D has the sizes it was trained with,
13 x 160 x 160 and 16 x 224 x 224; its published accuracy needs larger ones. pytorchvideo is
installed by

    pip install --no-deps pytorchvideo fvcore iopath yacs portalocker termcolor tabulate

and left out where it is not. It imports torchvision for detection, which X3D does not use.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
import importlib
import importlib.util
from pathlib import Path
import sys
import tempfile
from types import ModuleType
import warnings

from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.model_card import ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.part_plan import PartPlan
from imrs_ros.settings import BackendSettings
import numpy as np
import openvino
from side_by_side import model_card, save, show, timings, Windows
import torch
from torch.utils.flop_counter import FlopCounterMode
from work import window_gflop

X3D = {'X3D-S': (13, 160), 'X3D-M': (16, 224)}
"""Frames and side of the clips."""
DEPTH_FACTOR = 2.2
INSTALL = 'pip install --no-deps pytorchvideo fvcore iopath yacs portalocker termcolor tabulate'
OURS = 'imrs_ros'
Call = Callable[[], object]


@contextmanager
def _torchvision_named() -> Iterator[None]:
    """Let pytorchvideo.models be imported without torchvision, which detection heads alone use."""
    if importlib.util.find_spec('torchvision') is not None:
        yield
        return
    ops = ModuleType('torchvision.ops')
    ops.RoIAlign = None  # type: ignore[attr-defined]
    sys.modules['torchvision'], sys.modules['torchvision.ops'] = ModuleType('torchvision'), ops
    try:
        yield
    finally:
        del sys.modules['torchvision'], sys.modules['torchvision.ops']


def create_x3d(name: str) -> torch.nn.Module:
    """
    Create a network of pytorchvideo with random weights.

    :param name: of ``X3D``.
    :return: takes clips_NCTHW, float32.
    :raises ImportError: without pytorchvideo.
    """
    with _torchvision_named():
        create = importlib.import_module('pytorchvideo.models.x3d').create_x3d
    num_frames, size_px = X3D[name]
    torch.manual_seed(0)
    network: torch.nn.Module = create(
        input_clip_length=num_frames, input_crop_size=size_px, depth_factor=DEPTH_FACTOR).eval()
    return network


def in_libraries(
    network: torch.nn.Module, clip: torch.Tensor, num_threads: int,
) -> dict[str, Call]:
    """
    Return a network whole, in every library that takes it.

    :param network: in evaluation mode.
    :param clip: its input.
    :param num_threads: of each library.
    :return: calls that score the clip, by name of the library; those that cannot convert the
        network are named and left out.
    """
    def in_torch() -> object:
        with torch.inference_mode():
            return network(clip)
    calls: dict[str, Call] = {'PyTorch': in_torch}
    for name, convert in (('OpenVINO', _in_openvino), ('ONNX Runtime', _in_onnx_runtime)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                calls[name] = convert(network, clip, num_threads)
        # Whatever a converter raises, the others are measured.
        except Exception as error:
            print(f'{name}: left out: {type(error).__name__}: {str(error):.300}')
    return calls


def _in_openvino(network: torch.nn.Module, clip: torch.Tensor, num_threads: int) -> Call:
    model = openvino.convert_model(torch.export.export(network, (clip,)))
    model.reshape(list(clip.shape))
    request = openvino_core().compile_model(model, 'CPU', {
        'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': 'f32',
        'INFERENCE_NUM_THREADS': num_threads}).create_infer_request()
    array = clip.numpy()
    return lambda: request.infer([array], share_inputs=True, share_outputs=True)


def _in_onnx_runtime(network: torch.nn.Module, clip: torch.Tensor, num_threads: int) -> Call:
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = num_threads, 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'network.onnx'
        torch.onnx.export(network, (clip,), path, dynamo=True, verbose=False)
        session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    inputs = {session.get_inputs()[0].name: clip.numpy()}
    return lambda: session.run(None, inputs)


def count_gflop(network: torch.nn.Module, clip: torch.Tensor) -> float:
    """
    Count the work of a clip.

    :param network: in evaluation mode.
    :param clip: its input.
    :return: 1e9 x 2 x MAC.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(clip)
    return float(counter.get_total_flops()) / 1e9


@dataclass(frozen=True, slots=True)
class Way:
    """One way to score a window."""

    network: str
    """Name of the network."""
    library: str
    """What runs it."""
    gflop: float
    """1e9 x 2 x MAC of a window that comes after others."""
    call: Call
    """Scores a window."""


def our_ways(card: ModelCard, backend: OpenVinoBackend, hops: Sequence[int]) -> Iterator[Way]:
    """
    Yield the default, by hop.

    :param card: the model.
    :param backend: it, loaded.
    :param hops: frames from window to window.
    :return: a way for each.
    """
    folder, _ = find_or_export(card)
    plan = PartPlan.load(folder)

    def score(windows: Windows) -> object:
        return backend.infer([windows.advance()])
    for hop in hops:
        yield Way(card.name, f'{OURS}, hop {hop}', window_gflop(folder, plan, hop),
                  partial(score, Windows(card, hop, str(hop))))


def whole_ways(card: ModelCard, num_threads: int) -> Iterator[Way]:
    """
    Yield whole networks in other libraries.

    :param card: the model.
    :param num_threads: of each library.
    :return: ways of the model, then of X3D, where pytorchvideo is installed.
    """
    networks: dict[str, tuple[torch.nn.Module, torch.Tensor]] = {card.name: (
        load_network(card).eval(),
        torch.from_numpy(Windows(card, 1, '').advance().frames_THWC[None]))}
    try:
        for name, (num_frames, size_px) in X3D.items():
            networks[name] = create_x3d(name), torch.from_numpy(
                np.random.default_rng(0).standard_normal(
                    (1, 3, num_frames, size_px, size_px), np.float32))
    except ImportError as error:
        print(f'X3D: left out: {error}; install it by: {INSTALL}')
    for name, (network, clip) in networks.items():
        gflop = count_gflop(network, clip)
        for library, call in in_libraries(network, clip, num_threads).items():
            yield Way(name, library, gflop, call)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Compare with what else one could run.')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--hops', type=int, nargs='+', default=[1, 4])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with model_card(options.model) as card:
        backend = OpenVinoBackend(card, BackendSettings(num_threads=options.threads))
        ways = [*our_ways(card, backend, options.hops), *whole_ways(card, options.threads)]
        for way in ways * 2:
            way.call()
        times = timings({f'{way.network} {way.library}': way.call for way in ways}, options.rounds)
        backend.close()
    ours = times[f'{card.name} {OURS}, hop {options.hops[-1]}']
    records = [{
        'network': way.network, 'way': way.library, 'gflop_a_window': way.gflop,
        'ms': timing.wall_ms, 'cpu_ms': timing.cpu_ms, 'least_ms': timing.least_ms,
        'times_ours': timing.wall_ms / ours.wall_ms, 'times_our_cpu': timing.cpu_ms / ours.cpu_ms}
        for way, timing in zip(ways, times.values())]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
