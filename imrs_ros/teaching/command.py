# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Teach a model new actions from a few clips: ``python -m imrs_ros.teaching EXAMPLES --out FOLDER``.

    python -m imrs_ros.teaching examples --keep ucf10 --background background --out models/mine

EXAMPLES are class folders of videos or annotated recordings, as ``footage`` describes. On a robot:
``ros2 run imrs_ros teach``.
"""

import argparse
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
import sys
import time
from typing import Any

from imrs_ros.evaluation.command import without_ros_arguments
from imrs_ros.model_card import LABELS, ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node_settings import NodeSettings
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import WindowSettings
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.card_writer import check_out
from imrs_ros.teaching.clip_features import ClipFeatures, FootageReader
from imrs_ros.teaching.footage import (
    find_background, find_footage, Footage, TeachingError, without_copies)
from imrs_ros.teaching.judgement import judgement, report_of, table
from imrs_ros.teaching.model import base_of, write_model
from imrs_ros.teaching.pooling import WindowPooler
from imrs_ros.teaching.teach import (
    check_lesson, CURVE_SHARES, learning_curve, Lesson, num_steps, split, teach)
from imrs_ros.teaching.thresholds import FALSE_PER_MIN
from threadpoolctl import threadpool_limits
from tqdm import tqdm

DEFAULT_MODEL = NodeSettings().model
SIDES = ('left', 'right')


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is asked for."""

    examples: tuple[Path, ...]
    """Class folders, or annotated recordings."""
    background: tuple[Path, ...] = ()
    """Footage that shows none of the actions."""
    model: str = DEFAULT_MODEL
    """Whose network is used: name or folder."""
    keep: tuple[str, ...] | None = ()
    """Labels of the model that stay; None for all."""
    out: Path
    """The model folder to write."""
    report: Path | None = None
    """Folder of the report; None for none."""
    without: tuple[str, ...] = ()
    """Sources of the bank's background that are left out."""
    mirror: bool = True
    """Whether mirrored images teach the same action."""
    false_per_min: float = FALSE_PER_MIN
    """False actions allowed per minute of background."""


def run(order: Order) -> ModelCard:
    """
    Teach, judge and write a model.

    :param order: what is asked for.
    :return: the card of the new model.
    :raises TeachingError: when something is wrong with the examples.
    :raises ValueError: when the model cannot be used, or ``out`` holds anything but a model.
    :raises OSError: when something cannot be read or written.
    :raises RuntimeError: when the network cannot be converted, as without PyTorch.
    """
    start_sec = time.monotonic()
    card = ModelCard.load(find_model(order.model))
    if order.out.resolve() == card.folder.resolve():
        raise TeachingError(f'{order.out}: expected another folder than the model that is taught; '
                            'choose another --out')
    check_out(order.out)
    if order.report is not None:
        _check_report(order.report, order.out)
    kept = card.labels if order.keep is None else _known_labels(order.keep, card)
    base, bank = base_of(card, kept), Bank.load(card).without(order.without)
    footage, copies = without_copies(
        [*find_footage(order.examples), *find_background(order.background)])
    check_labels({each.label for each in footage if each.label is not None}, kept)
    _warn(copies)
    pooler = WindowPooler.of_model(card)
    reader = FootageReader(pooler, card.spec, WindowSettings(),
                           has_images=order.report is not None)
    clips = _read(reader, footage, order.mirror)
    lesson = make_lesson(clips, kept, card, bank)
    _warn(check_lesson(lesson))
    if not any(clip.label == NO_ACTION for clip in clips):
        _warn(['without background from where the examples were recorded, nothing is known of '
               'false actions there; record some as no_action, or give --background'])
    total = num_steps(lesson) + len(CURVE_SHARES) * len(split(lesson))
    # Products this small gain nothing from threads, and lose much where others use the cores.
    with _bar(total, 'step', 'fit') as bar, threadpool_limits(1):
        taught = teach(base, lesson, order.false_per_min, on_step=bar.update)
        curve = learning_curve(base, lesson, on_step=bar.update)
    found = judgement(taught, lesson, curve, order.false_per_min)
    made = write_model(
        card, order.out, lesson.labels, taught.layers, taught.operating_point, {
            'taught': {'model': card.name, 'weights_sha256': card.weights_sha256,
                       'kept': list(kept), 'mirrored': order.mirror,
                       'examples': {label: sum(c.label == label for c in clips)
                                    for label in lesson.new_labels},
                       'other_actions': len(lesson.other)},
            **found}, pooler, bank.extended(clips, kept))
    print(table(found, lesson))
    if order.report is not None:
        report_of(taught, lesson, made, order.report)
    print(f'{made.folder}: {len(lesson.labels)} actions, in '
          f'{time.monotonic() - start_sec:.0f} s; try it: '
          f'python -m imrs_ros.demo --video CLIP --model {made.folder}')
    return made


