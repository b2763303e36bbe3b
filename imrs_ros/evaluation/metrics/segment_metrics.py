"""Figures of segmentation: what was decided over time against what was shown over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from imrs_ros.evaluation.ground_truth.segment import Segment


@dataclass(frozen=True, slots=True)
class Matches:
    """Segments counted: right ones, wrong ones, and those not found."""

    num_right: int = 0
    num_wrong: int = 0
    num_missed: int = 0

    def __add__(self, other: 'Matches') -> 'Matches':
        """Count both."""
        return Matches(self.num_right + other.num_right, self.num_wrong + other.num_wrong,
                       self.num_missed + other.num_missed)

    @property
    def precision(self) -> float:
        """Give the share of decided segments that are right; nan where there are none."""
        return _share(self.num_right, self.num_wrong)

    @property
    def recall(self) -> float:
        """Give the share of shown segments that were found; nan where there are none."""
        return _share(self.num_right, self.num_missed)

    @property
    def f1(self) -> float:
        """Give the harmonic mean of both; nan where nothing was shown nor decided."""
        return _share(2 * self.num_right, self.num_wrong + self.num_missed)


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else float('nan')


def match(decided: Sequence[Segment], shown: Sequence[Segment], min_iou: float) -> Matches:
    """
    Match segments in order of time, for the segmental F1 at an overlap.

    As in Lea et al. 2017, "Temporal Convolutional Networks for Action Segmentation and Detection".
    A decided segment is right if the shown segment of its label that it overlaps most reaches
    the overlap and was not matched before: an action that is decided twice counts once.

    :param decided: segments in order.
    :param shown: segments in order.
    :param min_iou: least intersection over union, above 0; 0.1, 0.25 and 0.5 in the paper.
    :return: the counts.
    """
    taken: set[int] = set()
    for segment in decided:
        ious = {i: segment.iou(one) for i, one in enumerate(shown) if one.label == segment.label}
        best = max(ious, key=lambda i: ious[i], default=None)
        if best is not None and ious[best] >= min_iou:
            taken.add(best)
    return Matches(len(taken), len(decided) - len(taken), len(shown) - len(taken))


def edit_score(decided: Sequence[Segment], shown: Sequence[Segment]) -> float:
    """
    Compare the order of actions, whatever their times.

    The edit score of Lea et al. 2016, "Segmental Spatiotemporal CNNs for Fine-grained Action
    Segmentation".

    :param decided: segments in order.
    :param shown: segments in order.
    :return: 1 less the Levenshtein distance of the labels over the longer one's number; 1 where
        both are empty. Time without an action is not among the labels.
    """
    one, two = [s.label for s in decided], [s.label for s in shown]
    if not one and not two:
        return 1.0
    costs = list(range(len(two) + 1))
    for i, label in enumerate(one, 1):
        before, costs[0] = costs[0], i
        for j, other in enumerate(two, 1):
            before, costs[j] = costs[j], min(
                costs[j] + 1, costs[j - 1] + 1, before + (label != other))
    return 1 - costs[-1] / max(len(one), len(two))
