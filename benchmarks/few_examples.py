# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Teach the actions of Weizmann from one to five people each, and judge on all others.

    PYTHONPATH=. python benchmarks/few_examples.py --cache data/features

Beside them, what the model loses: videos of its own classes named right on the test list, before
and after, and how well actions of its classes are told apart from sources of other actions (AUROC
of 1 - P(none), video by video). Nothing is chosen here.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from imrs_ros.decision import softmax
from imrs_ros.demo.sources import data_folder
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import WindowSettings
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.clip_features import ClipFeatures, FootageReader
from imrs_ros.teaching.command import make_lesson
from imrs_ros.teaching.footage import Footage
from imrs_ros.teaching.last_layers import LastLayers
from imrs_ros.teaching.model import base_of
from imrs_ros.teaching.pooling import WindowPooler
from imrs_ros.teaching.teach import Base, fit_layers, Lesson, name_clip, teach
import numpy as np
from side_by_side import save, show
from sklearn.metrics import roc_auc_score
from tqdm import tqdm
from training.data_set.splits import read_background, read_split

MOST_WINDOWS = 62
"""Of a video: 10 s."""


class Features:
    """Pools videos, or reads what was pooled before."""

    def __init__(self, card: ModelCard, cache: Path) -> None:
        """
        Prepare.

        :param card: the model.
        :param cache: folder of earlier results, of the same model.
        """
        self._card, self._cache = card, cache
        self._reader: FootageReader | None = None

    def of(self, path: Path, label: str, group: str, mirror: bool = False) -> ClipFeatures:
        """
        Return the features of a video.

        :param path: the file.
        :param label: what it shows.
        :param group: who or where.
        :param mirror: whether to pool mirrored images, too.
        :return: its windows, at most ``MOST_WINDOWS``.
        """
        plain, mirrored = (folder / f'{path.stem}.npy'
                           for folder in (self._cache, self._cache / 'mirrored'))
        if not plain.is_file() or mirror and not mirrored.is_file():
            if self._reader is None:
                self._reader = FootageReader(
                    WindowPooler.of_model(self._card), self._card.spec, WindowSettings())
            (clip, *_), _ = self._reader.read(Footage(path, label, group), mirror=mirror)
            mirrored.parent.mkdir(parents=True, exist_ok=True)
            np.save(plain, clip.features_ND[:MOST_WINDOWS].astype(np.float16))
            if clip.mirrored_ND is not None:
                np.save(mirrored, clip.mirrored_ND[:MOST_WINDOWS].astype(np.float16))
        return ClipFeatures(
            label=label, group=group, name=path.name, features_ND=np.load(plain).astype('f4'),
            mirrored_ND=np.load(mirrored).astype('f4') if mirror else None)


def none_of(layers: LastLayers, clips: Sequence[ClipFeatures]) -> list[float]:
    """
    Return how sure the layers are that clips show none of the classes.

    :param layers: with a score of none.
    :param clips: any.
    :return: mean probability of none, clip by clip.
    """
    return [float(softmax(layers.classify(clip.features_ND).astype(np.float32), 1.0)[
        :, -1].mean()) for clip in clips]


