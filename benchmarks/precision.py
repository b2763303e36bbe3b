# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Speed and accuracy of bfloat16 on a CPU: ``PYTHONPATH=. python benchmarks/precision.py``.

Times windows of one camera in both precisions, interleaved, and scores the test list of a split
with both: accuracy, how often the best class is the same, and the difference of the logits.
Without real videos (``IMRS_DATA``) it measures the times only.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.demo.sources import data_folder
from imrs_ros.model_card import ModelCard
from imrs_ros.settings import BackendSettings, CPU_PRECISIONS
import numpy as np
from side_by_side import medians_ms, model_card, save, show, Windows
from tqdm import tqdm
from training.clips.windows import video_windows
from training.data_set.splits import read_split
from training.learning.accuracy import count_right
from training.scoring.scored_model import backend_scorer


def times_ms(card: ModelCard, hop: int, rounds: int) -> dict[str, float]:
    """
    Time windows in every precision.

    :param card: the model.
    :param hop: frames from window to window.
    :param rounds: windows.
    :return: the median by precision, ms.
    """
    backends = {name: OpenVinoBackend(card, BackendSettings(cpu_precision=name))
                for name in CPU_PRECISIONS}
    windows = {name: Windows(card, hop, name) for name in backends}
    for name, backend in backends.items():
        for _ in range(3):
            backend.infer([windows[name].advance()])
    return medians_ms({name: partial(_infer_next, backend, windows[name])
                       for name, backend in backends.items()}, rounds)


def _infer_next(backend: OpenVinoBackend, windows: Windows) -> None:
    backend.infer([windows.advance()])


def accuracy(card: ModelCard, data: Path, split: int) -> dict[str, dict[str, float]]:
    """
    Score the test list in every precision.

    :param card: a model of its classes.
    :param data: folder with videos/ and splits/.
    :param split: official split.
    :return: figures by precision.
    """
    spec, videos = card.spec, read_split(data, split).test
    scorers = {
        name: backend_scorer(
            OpenVinoBackend(card, BackendSettings(cpu_precision=name)), len(card.labels))
        for name in CPU_PRECISIONS}
    windows = video_windows(num_frames=spec.num_frames, fps=spec.fps, size_px=spec.size_px)
    logits: dict[str, list[np.ndarray]] = {name: [] for name in scorers}
    for video in tqdm(videos, unit='video', disable=None):
        clips_MTHWC = windows(video)
        for name, score in scorers.items():
            logits[name].append(score(clips_MTHWC))
    exact = np.concatenate(logits['float32'])
    found = {}
    for name, of_videos in logits.items():
        right = count_right(of_videos, [video.label for video in videos])
        together = np.concatenate(of_videos)
        found[name] = {
            'clip_top1': right.clip_top1, 'video_top1': right.video_top1,
            'num_clips': right.num_clips, 'num_videos': right.num_videos,
            'same_best_class': float((together.argmax(1) == exact.argmax(1)).mean()),
            'logit_difference_mean': float(np.abs(together - exact).mean()),
            'logit_difference_max': float(np.abs(together - exact).max())}
    return found


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Measure the speed and accuracy of bfloat16.')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--hops', type=int, nargs='+', default=[1, 4, 16])
    parser.add_argument('--rounds', type=int, default=25)
    parser.add_argument('--data', type=Path, default=data_folder() / 'ucf101-subset',
                        help='data set whose test list is scored, where present')
    parser.add_argument('--split', type=int, default=1)
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    with model_card(options.model) as card:
        times = {hop: times_ms(card, hop, options.rounds) for hop in options.hops}
        figures = (accuracy(card, options.data, options.split) if options.data.is_dir() else {})
    records: list[dict[str, Any]] = [{
        'network': options.model, 'precision': name,
        **{f'hop_{hop}_ms': ms[name] for hop, ms in times.items()},
        **{f'hop_{hop}_ratio': ms['float32'] / ms[name] for hop, ms in times.items()},
        **figures.get(name, {})} for name in CPU_PRECISIONS]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
