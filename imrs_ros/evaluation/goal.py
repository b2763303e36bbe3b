# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the decision settings are tuned for."""

from collections.abc import Mapping
from dataclasses import dataclass
import math

from imrs_ros.evaluation.metrics.figure import FIGURES, TRACK_FIGURES, Value

UNDEFINED = 1e6
"""Worse than any figure."""
SCORE_FIGURES = ('mean_ap', 'calibrated_map', 'no_action_auroc')
"""Computed from scores, whatever is decided."""
GOALS = tuple(figure.name for figure in TRACK_FIGURES
              if figure.better != 'neither' and figure.name not in SCORE_FIGURES)
"""Figures that other decisions can improve."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """The figure to improve, and the false actions that are allowed meanwhile."""

    figure: str = 'f1@25'
    """Name of the figure to improve."""
    max_false_per_min: float = math.inf
    """False actions per minute of background; more is worse than anything else."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the goals there are.
        """
        if self.figure not in GOALS:
            why = ', which decisions do not change' if self.figure in FIGURES else ''
            raise ValueError(
                f'expected --goal to be one of {", ".join(GOALS)}, got {self.figure!r}{why}')
        if not self.max_false_per_min >= 0:
            raise ValueError('expected --max-false-per-min of at least 0, got '
                             f'{self.max_false_per_min}')

    def worth(self, found: Mapping[str, Value]) -> float:
        """
        Rate figures, apart from false actions.

        :param found: as ``figures`` returns them.
        :return: greater is better; an undefined figure is worse than any other.
        """
        value = found[self.figure]
        if value is None:
            return -UNDEFINED
        return FIGURES[self.figure].improvement(0.0, value)

    def excess(self, found: Mapping[str, Value]) -> float:
        """
        Return how far false actions exceed what is allowed.

        :param found: as ``figures`` returns them.
        :return: false actions per minute of background; 0 or less is allowed.
        """
        return (found['false_per_min'] or 0.0) - min(self.max_false_per_min, UNDEFINED)
