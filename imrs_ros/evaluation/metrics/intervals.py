# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Intervals of the figures of a report, and of their differences from another.

Layout legend: B draws.
"""

from collections.abc import Mapping

from imrs_ros.evaluation.metrics.bootstrap import draws, interval, SEED, values
from imrs_ros.evaluation.metrics.figure import Value
from imrs_ros.evaluation.metrics.units import Units
import numpy as np
from numpy.typing import NDArray


def draw_values(units: Units, seed: int = SEED) -> dict[str, dict[str, NDArray[np.float64]]]:
    """
    Compute the figures of all draws.

    :param units: what is drawn.
    :param seed: of the draws.
    :return: ``NUM_DRAWS`` values by name of the figure, by class; the empty one is all classes.
    """
    counts = {'': units.total, **units.by_class}
    parts = [{label: values(one, weights_BU) for label, one in counts.items()}
             for weights_BU in draws(len(units.keys), seed)]
    return {label: {name: np.concatenate([part[label][name] for part in parts])
                    for name in parts[0][label]} for label in counts} if parts else {}


def intervals(units: Units) -> dict[str, dict[str, list[Value]]]:
    """
    Compute the intervals of all figures.

    :param units: of a report.
    :return: limits by name of the figure, by class; the empty one is all classes.
    """
    return _intervals(draw_values(units))


def difference_intervals(before: Units, after: Units) -> dict[str, dict[str, list[Value]]]:
    """
    Compute the intervals of the differences between two reports.

    :param before: units of a report.
    :param after: of another; of the same recordings, the same units are drawn for both, so that
        what is hard for both does not count.
    :return: limits of "after less before", as ``intervals`` returns them.
    """
    order = same_units(before, after)
    pair = (draw_values(before), draw_values(after, SEED + 1) if order is None
            else draw_values(after.at(order)))
    return _intervals({
        label: {name: pair[1][label][name] - values_B for name, values_B in found.items()
                if name in pair[1][label]}
        for label, found in pair[0].items() if label in pair[1]})


def same_units(before: Units, after: Units) -> NDArray[np.int64] | None:
    """
    Find the units of a report in another.

    :param before: units of a report.
    :param after: of another.
    :return: their indices in ``after``; None if the units are not the same.
    """
    orders = [sorted(range(len(units.keys)), key=units.keys.__getitem__)
              for units in (before, after)]
    if [before.keys[i] for i in orders[0]] != [after.keys[i] for i in orders[1]]:
        return None
    found = np.empty(len(orders[0]), np.int64)
    found[orders[0]] = orders[1]
    return found


def _intervals(found: Mapping[str, Mapping[str, NDArray[np.float64]]],
               ) -> dict[str, dict[str, list[Value]]]:
    return {label: {name: limits for name, values_B in row.items()
                    for limits in [interval(name, values_B)] if limits is not None}
            for label, row in found.items()}
