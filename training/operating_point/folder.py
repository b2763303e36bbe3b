# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A trained network becomes a model folder: fitted, written, checked and measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
import math
from pathlib import Path
import sys
from typing import Any

from imrs_ros.backends import load_backend
from imrs_ros.model_card import Architecture, InputSpec, ModelCard, NoneScoreSpec, PoseSpec
from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.posed_network import PosedNetwork
from imrs_ros.settings import BackendSettings
from imrs_ros.teaching.card_writer import new_model_folder
import numpy as np
from tqdm import tqdm
from training.clips.run_data import hold_out
from training.config import RunConfig
from training.data_set.background import read_sources
from training.data_set.splits import LabelledVideo, read_split
from training.learning.accuracy import count_right, score_clips
from training.model_folder.calibration import Calibration, NO_CALIBRATION
from training.model_folder.parity import check_parity, ParityError
from training.model_folder.writer import add_golden_scores, DTYPES, write_model_folder
from training.operating_point.bank_clips import add_bank
from training.operating_point.fit import fit, FitData, Fitted
from training.scoring.scored_model import ScoredModel

PARITY_VIDEOS = 100
"""Most validation videos whose first clip is compared."""
FITTED = ('parity', 'accuracy', 'operating_point')
"""Entries of ``provenance`` that are written anew."""
AUTO = 'auto'
"""The first of ``DTYPES`` in which the folder's model agrees with the network."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What a model folder is made of."""

    architecture: Architecture
    """How to build the network."""
    spec: InputSpec
    """Its input."""
    pose: PoseSpec | None = None
    """Its pose stream, where it has one."""
    dtype: str
    """Number format of the stored weights: one of ``DTYPES``, or ``AUTO``."""
    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    config: RunConfig
    """How the network was trained: the split, and the videos held out of it."""
    provenance: Mapping[str, Any]
    """What the card says for people, besides what is measured here."""
    data: Path
    """Folder of the data set that the network was trained on."""
    background: Sequence[Path] = ()
    """Folders of other actions, one source each, besides the data's list."""
    false_per_min: float
    """False actions allowed per minute of background."""

    def __post_init__(self) -> None:
        """
        Check the rate.

        :raises ValueError: when it is none.
        """
        if not 0 <= self.false_per_min < math.inf:
            raise ValueError('expected 0 or more false actions per minute of background, got '
                             f'{self.false_per_min}')

    @classmethod
    def anew(cls, card: ModelCard, *, pose: PoseSpec | None, data: Path,
             background: Sequence[Path], false_per_min: float) -> 'Publication':
        """
        Return what a model folder is made of that uses the network of another one.

        :param card: of the other one, which ``training.export`` wrote.
        :param pose: the pose stream of the new one, where it has one.
        :param data: folder of the data set that the network was trained on.
        :param background: folders of other actions.
        :param false_per_min: false actions allowed per minute of background.
        :return: the same but for these.
        :raises ValueError: when the card does not say which videos the network has not learnt
            from.
        """
        return cls(
            architecture=card.architecture, spec=card.spec, labels=card.labels, dtype=AUTO,
            config=run_config(card), pose=pose, data=data, background=background,
            false_per_min=false_per_min,
            provenance={k: v for k, v in card.provenance.items() if k not in FITTED})


def publish(out: Path, network: ClipNetwork, made_of: Publication) -> ModelCard:
    """
    Fit what turns scores into decisions, and write the model folder.

    :param out: the folder; its name is the model's name.
    :param network: trained.
    :param made_of: what goes into the folder besides. Of the data's test list, the accuracy is
        measured; it chooses nothing.
    :return: the card.
    :raises ParityError: when the folder's model does not agree with the network.
    :raises FileNotFoundError: when data is missing.
    :raises ValueError: when ``out`` is not a model folder, or the labels are not the data's.
    """
    config = made_of.config
    split = read_split(made_of.data, config.split)
    if made_of.labels != split.labels:
        raise ValueError(
            f'{out}: expected the labels of the data, {split.labels}, got {made_of.labels}')
    train, validation = hold_out(split.train, config)
    data = FitData(labels=made_of.labels, train=train, validation=validation,
                   sources=read_sources(made_of.data, made_of.background,
                                        known=(*split.train, *split.test)))
    # Refuses a wrong folder before anything is computed.
    pose = made_of.pose
    with new_model_folder(out, () if pose is None else (pose.picture, pose.finder)) as new:
        fitted = _fit(network, made_of, data)
        score = fitted.network.none_score
        provenance = dict(made_of.provenance)

        def write(dtype: str, calibration: Calibration) -> ModelCard:
            return write_model_folder(
                new, name=out.resolve().name, labels=data.labels, calibration=calibration,
                state=fitted.network.state_dict(), dtype=DTYPES[dtype],
                provenance=provenance, architecture=made_of.architecture, spec=made_of.spec,
                pose=made_of.pose,
                none_score=None if score is None else NoneScoreSpec(
                    num_components=score.whiten.out_features))
        dtypes = tuple(DTYPES) if made_of.dtype == AUTO else (made_of.dtype,)
        for dtype in dtypes:
            card = write(dtype, NO_CALIBRATION)
            scored = ScoredModel.from_card(card, load_backend(card, BackendSettings()).backend)
            try:
                provenance['parity'] = _parity(fitted.network, scored, data.validation)
                break
            except ParityError as error:
                if dtype == dtypes[-1]:
                    raise
                print(f'{out}: weights in {dtype} change the scores: {error}', file=sys.stderr)
        logits = scored.of_classes(scored.score_videos(split.test))
        accuracy = count_right(logits, [video.label for video in split.test])
        provenance['accuracy'] = {
            'data': made_of.data.resolve().name, 'split': config.split,
            **{k: round(v, 4) for k, v in asdict(accuracy).items()}}
        provenance['operating_point'] = fitted.measured
        write(dtype, Calibration(temperature=1.0, operating_point=fitted.operating_point))
        card = add_golden_scores(new)
        if data.sources and pose is None:
            add_bank(card, data.train, data.validation, data.sources,
                     f'{made_of.data.resolve().name}, split {config.split}')
    return ModelCard.load(out)


def _fit(network: ClipNetwork, made_of: Publication, data: FitData) -> Fitted:
    total = len(data.train) + len(data.validation) + sum(map(len, data.sources.values()))
    if isinstance(network, PosedNetwork):
        total += total - len(data.validation)
    with tqdm(total=total, unit='video', desc='fit', disable=None, leave=False) as bar:
        return fit(network, made_of.spec, data, made_of.false_per_min, bar.update)


def _parity(network: ClipNetwork, scored: ScoredModel, videos: Sequence[LabelledVideo],
            ) -> dict[str, float]:
    """Compare the network and the folder's model on the first clip of some videos."""
    firsts = [scored.windows(video)[:1] for video in videos[:PARITY_VIDEOS]]
    return check_parity(np.concatenate([score_clips(network, clip) for clip in firsts]),
                        np.concatenate([scored.score(clip) for clip in firsts]))


def run_config(card: ModelCard) -> RunConfig:
    """
    Return how a model was trained, and on which videos it was not.

    :param card: of a model that ``training.export`` wrote.
    :return: the configuration of its run.
    :raises ValueError: when the card does not say.
    """
    config = card.provenance.get('config')
    if not isinstance(config, dict):
        raise ValueError(
            f'{card.folder}: expected a model that training.export wrote, whose card says which '
            'videos it was not trained on, got none in provenance.config')
    return RunConfig.from_mapping(config, str(card.folder))