def _check_report(folder: Path, out: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise TeachingError(f'{folder}: expected a folder for the report, got a file; choose '
                            'another --report')
    if out.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise TeachingError(f'{folder}: expected a folder for the report outside the model, got '
                            'one in it; choose another --report')


def make_lesson(clips: Sequence[ClipFeatures], kept: tuple[str, ...], card: ModelCard, bank: Bank,
                ) -> Lesson:
    """
    Put examples and the bank together.

    :param clips: of examples and background.
    :param kept: labels of the model that stay.
    :param card: the model.
    :param bank: its bank.
    :return: what is to be learnt.
    :raises TeachingError: when a label is none, or taken.
    """
    new = tuple(sorted({clip.label for clip in clips} - {NO_ACTION}))
    if not new:
        raise TeachingError(f'expected examples of an action, got background alone '
                            f'({NO_ACTION}); add a folder named after the action')
    check_labels(new, kept)
    others = [clip for clip in clips if clip.label == NO_ACTION]
    # An action of the model that is not kept, and not taught anew, is one more other action.
    dropped = [replace(clip, label=NO_ACTION, group=f'{card.name} {clip.label}')
               for clip in (*bank.learnt, *bank.unseen)
               if clip.label not in kept and clip.label not in new]
    return Lesson(
        kept_labels=kept, new_labels=new,
        learnt=tuple(clip for clip in bank.learnt if clip.label in kept),
        known=(*(clip for clip in bank.unseen if clip.label in kept),
               *(clip for clip in clips if clip.label != NO_ACTION)),
        other=(*bank.other, *dropped, *others))


def check_labels(labels: Collection[str], kept: Sequence[str]) -> None:
    """
    Check the names of what is taught.

    :param labels: of examples, and of background.
    :param kept: labels of the model that stay.
    :raises TeachingError: when a label is none, or taken.
    """
    new = sorted({*labels} - {NO_ACTION})
    if taken := sorted(set(new) & set(kept)):
        raise TeachingError(
            f'expected new actions, got {", ".join(taken)}, which the model keeps; name them '
            'otherwise, or leave them out of --keep to teach them anew')
    for label in new:
        if not LABELS.accepts([label]):
            raise TeachingError(f'expected actions that are {LABELS.description}, got '
                                f'{label!r:.80}; rename it')


def _known_labels(keep: Sequence[str], card: ModelCard) -> tuple[str, ...]:
    if unknown := [label for label in keep if label not in card.labels]:
        raise TeachingError(f'--keep: expected actions of {card.name} ({", ".join(card.labels)}), '
                            f'got {", ".join(unknown)}')
    return tuple(label for label in card.labels if label in keep)


def _read(
    reader: FootageReader, footage: Sequence[Footage], mirror: bool,
) -> list[ClipFeatures]:
    clips: list[ClipFeatures] = []
    with _bar(len(footage), 'clip', 'read') as bar:
        for each in footage:
            has_side = each.label is None or any(
                side in each.label.lower() for side in SIDES)
            found, warnings = reader.read(each, mirror=mirror and not has_side)
            clips += found
            _warn(warnings)
            bar.update()
    if lost := sorted(reader.shown - {clip.label for clip in clips} - {NO_ACTION}):
        raise TeachingError(
            f'{", ".join(lost)}: expected examples that are long enough, got none; record longer '
            'ones')
    return clips


def _bar(total: int, unit: str, description: str) -> 'tqdm[Any]':
    return tqdm(total=total, unit=unit, desc=description, disable=None, leave=False)


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        tqdm.write(f'warning: {warning}', file=sys.stderr)


def parse(arguments: Sequence[str]) -> Order:
    """
    Read the command line.

    :param arguments: without the program's name.
    :return: what is asked for.
    """
    parser = argparse.ArgumentParser(
        prog='teach', description='Teach a model new actions from a few clips.')
    parser.add_argument('examples', type=Path, nargs='+',
                        help='folders of class folders with videos, or annotated recordings')
    parser.add_argument('--keep', nargs='+', default=(), metavar=('MODEL', 'ACTION'),
                        help='a model whose actions stay, all or those that are named')
    parser.add_argument('--model', default=DEFAULT_MODEL,
                        help='whose network is used, where nothing is kept (default: %(default)s)')
    parser.add_argument('--background', type=Path, nargs='+', default=(), metavar='PATH',
                        help='videos, bags or folders of them that show none of the actions')
    parser.add_argument('--out', type=Path, required=True, help='model folder to write')
    parser.add_argument('--report', type=Path, metavar='FOLDER',
                        help='also write the report page here')
    parser.add_argument('--without', nargs='+', default=(), metavar='SOURCE',
                        help="sources of background in the model's bank that show what is taught")
    parser.add_argument('--no-mirror', dest='mirror', action='store_false',
                        help='do not learn from mirrored images; never done for recordings, nor '
                             'for actions with left or right in their names')
    parser.add_argument('--false-per-min', type=float, default=FALSE_PER_MIN, metavar='N',
                        help='false actions allowed per minute of background '
                             '(default: %(default)g)')
    options = parser.parse_args(without_ros_arguments(list(arguments)))
    if not 0 <= options.false_per_min < inf:
        parser.error(f'--false-per-min: expected 0 or more, got {options.false_per_min}')
    model, *labels = options.keep or (options.model,)
    keep: tuple[str, ...] | None = tuple(labels)
    if options.keep and not labels:
        keep = None
    return Order(
        examples=tuple(options.examples), background=tuple(options.background), model=model,
        keep=keep, out=options.out, report=options.report, mirror=options.mirror,
        without=tuple(options.without),
        false_per_min=options.false_per_min)


def main() -> None:
    """Run the command line; exits with its status."""
    order = parse(sys.argv[1:])
    try:
        run(order)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'teach: {error}')
    except KeyboardInterrupt:
        print('teach: interrupted, nothing was written', file=sys.stderr)
        sys.exit(130)
