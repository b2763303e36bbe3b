"""What settings are tuned for."""

from collections.abc import Mapping
from dataclasses import dataclass
import math

from imrs_ros.evaluation.metrics.figure_table import LOWER_IS_BETTER, WORDS

UNDEFINED = 1e6
"""Worse than any figure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """What is wanted."""

    figure: str = 'f1@25'
    """Name of the figure that counts."""
    max_false_per_min: float = math.inf
    """False actions a minute that are allowed; more than that is worse than anything else."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the figures there are.
        """
        if self.figure not in WORDS:
            raise ValueError(f'expected a goal of {", ".join(WORDS)}, got {self.figure!r}')
        if not self.max_false_per_min >= 0:
            raise ValueError(f'expected at least 0 false actions a minute, got '
                             f'{self.max_false_per_min}')

    def worth(self, found: Mapping[str, float | int | None]) -> float:
        """
        Give what figures are worth, apart from false actions.

        :param found: of ``figures``.
        :return: greater is better; a figure that is not defined is worth nothing.
        """
        value = found[self.figure]
        if value is None:
            return -UNDEFINED
        return -value if self.figure in LOWER_IS_BETTER else float(value)

    def excess(self, found: Mapping[str, float | int | None]) -> float:
        """
        Give how far false actions go beyond what is allowed.

        :param found: of ``figures``.
        :return: false actions a minute; 0 or less is allowed.
        """
        return (found['false_per_min'] or 0.0) - min(self.max_false_per_min, UNDEFINED)
