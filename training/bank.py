# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Write the bank of a model folder: ``python -m training.bank MODEL --data DIR``.

A small sample of features, with which the model is taught new actions and keeps its own without
their videos; ``training.export`` writes it, too.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from training.clips.run_data import hold_out
from training.data_set.background import read_sources
from training.data_set.splits import read_split
from training.operating_point.bank_clips import add_bank
from training.operating_point.folder import run_config


def write_bank(folder: Path, data: Path, background: Sequence[Path] = ()) -> int:
    """
    Write the bank of a model.

    :param folder: a model folder that ``training.export`` wrote.
    :param data: the data that it was trained on.
    :param background: folders of other actions, one source each, besides the data's list.
    :return: its size in bytes.
    :raises FileNotFoundError: when data is missing.
    :raises ValueError: when the card does not say which videos the model has not learnt from, or
        the model has a pose stream.
    """
    card = ModelCard.load(folder)
    if card.pose is not None:
        raise ValueError(f'{folder}: expected a model of the whole picture alone, got one with a '
                         'pose stream, which cannot be taught; use the model of the picture')
    config = run_config(card)
    split = read_split(data, config.split)
    train, validation = hold_out(split.train, config)
    sources = read_sources(data, background, known=(*split.train, *split.test))
    return add_bank(card, train, validation, sources,
                    f'{data.resolve().name}, split {config.split}')


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.bank', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('model', help='model folder, or the name of an installed model')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--background', type=Path, nargs='+', default=(), metavar='DIR',
                        help='folders of videos of other actions, one source each, besides '
                             'splits/background_train.txt')
    arguments = parser.parse_args()
    try:
        size = write_bank(find_model(arguments.model), arguments.data, arguments.background)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'bank: {error}')
    print(f'{arguments.model}: a bank of {size / 1e6:.2f} MB')


if __name__ == '__main__':
    main()
