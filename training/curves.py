# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Draw training curves: ``python -m training.curves RUN [RUN ...] --out FILE.png``.

One figure shows loss and validation accuracy over the epochs, from the TensorBoard logs of the
runs (as figure 4 of the paper).
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imrs_ros.atomic_file import replace_file
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tensorboard.backend.event_processing import (  # type: ignore[import-untyped]
    event_accumulator)

PANELS = {
    'loss/train': 'training loss', 'clip_top1/validation': 'validation clip top-1, %',
    'video_top1/validation': 'validation video top-1, %'}
"""Title of each tag that training.train logs."""
WIDTH_IN, HEIGHT_IN, DPI = 12.0, 4.0, 100


@dataclass(frozen=True, slots=True)
class Curve:
    """One logged value over the epochs of a run."""

    epochs: tuple[int, ...]
    """Ascending, from 1."""
    values: tuple[float, ...]
    """One per epoch; accuracies are fractions."""


def read_curves(folder: Path) -> dict[str, Curve]:
    """
    Read the log of a run; of an epoch that was trained twice, the later value is used.

    :param folder: folder of the run.
    :return: a curve for every tag of ``PANELS``.
    :raises ValueError: when the folder has no log, or the log lacks a tag.
    """
    hint = 'expected a folder written by training.train, after its first epoch'
    if not any(folder.glob('*tfevents*')):
        raise ValueError(f'{folder}: {hint}; got no TensorBoard log (*tfevents*)')
    log = event_accumulator.EventAccumulator(str(folder))
    log.Reload()
    found = log.Tags()['scalars']
    missing = [tag for tag in PANELS if tag not in found]
    if missing:
        raise ValueError(f'{folder}: {hint}; got a log without {missing}, only with {found}')
    return {tag: _make_curve(log, tag) for tag in PANELS}


def _make_curve(log: event_accumulator.EventAccumulator, tag: str) -> Curve:
    latest = {event.step: event.value
              for event in sorted(log.Scalars(tag), key=lambda event: event.wall_time)}
    epochs = tuple(sorted(latest))
    return Curve(epochs, tuple(latest[epoch] for epoch in epochs))


def draw_curves(folders: Sequence[Path], path: Path) -> None:
    """
    Draw the curves of runs, one colour per run.

    :param folders: folders of the runs, at least one.
    :param path: the PNG file, 1200 x 400 pixels.
    :raises ValueError: when there is no folder, or a folder has no log.
    """
    if not folders:
        raise ValueError('expected at least one run, got none')
    runs = {name: read_curves(folder) for name, folder in _name_runs(folders).items()}
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, layout='constrained')
    FigureCanvasAgg(figure)
    for axes, (tag, title) in zip(figure.subplots(1, len(PANELS)), PANELS.items()):
        scale = 1 if tag.startswith('loss') else 100
        for name, curves in runs.items():
            curve = curves[tag]
            axes.plot(curve.epochs, [scale * value for value in curve.values],
                      marker='.', markersize=4, linewidth=1.2, label=name)
        axes.set(xlabel='epoch', title=title)
        axes.grid(alpha=0.3)
    axes.legend(fontsize='small')
    with replace_file(path) as new:
        figure.savefig(new, format='png')


def _name_runs(folders: Sequence[Path]) -> dict[str, Path]:
    """Name runs after their folders, or their whole paths if two folders share a name."""
    names = [folder.name for folder in folders]
    if len(set(names)) == len(names):
        return dict(zip(names, folders))
    return {str(folder): folder for folder in folders}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.curves', description='draw training curves of runs')
    parser.add_argument('runs', type=Path, nargs='+', metavar='RUN', help='folder of a run')
    parser.add_argument('--out', type=Path, required=True, help='PNG file to write')
    arguments = parser.parse_args()
    draw_curves(arguments.runs, arguments.out)


if __name__ == '__main__':
    main()
