"""
How well decisions over time hold: ``python -m training.decisions --data DIR [--search]``.

Plays videos of actions with background between them through the recognizer as one stream, scores
every window once, and decides from the scores by any number of settings. Prints for each, beside
the plain best class of every window: the share of time with the right label, actions found, delay
to the right label, false actions a minute of background, and label changes a minute.
``--search`` tries a grid on videos that the model has neither learnt from nor is judged by.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, product, zip_longest
import json
from pathlib import Path
from random import Random

from imrs_ros.backends import load_backend
from imrs_ros.decision import DecisionFilter
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision, Frame, NO_ACTION, Scores
from imrs_ros.settings import BackendSettings, DecisionSettings, WindowSettings
from imrs_ros.video import read_video
import numpy as np
from tqdm import tqdm
from training.config import RunConfig
from training.run_data import hold_out
from training.splits import read_background, read_split

GRACE_SEC = 1.0
"""After a cut, in which the window still shows what was before it."""
ARG_MAX = DecisionSettings(
    smoothing_sec=0.0, min_duration_sec=0.0, enter_threshold=1e-6, leave_threshold=0.0)
GRID = {'enter_threshold': (0.4, 0.5, 0.6, 0.7, 0.8, 0.9), 'leave_share': (0.5, 0.7, 0.9),
        'smoothing_sec': (0.2, 0.5, 1.0), 'min_duration_sec': (0.0, 0.2, 0.5)}


@dataclass(frozen=True, slots=True)
class Segment:
    """One video of the stream."""

    label: str
    """What it shows, or ``NO_ACTION``."""
    start_ns: int
    """Stamp of its first frame."""
    end_ns: int
    """Stamp of its last frame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What decisions by some settings are worth."""

    right_time: float
    """Share of windows with the right label, grace times left out."""
    found: float
    """Share of actions that were decided at all."""
    delay_sec: float
    """Median time from the start of an action to its label; of those found."""
    false_per_min: float
    """Actions that began in a minute of background, grace times left out."""
    changes_per_min: float
    """Changes of the decided label a minute."""


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


def score_stream(videos: Sequence[tuple[str, Path]], card: ModelCard, hop: int,
                 ) -> tuple[list[Scores], list[Segment]]:
    """
    Play videos one after the other to the recognizer.

    :param videos: label and file of each.
    :param card: the model.
    :param hop: of the windows.
    :return: the scores of all windows, and where each video lay.
    """
    backend = load_backend(card, BackendSettings()).backend
    recognizer = Recognizer(card, backend, ['camera'], window=WindowSettings(hop=hop))
    scores: list[Scores] = []
    segments: list[Segment] = []
    start_ns = 1_000_000_000
    for label, path in tqdm(videos, unit='video', desc='score', disable=None):
        stamp_ns = start_ns
        for frame in read_video(path):
            stamp_ns = start_ns + frame.stamp_ns
            recognizer.push('camera', Frame(stamp_ns, '', frame.image_HWC))
            scores += [decision.scores for decision in recognizer.step()]
        segments.append(Segment(label, start_ns, stamp_ns))
        start_ns = stamp_ns + round(1e9 / card.spec.fps)
    recognizer.close()
    return scores, segments


def decide(scores: Sequence[Scores], card: ModelCard, settings: DecisionSettings,
           ) -> list[Decision]:
    """
    Decide from scores.

    :param scores: of all windows.
    :param card: the model.
    :param settings: thresholds and times.
    :return: a decision for each.
    """
    decision_filter = DecisionFilter(card.labels, card.temperature, settings)
    return [decision_filter.update(one) for one in scores]


def judge(decisions: Sequence[Decision], segments: Sequence[Segment]) -> Figures:
    """
    Compare decisions with what was shown.

    :param decisions: one for every window.
    :param segments: the videos.
    :return: the figures.
    """
    stamps = np.array([decision.scores.stamp_ns for decision in decisions])
    labels = np.array([decision.label for decision in decisions])
    is_new = np.concatenate([[labels[0] != NO_ACTION], labels[1:] != labels[:-1]])
    num_right = num_judged = num_false = num_found = num_actions = 0
    background_sec = 0.0
    delays_sec = []
    for segment in segments:
        inside = (stamps >= segment.start_ns) & (stamps <= segment.end_ns)
        settled = inside & (stamps >= segment.start_ns + GRACE_SEC * 1e9)
        num_right += int((labels[settled] == segment.label).sum())
        num_judged += int(settled.sum())
        if segment.label == NO_ACTION:
            background_sec += max(0.0, (segment.end_ns - segment.start_ns) / 1e9 - GRACE_SEC)
            num_false += int((is_new & settled & (labels != NO_ACTION)).sum())
            continue
        num_actions += 1
        right = stamps[inside & (labels == segment.label)]
        if len(right):
            num_found += 1
            delays_sec.append((right[0] - segment.start_ns) / 1e9)
    minutes = (stamps[-1] - stamps[0]) / 60e9
    return Figures(
        right_time=num_right / num_judged, found=num_found / num_actions,
        delay_sec=float(np.median(delays_sec)) if delays_sec else float('nan'),
        false_per_min=60 * num_false / background_sec if background_sec else float('nan'),
        changes_per_min=float(is_new.sum() / minutes))


def grid() -> Iterator[DecisionSettings]:
    """
    Unfold ``GRID``.

    :return: all its settings.
    """
    for enter, share, smoothing_sec, min_duration_sec in product(*GRID.values()):
        yield DecisionSettings(
            enter_threshold=enter, leave_threshold=round(enter * share, 3),
            smoothing_sec=smoothing_sec, min_duration_sec=min_duration_sec)


def describe(name: str, figures: Figures) -> str:
    """
    Give figures as a line of the table.

    :param name: of the settings.
    :param figures: what they are worth.
    :return: the line.
    """
    return (f'{name:36} {figures.right_time:7.1%} {figures.found:7.1%} {figures.delay_sec:8.2f} '
            f'{figures.false_per_min:10.2f} {figures.changes_per_min:12.1f}')


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
    scores, segments = score_stream(videos, card, options.hop)
    tried = {'best class of every window': ARG_MAX, 'defaults': DecisionSettings()}
    if options.search:
        tried |= {' '.join(f'{value:g}' for value in (
            s.enter_threshold, s.leave_threshold, s.smoothing_sec, s.min_duration_sec)): s
            for s in grid()}
    measured = {name: judge(decide(scores, card, settings), segments)
                for name, settings in tried.items()}
    print(f'{len(segments)} videos, {len(scores)} windows\n'
          f'{"enter leave smoothing min_duration":36} {"right":>7} {"found":>7} {"delay s":>8} '
          f'{"false/min":>10} {"changes/min":>12}')
    ranked = sorted(measured, key=lambda name: -measured[name].right_time)
    for name in dict.fromkeys([*list(tried)[:2], *ranked[:15]]):
        print(describe(name, measured[name]))
    if options.json:
        options.json.write_text(json.dumps(
            {name: asdict(figures) for name, figures in measured.items()}, indent=2) + '\n')


if __name__ == '__main__':
    main()
