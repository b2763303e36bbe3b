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
run), the same under ``torch.compile``, and a matrix product in PyTorch as the peak of this
machine. FLOPs are 2 x MAC of a whole clip.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.networks.weights import load_network
from imrs_ros.settings import BackendSettings
from side_by_side import medians_ms, model_card, save, show, Windows
import torch
from training.scoring.complexity import measure_complexity

MATRIX_SIDE = 2048
PEAK, EAGER = 'matrix product', 'torch eager'


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
        network = load_network(card).eval()
        flops = measure_complexity(
            network, num_frames=card.spec.num_frames, size_px=card.spec.size_px).flops
        apart, shared = (Windows(card, hop, f'hop {hop}') for hop in (card.spec.num_frames, 1))
        clip = torch.from_numpy(apart.advance().frames_THWC[None])
        matrix = torch.rand(MATRIX_SIDE, MATRIX_SIDE)
        times = medians_ms({
            'openvino, no shared frames': lambda: backend.infer([apart.advance()]),
            'openvino, hop 1': lambda: backend.infer([shared.advance()]),
            EAGER: scoring(network, clip),
            'torch.compile': scoring(torch.compile(network), clip),
            PEAK: lambda: matrix @ matrix}, options.rounds)
        backend.close()
    peak_gflops = 2 * MATRIX_SIDE ** 3 / times.pop(PEAK) / 1e6
    records = [{
        'way': way, 'ms': ms, 'times_faster_than_eager': times[EAGER] / ms,
        'gflop_per_sec': flops / ms / 1e6, 'peak_gflop_per_sec': peak_gflops,
        'share_of_peak': flops / ms / 1e6 / peak_gflops} for way, ms in times.items()]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
