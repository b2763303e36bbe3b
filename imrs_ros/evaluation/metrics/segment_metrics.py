# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Figures of segmentation: decided against annotated segments.

Layout legend: D decided segments, A annotated ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from imrs_ros.evaluation.ground_truth.segment import Segment
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Matches:
    """Numbers of segments that are right, wrong and missed."""

    num_right: int = 0
    num_wrong: int = 0
    num_missed: int = 0

    @classmethod
    def of(cls, num_right: int, decided: Sequence[Segment], annotated: Sequence[Segment],
           ) -> 'Matches':
        """
        Count the rest of some segments.

        :param num_right: pairs that match one to one.
        :param decided: all decided segments.
        :param annotated: all annotated segments.
        :return: the counts.
        """
        return cls(num_right, len(decided) - num_right, len(annotated) - num_right)

    def __add__(self, other: 'Matches') -> 'Matches':
        """Add the counts."""
        return Matches(self.num_right + other.num_right, self.num_wrong + other.num_wrong,
                       self.num_missed + other.num_missed)

    @property
    def precision(self) -> float:
        """Fraction of decided segments that are right; nan if there are none."""
        return _fraction(self.num_right, self.num_wrong)

    @property
    def recall(self) -> float:
        """Fraction of annotated segments that were found; nan if there are none."""
        return _fraction(self.num_right, self.num_missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of both; nan if nothing was annotated or decided."""
        return _fraction(2 * self.num_right, self.num_wrong + self.num_missed)


def _fraction(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else float('nan')


def overlaps_ns(first: Sequence[Segment], second: Sequence[Segment]) -> NDArray[np.int64]:
    """
    Compute how long the segments of every pair overlap.

    :param first: segments.
    :param second: segments.
    :return: nanoseconds, a row for each of the first and a column for each of the second.
    """
    starts, ends = ([np.array([getattr(s, name) for s in part], np.int64)
                     for part in (first, second)] for name in ('start_ns', 'end_ns'))
    return np.maximum(0, np.minimum.outer(*ends) - np.maximum.outer(*starts))


def ious(decided: Sequence[Segment], annotated: Sequence[Segment]) -> NDArray[np.float64]:
    """
    Compute temporal intersection over union of every pair of equal label.

    :param decided: segments.
    :param annotated: segments.
    :return: ious_DA in [0, 1]; 0 where the labels differ.
    """
    both_DA = overlaps_ns(decided, annotated)
    lengths = [np.array([s.end_ns - s.start_ns for s in part], np.int64)
               for part in (decided, annotated)]
    labels = [np.array([s.label for s in part], str) for part in (decided, annotated)]
    either_DA = np.add.outer(*lengths) - both_DA
    return (labels[0][:, None] == labels[1]) * both_DA / np.maximum(either_DA, 1)


def matched(decided: Sequence[Segment], annotated: Sequence[Segment], min_iou: float) -> list[int]:
    """
    Match segments in order of time, for the segmental F1 at an overlap.

    As in Lea et al. 2017, "Temporal Convolutional Networks for Action Segmentation and Detection".
    A decided segment is right if the annotated segment of its label that it overlaps most reaches
    the overlap and was not matched before: an action that is decided twice counts once.

    :param decided: segments in order.
    :param annotated: segments in order.
    :param min_iou: least intersection over union, above 0; 0.1, 0.25 and 0.5 in the paper.
    :return: indices of the annotated segments that have a match.
    """
    if not decided or not annotated:
        return []
    ious_DA = ious(decided, annotated)
    found: list[int] = np.unique(ious_DA.argmax(1)[ious_DA.max(1) >= min_iou]).tolist()
    return found


def match(decided: Sequence[Segment], annotated: Sequence[Segment], min_iou: float) -> Matches:
    """
    Count the matches of ``matched``.

    :param decided: segments in order.
    :param annotated: segments in order.
    :param min_iou: least intersection over union, above 0.
    :return: the counts, with their F1.
    """
    return Matches.of(len(matched(decided, annotated, min_iou)), decided, annotated)


def edit_score(decided: Sequence[Segment], annotated: Sequence[Segment]) -> float:
    """
    Compare the order of actions, whatever their times.

    The edit score of Lea et al. 2016, "Segmental Spatiotemporal CNNs for Fine-grained Action
    Segmentation".

    :param decided: segments in order.
    :param annotated: segments in order.
    :return: 1 less the Levenshtein distance of the labels over the number of the longer list; 1
        if both are empty. Background is not among the labels.
    """
    one, two = [s.label for s in decided], [s.label for s in annotated]
    if not one and not two:
        return 1.0
    costs = list(range(len(two) + 1))
    for i, label in enumerate(one, 1):
        before, costs[0] = costs[0], i
        for j, other in enumerate(two, 1):
            before, costs[j] = costs[j], min(
                costs[j] + 1, costs[j - 1] + 1, before + (label != other))
    return 1 - costs[-1] / max(len(one), len(two))
