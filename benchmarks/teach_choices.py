# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Compare ways to fit the rows of new classes, on actions by night that no judged list holds.

    PYTHONPATH=. python benchmarks/teach_choices.py --cache data/features

Three of the six actions of ``other-actions/dark`` are taught from few clips each and judged on all
others, drawn several times. Differences from what ``teach`` does are paired, draw by draw, with
their standard error. Beside them, validation videos of the model's own classes named right.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from few_examples import Features
from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.teaching import new_classes
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.command import make_lesson
from imrs_ros.teaching.last_layers import Floats
from imrs_ros.teaching.model import base_of
from imrs_ros.teaching.new_classes import even_weights
from imrs_ros.teaching.teach import Base, Lesson
import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from side_by_side import save, show
from tqdm import tqdm
from training.clips.run_data import hold_out
from training.data_set.splits import read_split
from training.operating_point.folder import run_config

ACTIONS = ('Jump', 'Run', 'Sit', 'Stand', 'Turn', 'Walk')
NUM_TAUGHT = 3
PRIORS: dict[str, dict[str, float]] = {
    'as taught': {}, 'no bias': {'FEW_BIAS': 0.0}, 'bias 1': {'FEW_BIAS': 1.0},
    'bias 3': {'FEW_BIAS': 3.0}, 'strength 1': {'STRENGTH': 1.0},
    'strength 10': {'STRENGTH': 10.0}, 'still width 0.3': {'STILL_WIDTH': 0.3},
    'still width 1': {'STILL_WIDTH': 1.0}}
"""Constants of ``teaching.new_classes`` that are changed."""
COSINE = 'cosine'
Classify = Callable[[Floats], Floats]
"""From normalised features_MD to logits_MK."""


def logistic(base: Base, lesson: Lesson) -> Classify:
    """
    Fit rows as ``teach`` does.

    :param base: the network.
    :param lesson: what is learnt.
    :return: the last layer.
    """
    clips = (*lesson.learnt, *lesson.known)
    rows = [base.layers.normalise(clip.to_learn_ND) for clip in clips]
    truth = [lesson.labels.index(clip.label) for clip in clips]
    lengths = [len(each) for each in rows]
    return new_classes.add_classes(
        replace(base.layers, none=None), base.still_dim, np.concatenate(rows),
        np.repeat(truth, lengths), even_weights(lengths), len(lesson.new_labels),
    ).logits_of_classes


def cosine(base: Base, lesson: Lesson) -> Classify:
    """
    Take the directions of class means as rows; the logits of kept classes stay.

    :param base: the network.
    :param lesson: what is learnt.
    :return: the last layer: a scale and a bias, fitted to all windows, and cosines.
    """
    width_D = np.ones(base.layers.weight_KD.shape[1])
    width_D[:base.still_dim] = new_classes.STILL_WIDTH
    clips = (*lesson.learnt, *lesson.known)
    rows = [base.layers.normalise(clip.to_learn_ND) for clip in clips]
    means_CD = np.stack([each.mean(axis=0) for each in rows]) * width_D
    centre_D = means_CD.mean(axis=0)
    new_JD = np.stack([means_CD[[clip.label == label for clip in clips]].mean(axis=0)
                       for label in lesson.new_labels]) - centre_D
    new_JD /= np.linalg.norm(new_JD, axis=1, keepdims=True)

    def cosines(x_MD: Floats) -> Floats:
        from_centre_MD = x_MD * width_D - centre_D
        return from_centre_MD @ new_JD.T / np.linalg.norm(from_centre_MD, axis=1, keepdims=True)
    x_MD = np.concatenate(rows)
    truth_M = np.repeat([lesson.labels.index(clip.label) for clip in clips],
                        [len(each) for each in rows])
    weight_M = even_weights([len(each) for each in rows])
    weight_M /= np.bincount(truth_M, weight_M)[truth_M]
    kept_MK, cosine_MJ = base.layers.logits_of_classes(x_MD), cosines(x_MD)

    def loss(scale_bias: Floats) -> float:
        logits_MK = np.concatenate(
            [kept_MK, np.exp(scale_bias[0]) * cosine_MJ + scale_bias[1]], axis=1)
        return float(weight_M @ (logsumexp(logits_MK, axis=1)
                                 - logits_MK[np.arange(len(truth_M)), truth_M]))
    log_scale, bias = minimize(loss, np.array([2.0, 0.0]), method='Nelder-Mead',
                               options={'maxiter': 100}).x
    return lambda x_MD: np.concatenate([
        base.layers.logits_of_classes(x_MD), np.exp(log_scale) * cosines(x_MD) + bias], axis=1)


