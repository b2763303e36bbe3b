# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
How well a model tells its classes from other actions, source by source.

Layout legend: M clips of a video, N clips of all videos, K classes, L logits: K, or K + 1 with one
for none of the classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imrs_ros.decision import softmax
import numpy as np
from numpy.typing import NDArray
import pandas
from sklearn.metrics import roc_auc_score, roc_curve

TRUE_POSITIVE_RATE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation:
    """Clips of the classes (positive) against those of one source of other actions."""

    auroc: float
    """Area under the receiver operating characteristic (Fawcett 2006), in [0, 1]."""
    fpr95: float
    """False positive rate where 95 % of the clips of the classes are accepted (Hendrycks and
    Gimpel 2017), in [0, 1]."""
    num_clips: int
    """Clips of the source."""
    num_videos: int
    """Its videos."""


def known_scores(
    logits: Sequence[NDArray[np.float32]], num_classes: int, temperature: float,
) -> NDArray[np.float64]:
    """
    Return how likely clips show one of the classes.

    :param logits: logits_ML of every video.
    :param num_classes: K.
    :param temperature: of the model.
    :return: known_N, larger where more likely: the negative logarithm of the probability of none
        where the model gives one, else the probability of the best class.
    """
    probabilities_NL = softmax(np.concatenate(logits), temperature)
    if probabilities_NL.shape[1] > num_classes:
        # Close to 1, one minus the probability would round to 1.
        return np.asarray(-np.log(np.maximum(probabilities_NL[:, -1], 1e-30)), np.float64)
    return np.asarray(probabilities_NL.max(axis=1), np.float64)


def separate(known_N: NDArray[np.float64], other_N: NDArray[np.float64], num_videos: int,
             ) -> Separation:
    """
    Measure how far scores of the classes lie above those of other actions.

    :param known_N: scores of clips of the classes.
    :param other_N: scores of clips of one source of other actions.
    :param num_videos: of the source.
    :return: the figures.
    """
    truth = np.repeat([1, 0], [len(known_N), len(other_N)])
    scores = np.concatenate([known_N, other_N])
    false_rates, true_rates, _ = roc_curve(truth, scores, drop_intermediate=False)
    return Separation(
        auroc=float(roc_auc_score(truth, scores)), num_clips=len(other_N), num_videos=num_videos,
        fpr95=float(false_rates[np.argmax(true_rates >= TRUE_POSITIVE_RATE)]))


def separation_table(found: Mapping[str, Separation]) -> str:
    """
    Return figures of all sources as a table.

    :param found: by source.
    :return: a row for each source, and their mean.
    """
    rows: list[tuple[str | int, ...]] = [
        (source, f'{s.auroc:.3f}', f'{s.fpr95:.3f}', s.num_videos, s.num_clips)
        for source, s in found.items()]
    rows.append(('mean', f'{np.mean([s.auroc for s in found.values()]):.3f}',
                 f'{np.mean([s.fpr95 for s in found.values()]):.3f}', '', ''))
    return pandas.DataFrame(rows, columns=[
        'other actions', 'AUROC', 'FPR at 95 % TPR', 'videos', 'clips']).to_string(index=False)
