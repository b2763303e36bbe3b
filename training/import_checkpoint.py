# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Convert a published checkpoint to a model folder.

``python -m training.import_checkpoint FILE.pth --network resnext101 --labels classInd.txt --out
DIR`` reads RGB checkpoints of 3D-ResNets and MARS. The file must hold every tensor of the network.
"""

import argparse
from pathlib import Path
import sys

from imrs_ros.architectures.excitation import EXCITATIONS
from imrs_ros.backends import load_backend
from imrs_ros.model_card import Architecture, ModelCard
from imrs_ros.networks import (
    build_network, load_checkpoint, NETWORKS, NORMALISATIONS, read_published)
from imrs_ros.networks.build import default_normalisation
from imrs_ros.networks.published import PublishedCheckpoint
from imrs_ros.settings import BackendSettings
from imrs_ros.teaching.card_writer import new_model_folder
import numpy as np
from training.learning.accuracy import score_clips
from training.model_folder.calibration import NO_CALIBRATION
from training.model_folder.parity import check_parity
from training.model_folder.writer import (
    add_golden_scores, DTYPES, input_spec, write_model_folder)
from training.scoring.scored_model import backend_scorer

NUM_PARITY_CLIPS = 4


def import_checkpoint(
    checkpoint: Path, out: Path, architecture: Architecture, labels: tuple[str, ...],
    *, num_frames: int = 16, fps: float = 25.0, size_px: int = 112, dtype: str = 'float32',
    normalisation: str | None = None,
) -> ModelCard:
    """
    Convert a published checkpoint to a model folder.

    :param checkpoint: a file written by ``torch.save``.
    :param out: the model folder; its name is the model's name.
    :param architecture: network of the checkpoint.
    :param labels: class names in the order of its logits.
    :param num_frames: frames of a clip.
    :param fps: rate of the time grid it was trained at, Hz.
    :param size_px: side of the frames it was trained on.
    :param dtype: number format of the stored weights.
    :param normalisation: key of ``NORMALISATIONS`` that it was trained with; default: as the file
        tells.
    :return: the card; its temperature is 1, as calibration needs data.
    :raises FileNotFoundError: when there is no such file.
    :raises ValueError: when the file lacks weights of the network, or does not tell its
        normalisation; or when there is a single class.
    :raises ParityError: when the exported model does not agree with the checkpoint.
    """
    if len(labels) < 2:
        raise ValueError(f'expected at least two classes, got {list(labels)}; check --labels')
    published = read_published(checkpoint)
    mean, std = _normalisation(architecture.name, published, normalisation)
    network = build_network(
        architecture.name, num_classes=len(labels), excitation=architecture.excitation,
        excitation_stages=architecture.excitation_stages, width=architecture.width, mean=mean,
        std=std).eval()
    report = load_checkpoint(network, published)
    if report.initial:
        raise ValueError(
            f'{checkpoint}: expected all weights of {architecture.name} with {len(labels)} '
            f'classes and excitation {architecture.excitation}; missing or of another shape: '
            f'{", ".join(report.initial[:4])}; check --network, --excitation and --labels')
    spec = input_spec(network, num_frames=num_frames, fps=fps, size_px=size_px)
    # There is no video here: noise of several brightnesses covers the input's range.
    rng = np.random.default_rng(0)
    shape = (NUM_PARITY_CLIPS, num_frames, size_px, size_px, 3)
    clips = rng.integers(0, 256, shape, np.uint8) // np.array(
        [1, 2, 4, 8], np.uint8)[:, None, None, None, None]
    with new_model_folder(out) as new:
        def write(provenance: dict[str, object]) -> ModelCard:
            return write_model_folder(
                new, name=out.resolve().name, labels=labels, calibration=NO_CALIBRATION,
                state=network.state_dict(), dtype=DTYPES[dtype], architecture=architecture,
                spec=spec, provenance={'checkpoint': checkpoint.name, **provenance})

        backend = load_backend(write({}), BackendSettings()).backend
        write({'parity': check_parity(
            score_clips(network, clips), backend_scorer(backend)(clips))})
        add_golden_scores(new)
    return ModelCard.load(out)


def _normalisation(
    network: str, checkpoint: PublishedCheckpoint, asked: str | None,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and divisor as asked, else as the file tells; lite0 has but its own."""
    if network == 'lite0':
        if asked is not None:
            raise ValueError(f'expected no --normalisation for lite0, which has its own, got '
                             f'{asked}')
        return default_normalisation(network, 3)
    key = asked or checkpoint.normalisation
    if key is None:
        raise ValueError(
            f'{checkpoint.path}: expected a file that tells how pixels were normalised, got none '
            'of the signs; pass --normalisation mars (mean of ActivityNet subtracted: MARS, and '
            '3D-ResNets until 2018) or --normalisation 3d-resnets-2020 (pixels / 255, mean and '
            'deviation of Kinetics: 3D-ResNets since April 2020)')
    return NORMALISATIONS[key]


def read_names(path: Path) -> tuple[str, ...]:
    """
    Read class names, one per line, or lines ``id name`` as in UCF101's ``classInd.txt``.

    :param path: the file.
    :return: the names in the order of the file.
    :raises FileNotFoundError: when there is none.
    :raises ValueError: when ids are not consecutive, or a name comes twice.
    """
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    has_ids = all(len(words) == 2 and words[0].isdecimal() for words in lines)
    ids = [int(words[0]) for words in lines] if has_ids else []
    if ids and ids != list(range(ids[0], ids[0] + len(ids))):
        raise ValueError(f'{path}: expected consecutive ids, in the order of the logits, got '
                         f'{ids[:5]}; sort the lines')
    names = tuple(' '.join(words[1:] if has_ids else words) for words in lines)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f'{path}: expected each class once, got {twice[:5]} more than once')
    return names


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.import_checkpoint',
        description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('checkpoint', type=Path, help='file written by torch.save')
    parser.add_argument('--network', choices=NETWORKS, default='resnext101')
    parser.add_argument('--excitation', choices=EXCITATIONS, default='none')
    parser.add_argument('--width', type=float, default=1.0, help='width multiplier')
    parser.add_argument('--normalisation', choices=tuple(NORMALISATIONS),
                        help='of the pixels in its training (default: as the file tells)')
    parser.add_argument('--labels', type=Path, required=True, help='class names, one per line, '
                        'or a classInd.txt')
    parser.add_argument('--out', type=Path, required=True, help='model folder to write')
    parser.add_argument('--num-frames', type=int, default=16)
    parser.add_argument('--fps', type=float, default=25.0)
    parser.add_argument('--size', type=int, default=112, help='side of the frames, px')
    parser.add_argument('--dtype', choices=tuple(DTYPES), default='float32')
    arguments = parser.parse_args()
    try:
        card = import_checkpoint(
            arguments.checkpoint, arguments.out, Architecture(
                name=arguments.network, excitation=arguments.excitation, excitation_stages=None,
                width=arguments.width),
            read_names(arguments.labels), num_frames=arguments.num_frames, fps=arguments.fps,
            size_px=arguments.size, dtype=arguments.dtype,
            normalisation=arguments.normalisation)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'import: {error}')
    print(f'{card.folder}: {len(card.labels)} classes, pixels less {list(card.spec.mean)}, over '
          f'{list(card.spec.std)}, {card.provenance["parity"]}')


if __name__ == '__main__':
    main()
