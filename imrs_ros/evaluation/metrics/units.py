# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What is counted in each unit of the recordings, for intervals that resample units.

A unit is an annotated action with the background before it: a false action, a late decision and a
miss are counted where they arise, and units are as good as independent, which single windows are
not. More than ``MAX_BACKGROUND_SEC`` of background is cut into units of its own, as the blocks of
Carlstein 1986. Cameras that saw the same actions of a recording share its units.

Layout legend: U units, D delays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imrs_ros.evaluation.metrics.figure import round_figure
import numpy as np
from numpy.typing import NDArray

MAX_BACKGROUND_SEC = 60
"""Longest background before an action that is a unit together with it."""

UnitKey = tuple[str, float, float, str]
"""Recording, start and end, s, and label; empty where no action is annotated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitCounts:
    """Counts of every unit, of all classes or of one."""

    sums: Mapping[str, NDArray[np.float64]]
    """U values by what is counted; figures are ratios of their sums."""
    delays_sec: NDArray[np.float64]
    """D delays of the actions found, s."""
    delay_units: NDArray[np.int64]
    """D indices of their units."""

    def at(self, order: NDArray[np.int64]) -> 'UnitCounts':
        """
        Reorder the units.

        :param order: of the new units, the indices of the present ones.
        :return: the same counts in this order.
        """
        return UnitCounts(sums={name: sums_U[order] for name, sums_U in self.sums.items()},
                          delays_sec=self.delays_sec,
                          delay_units=np.argsort(order)[self.delay_units])

    def as_json(self) -> dict[str, Any]:
        """
        Return what JSON holds.

        :return: sums by name, and pairs of unit and delay.
        """
        return {
            'sums': {name: [_short(value) for value in sums_U]
                     for name, sums_U in self.sums.items()},
            'delays': [[int(unit), round_figure(delay)]
                       for unit, delay in zip(self.delay_units, self.delays_sec)]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> 'UnitCounts':
        """
        Read what ``as_json`` returned.

        :param value: of a report.
        :return: the counts.
        """
        delays = np.array(value['delays'], float).reshape(-1, 2)
        return cls(sums={name: np.array(sums, float) for name, sums in value['sums'].items()},
                   delays_sec=delays[:, 1], delay_units=delays[:, 0].astype(np.int64))


@dataclass(frozen=True, kw_only=True, slots=True)
class Units:
    """All units of the annotated recordings."""

    keys: Sequence[UnitKey]
    """Of U units, the same whatever the model and its decisions."""
    total: UnitCounts
    """Of all classes."""
    by_class: Mapping[str, UnitCounts]
    """Of every class that is annotated or decided."""

    def __post_init__(self) -> None:
        """
        Check that all counts are of these units.

        :raises ValueError: if some are of others.
        """
        for counts in (self.total, *self.by_class.values()):
            lengths = {len(sums_U) for sums_U in counts.sums.values()}
            if lengths - {len(self.keys)} or (counts.delay_units >= len(self.keys)).any():
                raise ValueError(f'expected counts of {len(self.keys)} units, got others')

    def at(self, order: NDArray[np.int64]) -> 'Units':
        """
        Reorder the units.

        :param order: of the new units, the indices of the present ones.
        :return: the same units in this order.
        """
        return Units(keys=[self.keys[i] for i in order], total=self.total.at(order),
                     by_class={label: counts.at(order)
                               for label, counts in self.by_class.items()})

    def as_json(self) -> dict[str, Any]:
        """
        Return what JSON holds.

        :return: keys and counts.
        """
        return {'keys': [list(key) for key in self.keys], 'total': self.total.as_json(),
                'by_class': {label: counts.as_json() for label, counts in self.by_class.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> 'Units':
        """
        Read what ``as_json`` returned.

        :param value: of a report.
        :return: the units.
        """
        return cls(keys=[(str(name), float(start), float(end), str(label))
                         for name, start, end, label in value['keys']],
                   total=UnitCounts.from_json(value['total']),
                   by_class={label: UnitCounts.from_json(counts)
                             for label, counts in value['by_class'].items()})


def _short(value: float) -> float:
    """Return a number as short as JSON can hold it, to the tenth of a millisecond."""
    return int(value) if float(value).is_integer() else round(float(value), 4)
