# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Add a pose stream to a model folder: ``python -m training.add_pose MODEL --data DIR --out DIR``.

The new model averages the model's probabilities with those of a classifier of people's poses. Only
the classifier is trained; the weights of the model and of the people finder stay in their folders,
which must lie beside the new one, or be installed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from imrs_ros.model_card import ModelCard, OtherWeights, PoseSpec
from imrs_ros.model_folders import find_model, FINDER_NAME
from imrs_ros.networks.lite0 import Lite0
from imrs_ros.networks.pose import MEMBERS
from imrs_ros.networks.posed_network import PosedNetwork
from imrs_ros.networks.weights import load_network, read_weights
from imrs_ros.teaching.thresholds import FALSE_PER_MIN
from training.model_folder.finder import finder_weights
from training.operating_point.command_line import add_fit_arguments, make_model
from training.operating_point.folder import Publication, publish

POSE_WEIGHT = 0.4


def add_pose(
    folder: Path, data: Path, out: Path, background: Sequence[Path] = (),
    false_per_min: float = FALSE_PER_MIN, weight: float = POSE_WEIGHT,
) -> ModelCard:
    """
    Add a pose stream to a model folder.

    :param folder: a model folder that ``training.export`` wrote.
    :param data: the data it was trained on.
    :param out: the model folder to write.
    :param background: folders of other actions, one source each, besides the data's list.
    :param false_per_min: false actions allowed per minute of background.
    :param weight: of the pose stream's probabilities in the average.
    :return: the card.
    :raises FileNotFoundError: when data, or the people finder, is missing.
    :raises ValueError: when the model is no lite0, has a pose stream already, is ``out`` itself,
        or its card does not say which videos it has not learnt from.
    """
    card = ModelCard.load(folder)
    picture = load_network(card)
    if not isinstance(picture, Lite0):
        raise ValueError(f'{folder}: expected a lite0 of the whole picture, got '
                         f'{card.architecture.name}{" with a pose stream" if card.pose else ""}')
    if out.resolve() == folder.resolve():
        raise ValueError(f'{out}: expected another folder than the model itself, whose weights '
                         'stay in use, got the same; choose another --out')
    picture.none_score = None
    finder = finder_weights(find_model(FINDER_NAME))
    spec = PoseSpec(
        weight=weight, num_members=MEMBERS,
        picture=OtherWeights(model=folder.resolve().name, sha256=card.weights_sha256),
        finder=finder.reference)
    network = PosedNetwork(picture, spec.weight, spec.num_members)
    network.finder.load_state_dict({k: v.float() for k, v in read_weights(finder.path).items()})
    return publish(out, network, Publication.anew(
        card, pose=spec, data=data, background=background, false_per_min=false_per_min))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.add_pose', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('model', type=Path, help='model folder')
    parser.add_argument('--weight', type=float, default=POSE_WEIGHT, metavar='W',
                        help='of the pose stream in the average (default: %(default)g)')
    add_fit_arguments(parser)
    arguments = parser.parse_args()
    make_model('add_pose', lambda: add_pose(
        arguments.model, arguments.data, arguments.out, arguments.background,
        arguments.false_per_min, arguments.weight))


if __name__ == '__main__':
    main()
