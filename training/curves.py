"""
Training curves: ``python -m training.curves RUN [RUN ...] --out FILE.png``.

Loss and validation accuracy against the epoch, of the runs' TensorBoard logs (as figure 4 of the
paper), in one picture.
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
"""Tags that training.train writes, and what they show."""
WIDTH_IN, HEIGHT_IN, DPI = 12.0, 4.0, 100


@dataclass(frozen=True, slots=True)
class Curve:
    """One value over the epochs of a run."""

    epochs: tuple[int, ...]
    """Ascending, from 1."""
    values: tuple[float, ...]
    """One an epoch; accuracies are fractions."""


def read_curves(folder: Path) -> dict[str, Curve]:
    """
    Read the log of a run; where a resumed run trained an epoch again, the later value counts.

    :param folder: the run's folder.
    :return: a curve for every tag of ``PANELS``.
    :raises ValueError: when the folder has no log, or a tag is not in it.
    """
    hint = 'expected a folder written by training.train, after its first epoch'
    if not any(folder.glob('*tfevents*')):
        raise ValueError(f'{folder}: {hint}; got one without TensorBoard log (*tfevents*)')
    log = event_accumulator.EventAccumulator(str(folder))
    log.Reload()
    found = log.Tags()['scalars']
    missing = [tag for tag in PANELS if tag not in found]
    if missing:
        raise ValueError(f'{folder}: {hint}; got a log without {missing}, it has {found}')
    return {tag: _make_curve(log, tag) for tag in PANELS}


def _make_curve(log: event_accumulator.EventAccumulator, tag: str) -> Curve:
    latest = {event.step: event.value
              for event in sorted(log.Scalars(tag), key=lambda event: event.wall_time)}
    epochs = tuple(sorted(latest))
    return Curve(epochs, tuple(latest[epoch] for epoch in epochs))


def draw_curves(folders: Sequence[Path], path: Path) -> None:
    """
    Draw the curves of runs, one colour a run.

    :param folders: the runs' folders, at least one.
    :param path: the PNG file, 1200 x 400 pixels.
    :raises ValueError: when there is no folder, or one has no log.
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
    """Name runs after their folders; by the whole path where that is not enough."""
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