def num_right(base: Base, classify: Classify, clips: Sequence[ClipFeatures],
              labels: Sequence[str]) -> float:
    """
    Return the share of clips named right.

    :param base: the network.
    :param classify: the last layer.
    :param clips: any.
    :param labels: of the classes.
    :return: a share.
    """
    logits_MK = classify(base.layers.normalise(np.concatenate(
        [clip.features_ND for clip in clips])))
    ends = np.cumsum([len(clip.features_ND) for clip in clips])
    means = np.add.reduceat(softmax(logits_MK, axis=1), np.r_[0, ends[:-1]], axis=0)
    return float(np.mean([labels[best] == clip.label
                          for best, clip in zip(means.argmax(axis=1).tolist(), clips)]))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().split('\n\n')[0])
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--cache', type=Path, default=Path('data/features'))
    parser.add_argument('--examples', type=int, nargs='+', default=(1, 3, 5, 10, 20))
    parser.add_argument('--draws', type=int, default=6)
    parser.add_argument('--ways', nargs='+', default=[*PRIORS, COSINE], choices=[*PRIORS, COSINE],
                        help='beside what is taught')
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    card = ModelCard.load(find_model(options.model))
    features, bank = Features(card, options.cache), Bank.load(card).without(['dark'])
    base, folder = base_of(card, card.labels), data_folder() / 'other-actions' / 'dark'
    clips = {action: [features.of(path, action, path.stem)
                      for path in sorted(folder.glob(f'{action}_*.mp4'))] for action in ACTIONS}
    _, held_out = hold_out(read_split(data_folder() / SUBSET, 1).train, run_config(card))
    old = [features.of(video.path, card.labels[video.label], 'validation')
           for video in tqdm(held_out, disable=None, leave=False)]
    found: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for count in options.examples:
        for draw in tqdm(range(options.draws), disable=None, leave=False):
            rng = np.random.default_rng(draw)
            taught, judged = [], []
            for action in rng.permutation(ACTIONS)[:NUM_TAUGHT]:
                order = [clips[action][i] for i in rng.permutation(len(clips[action]))]
                taught += order[:count]
                judged += order[count:]
            lesson = make_lesson(taught, card.labels, card, bank)
            for name in dict.fromkeys(('as taught', *options.ways)):
                values = PRIORS.get(name, {})
                before = {key: getattr(new_classes, key) for key in values}
                try:
                    for key, value in values.items():
                        setattr(new_classes, key, value)
                    classify = (cosine if name == COSINE else logistic)(base, lesson)
                finally:
                    for key, value in before.items():
                        setattr(new_classes, key, value)
                found[name, count].append((num_right(base, classify, judged, lesson.labels),
                                           num_right(base, classify, old, lesson.labels)))
    records = []
    for (name, count), rows in found.items():
        right, own = np.array(rows).T
        difference = right - np.array(found['as taught', count])[:, 0]
        records.append({
            'way': name, 'examples': count, 'new named right': float(right.mean()),
            'difference': float(difference.mean()),
            'standard error': float(difference.std() / len(rows) ** 0.5),
            'own classes': float(own.mean())})
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
