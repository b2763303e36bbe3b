"""
How well decisions over time hold: ``python -m training.decisions --data DIR [--search]``.

Plays videos of actions with background between them through the recognizer as one stream, scores
every window once, and decides from the scores by any number of settings. Prints some figures of
``imrs_ros.evaluation`` for each, beside those of the plain best class of every window.
``--search`` tries a grid on videos that the model has neither learnt from nor is judged by.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product, zip_longest
import json
from pathlib import Path
from random import Random

from imrs_ros.backends import load_backend
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.figure import format_figure
from imrs_ros.evaluation.metrics.figures import figures
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import hold_ns, settle_ns
from imrs_ros.evaluation.search import decide
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision, Frame, NO_ACTION
from imrs_ros.settings import BackendSettings, DecisionSettings, WindowSettings
from imrs_ros.video import read_video
import numpy as np
from tqdm import tqdm
from training.clips.run_data import hold_out
from training.config import RunConfig
from training.data_set.splits import read_background, read_split

SHOWN = ('settled_accuracy', 'f1@25', 'num_found', 'delay_median_sec', 'false_per_min',
         'changes_per_min')
ARG_MAX = DecisionSettings(
    smoothing_sec=0.0, min_duration_sec=0.0, enter_threshold=1e-6, leave_threshold=0.0)
GRID = {'enter_threshold': (0.4, 0.5, 0.6, 0.7, 0.8, 0.9), 'leave_share': (0.5, 0.7, 0.9),
        'smoothing_sec': (0.2, 0.5, 1.0), 'min_duration_sec': (0.0, 0.2, 0.5)}


def interleave(data: Path, card: ModelCard, which: str, max_videos: int | None,
               ) -> list[tuple[str, Path]]:
    """
    Put videos of actions and of background in a fixed random order, in turn.

    :param data: a data set with background lists.
    :param card: the model; its validation groups are those of its training.
    :param which: ``validation`` or ``test``.
    :param max_videos: actions at most.
    :return: label and file of each.
    """
    config = RunConfig.from_mapping(dict(card.provenance['config']), str(card.folder))
    split = read_split(data, config.split)
    chosen = split.test if which == 'test' else hold_out(split.train, config)[1]
    actions = [(split.labels[video.label], video.path) for video in chosen]
    background = [(NO_ACTION, path)
                  for path in read_background(data, 'test' if which == 'test' else 'train')]
    rng = Random(0)
    rng.shuffle(actions)
    rng.shuffle(background)
    actions = actions[:max_videos]
    pairs = zip_longest(actions, background[:len(actions)])
    return [item for item in chain.from_iterable(pairs) if item is not None]


def play(videos: Sequence[tuple[str, Path]], card: ModelCard, hop: int) -> Track:
    """
    Play videos one after the other to the recognizer.

    :param videos: label and file of each.
    :param card: the model.
    :param hop: of the windows.
    :return: the scores of all windows, and where each action lay.
    """
    backend = load_backend(card, BackendSettings()).backend
    window = WindowSettings(hop=hop)
    recognizer = Recognizer(card, backend, ['camera'], window=window)
    decisions: list[Decision] = []
    actions: list[Segment] = []
    start_ns = 0
    for label, path in tqdm(videos, unit='video', desc='score', disable=None):
        first_ns = start_ns
        for frame in read_video(path):
            stamp_ns = first_ns + frame.stamp_ns
            recognizer.push('camera', Frame(stamp_ns, '', frame.image_HWC))
            decisions += recognizer.step()
            start_ns = stamp_ns + round(1e9 / card.spec.fps)
        if label != NO_ACTION:
            actions.append(Segment(first_ns, start_ns, label))
    recognizer.close()
    times_N = np.array([decision.scores.stamp_ns for decision in decisions], np.int64)
    return Track(
        classes=card.labels, duration_ns=start_ns, hold_ns=hold_ns(window, card),
        settle_ns=settle_ns(card), times_N=times_N, known_N=times_N,
        probabilities_NK=np.stack([decision.probabilities_K for decision in decisions]),
        decided_labels=tuple(decision.label for decision in decisions),
        confidences_N=np.array([decision.confidence for decision in decisions]),
        annotated=tuple(actions))


def grid() -> Iterator[DecisionSettings]:
    """
    Unfold ``GRID``.

    :return: all its settings.
    """
    for enter, share, smoothing_sec, min_duration_sec in product(*GRID.values()):
        yield DecisionSettings(
            enter_threshold=enter, leave_threshold=round(enter * share, 3),
            smoothing_sec=smoothing_sec, min_duration_sec=min_duration_sec)


def describe(name: str, found: Mapping[str, float | int | None]) -> str:
    """
    Give figures as a line of the table.

    :param name: of the settings.
    :param found: what they are worth.
    :return: the line.
    """
    return f'{name:36} ' + ' '.join(f'{format_figure(found[figure]):>16}' for figure in SHOWN)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.decisions', description='Measure decisions over time.')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--videos', choices=('validation', 'test'), default='validation')
    parser.add_argument('--max-videos', type=int, help='of actions; default all')
    parser.add_argument('--hop', type=int, default=WindowSettings().hop)
    parser.add_argument('--search', action='store_true', help='try a grid, and print the best')
    parser.add_argument('--json', type=Path, help='write all figures there')
    options = parser.parse_args()
    if options.search and options.videos == 'test':
        parser.error('settings are chosen on validation videos, never on those of the test list')
    card = ModelCard.load(find_model(options.model))
    videos = interleave(options.data, card, options.videos, options.max_videos)
    track = play(videos, card, options.hop)
    tried = {'best class of every window': ARG_MAX, 'defaults': DecisionSettings()}
    if options.search:
        tried |= {' '.join(f'{value:g}' for value in (
            s.enter_threshold, s.leave_threshold, s.smoothing_sec, s.min_duration_sec)): s
            for s in grid()}
    measured = {name: figures([decide(track, settings)]) for name, settings in tried.items()}
    print(f'{len(videos)} videos, {len(track.decided_labels)} windows\n'
          f'{"enter leave smoothing min_duration":36} ' + ' '.join(f'{f:>16}' for f in SHOWN))
    ranked = sorted(measured, key=lambda name: -(measured[name]['settled_accuracy'] or 0))
    for name in dict.fromkeys([*list(tried)[:2], *ranked[:15]]):
        print(describe(name, measured[name]))
    if options.json:
        options.json.write_text(json.dumps(measured, indent=2) + '\n')


if __name__ == '__main__':
    main()
