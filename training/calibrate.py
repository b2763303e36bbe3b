# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Calibrate a model folder anew: ``python -m training.calibrate MODEL --data DIR --out DIR``.

Without training: the network stays, but for its last layer's temperature. From background videos,
of other people doing other things, it learns to score "none of these", and its thresholds are
fitted to a rate of false actions, as ``training.export`` does.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from imrs_ros.model_card import ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.teaching.thresholds import FALSE_PER_MIN
from training.data_set.background import read_sources
from training.operating_point.command_line import add_fit_arguments, make_model
from training.operating_point.folder import Publication, publish


def calibrate_folder(
    folder: Path, data: Path, out: Path, background: Sequence[Path] = (),
    false_per_min: float = FALSE_PER_MIN,
) -> ModelCard:
    """
    Calibrate a model folder anew.

    :param folder: a model folder that ``training.export`` wrote.
    :param data: the data it was trained on.
    :param out: the model folder to write; may be the same.
    :param background: folders of other actions, one source each, besides the data's list.
    :param false_per_min: false actions allowed per minute of background.
    :return: the card.
    :raises FileNotFoundError: when data is missing.
    :raises ValueError: when the card does not say which videos the model has not learnt from, or
        there are no videos of other actions.
    """
    card = ModelCard.load(folder)
    made_of = Publication.anew(
        card, pose=card.pose, data=data, background=background, false_per_min=false_per_min)
    if not read_sources(data, background):
        raise ValueError('expected videos of other actions, on which the score of none and the '
                         'thresholds are fitted, got none; add splits/background_train.txt or '
                         '--background')
    new = publish(out, load_network(card), made_of)
    if card.cpu_precisions:
        print(f'{out}: without {", ".join(sorted(card.cpu_precisions))}, which was measured for '
              'the scores of before; run training.quantise again', file=sys.stderr)
    return new


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.calibrate', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('model', type=Path, help='model folder')
    add_fit_arguments(parser)
    arguments = parser.parse_args()
    make_model('calibrate', lambda: calibrate_folder(
        arguments.model, arguments.data, arguments.out, arguments.background,
        arguments.false_per_min))


if __name__ == '__main__':
    main()