def auroc(layers: LastLayers, known: Sequence[ClipFeatures], others: Sequence[ClipFeatures],
          ) -> float:
    """
    Return how well other actions are told apart from the classes.

    :param layers: with a score of none.
    :param known: clips of the classes.
    :param others: clips of other actions.
    :return: area under the ROC curve.
    """
    scores = [*none_of(layers, known), *none_of(layers, others)]
    return float(roc_auc_score([0] * len(known) + [1] * len(others), scores))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().split('\n\n')[0])
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--cache', type=Path, default=Path('data/features'))
    parser.add_argument('--examples', type=int, nargs='+', default=(1, 2, 3, 5))
    parser.add_argument('--draws', type=int, default=6, help='0 for the signs alone')
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    card = ModelCard.load(find_model(options.model))
    data, features = data_folder(), Features(card, options.cache)
    ucf = data / 'ucf101-subset'

    old = [features.of(video.path, card.labels[video.label], 'test')
           for video in tqdm(read_split(ucf, 1).test, disable=None, leave=False)]
    signs = sorted((data / 'other-actions' / 'signs').glob('*.mp4'))
    others = {'background_test': [features.of(path, NO_ACTION, 'background_test')
                                  for path in read_background(ucf, 'test')],
              'signs': [features.of(path, NO_ACTION, 'signs') for path in signs]}
    clips: dict[tuple[str, str], ClipFeatures] = {}
    for path in sorted((data / 'other-actions' / 'weizmann').glob('*.mp4')):
        action, person, _ = path.stem.split('_')
        clips[action, person] = features.of(path, action, f'{person} {action}', mirror=True)
    people = sorted({person for _, person in clips})
    base, bank = base_of(card, card.labels), Bank.load(card)
    layers = base.layers

    def top1(own: LastLayers, num_classes: int) -> float:
        return float(np.mean([card.labels.index(clip.label) == name_clip(own, clip, num_classes)
                              for clip in old]))
    before = {'examples': 0, 'new named right': float('nan'), 'of': 0,
              'own classes, top-1': top1(layers, len(card.labels)),
              **{f'AUROC {name}': auroc(layers, old, listed_clips)
                 for name, listed_clips in others.items()}}
    records: list[dict[str, Any]] = [before]
    for count in options.examples if options.draws else ():
        found: dict[str, list[float]] = defaultdict(list)
        for draw in range(options.draws):
            chosen = {people[i] for i in np.random.default_rng(draw).permutation(
                len(people))[:count]}
            lesson = make_lesson([clip for (_, person), clip in clips.items()
                                  if person in chosen], card.labels, card, bank)
            own = (teach(base, lesson, 1.0).layers if count > 1 else one_example(base, lesson))
            unseen = [clip for (_, person), clip in clips.items() if person not in chosen]
            found['right'] += [lesson.labels[name_clip(own, clip, len(lesson.labels))]
                               == clip.label for clip in unseen]
            found['top1'].append(top1(own, len(lesson.labels)))
            for name, listed_clips in others.items():
                found[name].append(auroc(own, [*old, *unseen], listed_clips))
        records.append({
            'examples': count, 'new named right': float(np.mean(found['right'])),
            'of': len(found['right']), 'own classes, top-1': float(np.mean(found['top1'])),
            **{f'AUROC {name}': float(np.mean(found[name])) for name in others}})
    show(records)
    save(options.json, records)
    right, total = thirds(base, card, bank, [
        features.of(path, path.stem, path.stem) for path in signs])
    print(f'{len(signs)} signs, each clip cut in three: {right} of {total} thirds named right by '
          'what was learnt from the other two')


def thirds(base: Base, card: ModelCard, bank: Bank, clips: Sequence[ClipFeatures],
           ) -> tuple[int, int]:
    """
    Teach every clip as an action of its own from two thirds of it, and judge on the other one.

    :param base: the network.
    :param card: its model.
    :param bank: its bank.
    :param clips: one of each action.
    :return: how many thirds were named right, and of how many.
    """
    # Of windows that share frames with another third, none is used.
    apart = card.spec.num_frames // WindowSettings().hop
    right = total = 0
    for held in range(3):
        parts: list[ClipFeatures] = []
        judged: list[ClipFeatures] = []
        for clip in clips:
            rows = np.array_split(clip.features_ND, 3)
            for number, third in enumerate(rows):
                used = third if number == 2 else third[:max(1, len(third) - apart)]
                (judged if number == held else parts).append(replace(
                    clip, features_ND=used, group=f'{clip.group} {number}'))
        lesson = make_lesson(parts, card.labels, card, bank)
        layers = fit_layers(base, lesson)
        right += sum(lesson.labels[name_clip(layers, clip, len(lesson.labels))] == clip.label
                     for clip in judged)
        total += len(judged)
    return right, total


def one_example(base: Base, lesson: Lesson) -> LastLayers:
    """
    Fit to few examples, of which nothing is held out: the evidence stays as it was.

    :param base: the network.
    :param lesson: what is learnt.
    :return: the layers.
    """
    layers = fit_layers(base, lesson)
    assert layers.none is not None
    assert base.layers.none is not None
    return replace(layers, none=replace(
        layers.none, evidence_E=base.layers.none.evidence_E,
        evidence_bias=base.layers.none.evidence_bias))


if __name__ == '__main__':
    main()
