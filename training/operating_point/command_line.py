# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the commands that write a calibrated model folder share: arguments, errors, last lines."""

import argparse
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
import sys

from imrs_ros.model_card import ModelCard
from imrs_ros.teaching.thresholds import FALSE_PER_MIN
from training.learning.accuracy import Accuracy


def add_fit_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add where the data is, where the model goes, and what the fit of scores and thresholds needs.

    :param parser: of a command.
    """
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--out', type=Path, required=True, help='model folder to write')
    parser.add_argument('--background', type=Path, nargs='+', default=(), metavar='DIR',
                        help='folders of videos of other actions, one source each, besides '
                             'splits/background_train.txt')
    parser.add_argument('--false-per-min', type=float, default=FALSE_PER_MIN, metavar='N',
                        help='false actions allowed per minute of background '
                             '(default: %(default)g)')


def make_model(program: str, make: Callable[[], ModelCard]) -> None:
    """
    Make a model folder and print what it reached, or end with the reason why not.

    :param program: name of the command, for the reason.
    :param make: returns the card of the new folder.
    """
    try:
        card = make()
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'{program}: {error}')
    print_card(card)


def print_card(card: ModelCard) -> None:
    """
    Print what a new model folder reached, with warnings.

    :param card: its card.
    """
    stated = card.provenance['accuracy']
    accuracy = Accuracy(**{field.name: stated[field.name] for field in fields(Accuracy)})
    if not accuracy.is_above_chance:
        print(f'warning: {accuracy.video_top1:.1%} of {accuracy.num_videos} test videos is not '
              f'above chance ({accuracy.margin}); the model may have learned nothing, or there '
              'are too few test videos to tell', file=sys.stderr)
    point = card.provenance['operating_point']
    if point:
        rate, allowed = point['false_per_min'], point['allowed_false_per_min']
        of_background = ('no background in which to count false ones' if rate is None
                         else f'{rate:.2f} false ones per minute of background')
        delay = ('' if point['delay_median_sec'] is None
                 else f', delay {point["delay_median_sec"]} s in the median')
        print(f'{card.folder}: {point["num_found"]} of {point["num_actions"]} actions found, '
              f'{of_background}{delay}: {point["minutes"]} minutes of validation videos')
        if not point['num_found']:
            print(f'warning: no action is decided at {allowed:g} false ones per minute; add '
                  'training videos and other actions, or allow more with --false-per-min',
                  file=sys.stderr)
        if rate is not None and rate > allowed:
            print(f'warning: {rate:.2f} false actions per minute are more than the {allowed:g} '
                  'allowed: no thresholds keep them', file=sys.stderr)
        if len(point['sources']) == 1:
            print('warning: the score of none and the thresholds were judged on the one source of '
                  'other actions that they were fitted on; add another one with --background',
                  file=sys.stderr)
    else:
        print('warning: without background videos, the model does not score none of its classes, '
              'and its thresholds are the defaults; add splits/background_train.txt or '
              '--background', file=sys.stderr)
    print(f'{card.folder}: {card.provenance["parity"]}, {card.provenance["accuracy"]}')
