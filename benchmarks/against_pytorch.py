# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
This project's CPU default against PyTorch: ``PYTHONPATH=. python benchmarks/against_pytorch.py``.

Times one clip of resnext101 with channel excitation, interleaved: the OpenVINO backend on windows
that share no frames and on windows one frame apart, the plain PyTorch module (what users of MARS
run), the same under ``torch.compile``, and matrix products in OpenVINO, PyTorch and NumPy, of
which the fastest is the peak of this machine (``peak``). Work is 2 x MAC, and only what is really
done counts: of windows that share frames, the new part. The share of the peak compares the best
round of each, which other load on the machine disturbs least.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.networks.weights import load_network
from imrs_ros.part_plan import PartPlan
from imrs_ros.settings import BackendSettings
from peak import best_gflops, matrix_products, PREFIX, share_of_peak
from side_by_side import model_card, save, show, timings, Windows
import torch
from training.scoring.complexity import measure_complexity
from work import window_gflop

EAGER, SHARED = 'torch eager', 'openvino, hop 1'


def scoring(network: Callable[[torch.Tensor], torch.Tensor], clip: torch.Tensor,
            ) -> Callable[[], object]:
    """
    Return a call that scores a clip.

    :param network: scores clips_NTHWC.
    :param clip: clip_1THWC, uint8.
    :return: the call.
    """
    def call() -> object:
        with torch.inference_mode():
            return network(clip)
    return call


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Compare the CPU default with PyTorch.')
    parser.add_argument('--network', default='resnext101')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with model_card(options.network) as card:
        backend = OpenVinoBackend(card, BackendSettings(num_threads=options.threads))
        folder, _ = find_or_export(card)
        plan = PartPlan.load(folder)
        network = load_network(card).eval()
        whole_gflop = measure_complexity(
            network, num_frames=card.spec.num_frames, size_px=card.spec.size_px).flops / 1e9
        apart, shared = (Windows(card, hop, f'hop {hop}') for hop in (card.spec.num_frames, 1))
        clip = torch.from_numpy(apart.advance().frames_THWC[None])
        times = timings({
            'openvino, no shared frames': lambda: backend.infer([apart.advance()]),
            SHARED: lambda: backend.infer([shared.advance()]),
            EAGER: scoring(network, clip),
            'torch.compile': scoring(torch.compile(network), clip),
            **matrix_products(options.threads)}, options.rounds)
        backend.close()
        gflop = {SHARED: window_gflop(folder, plan, 1)}
    peak, peak_gflops = best_gflops(times)
    records = []
    for way, timing in times.items():
        if way.startswith(PREFIX):
            continue
        done = gflop.get(way, whole_gflop)
        records.append({
            'way': way, 'ms': timing.wall_ms, 'cpu_ms': timing.cpu_ms,
            'times_faster_than_eager': times[EAGER].wall_ms / timing.wall_ms,
            'gflop': done, 'gflop_per_sec': 1000 * done / timing.wall_ms,
            'peak': peak, 'peak_gflop_per_sec': peak_gflops,
            'share_of_peak': share_of_peak(done, timing.least_ms, peak_gflops)})
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
