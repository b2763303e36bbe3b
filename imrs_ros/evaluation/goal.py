# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the decision settings are tuned for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math

from imrs_ros.evaluation.metrics.figure import (
    ALL_FIGURES, FIGURES, PEOPLE_FIGURES, TRACK_FIGURES, Value)
from imrs_ros.evaluation.metrics.figures import figures
from imrs_ros.evaluation.metrics.people_figures import people_figures
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track

UNDEFINED = 1e6
"""Worse than any figure."""
SCORE_FIGURES = ('mean_ap', 'calibrated_map', 'no_action_auroc')
"""Computed from scores, whatever is decided."""
GOALS = tuple(figure.name for figure in TRACK_FIGURES
              if figure.better != 'neither' and figure.name not in SCORE_FIGURES)
"""Figures that other decisions can improve."""
FOLLOWED_FIGURES = ('num_unmatched', 'video_accuracy', 'id_switches', 'id_switches_per_min')
"""Of who is followed and how they are scored, whatever is decided."""
PEOPLE_GOALS = tuple(figure.name for figure in PEOPLE_FIGURES
                     if figure.better != 'neither' and figure.name not in FOLLOWED_FIGURES)
"""Figures of people that other decisions can improve."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """The figure to improve, and the false actions that are allowed meanwhile."""

    figure: str = 'f1@25'
    """Name of the figure to improve."""
    max_false_per_min: float = math.inf
    """False actions per minute of background; more is worse than anything else."""
    of_people: bool = False
    """Whether the figures are those of people, not of the whole picture."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises ValueError: naming the goals there are.
        """
        goals = PEOPLE_GOALS if self.of_people else GOALS
        if self.figure not in goals:
            rows = PEOPLE_FIGURES if self.of_people else FIGURES.values()
            is_known = self.figure in [row.name for row in rows]
            why = ', which decisions do not change' if is_known else ''
            of = ' for people' if self.of_people else ''
            raise ValueError(f'expected --goal to be one of {", ".join(goals)}{of}, got '
                             f'{self.figure!r}{why}')
        if not self.max_false_per_min >= 0:
            raise ValueError('expected --max-false-per-min of at least 0, got '
                             f'{self.max_false_per_min}')

    def figures(self, tracks: Sequence[Track]) -> dict[str, Value]:
        """
        Compute the figures that the goal is one of.

        :param tracks: of cameras, or of people if the goal is of people.
        :return: the figures by name.
        """
        if not self.of_people:
            return figures(tracks)
        return people_figures([track for track in tracks if isinstance(track, PersonTrack)])

    def worth(self, found: Mapping[str, Value]) -> float:
        """
        Rate figures, apart from false actions.

        :param found: as ``figures`` returns them.
        :return: greater is better; an undefined figure is worse than any other.
        """
        value = found[self.figure]
        if value is None:
            return -UNDEFINED
        return ALL_FIGURES[self.figure].improvement(0.0, value)

    def excess(self, found: Mapping[str, Value]) -> float:
        """
        Return how far false actions exceed what is allowed.

        :param found: as ``figures`` returns them.
        :return: false actions per minute of background; 0 or less is allowed.
        """
        return (found['false_per_min'] or 0.0) - min(self.max_false_per_min, UNDEFINED)
