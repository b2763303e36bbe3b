# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Bootstrap intervals of figures: how far they would move if other actions had been recorded.

Units are drawn with replacement, as many as there are, and every figure is computed anew; the
percentiles of its values limit the interval (Efron & Tibshirani 1993, "An Introduction to the
Bootstrap", section 13.3).

Layout legend: B draws, U units, D delays.
"""

from collections.abc import Iterator, Mapping

from imrs_ros.evaluation.metrics.figure import EVENT_OVERLAPS, OVERLAPS, round_figure, Value
from imrs_ros.evaluation.metrics.units import UnitCounts
import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
NUM_DRAWS = 1000
SEED = 0
MAX_WEIGHTS = 5_000_000
"""Of draws times units at once: hundreds of hours fit into memory, too."""

_F1 = ('num_decided', 'num_actions')
RATIOS: Mapping[str, tuple[float, str, tuple[str, ...]]] = {
    'frame_accuracy': (1, 'num_right', ('num_windows',)),
    'settled_accuracy': (1, 'num_settled_right', ('num_settled',)),
    **{f'f1@{overlap}': (2, f'right@{overlap}', _F1) for overlap in OVERLAPS},
    **{f'event_precision@{overlap}': (1, f'event_right@{overlap}', ('num_decided',))
       for overlap in EVENT_OVERLAPS},
    **{f'event_recall@{overlap}': (1, f'event_right@{overlap}', ('num_actions',))
       for overlap in EVENT_OVERLAPS},
    'precision@25': (1, 'right@25', ('num_decided',)),
    'recall@25': (1, 'right@25', ('num_actions',)),
    'recall': (1, 'num_found', ('num_actions',)),
    'false_per_min': (60, 'false_actions', ('background_sec',)),
    'false_time_share': (1, 'false_sec', ('background_sec',)),
    'changes_per_min': (60, 'num_changes', ('duration_sec',)),
    'false_actions': (1, 'false_actions', ())}
"""Figures that are a factor times a sum over units, over the sum of others, if there are any."""
COUNTS = ('num_found', 'false_actions')
PERCENTILES = {'delay_median_sec': 50, 'delay_p95_sec': 95}
"""Figures that are a percentile of the delays."""


def draws(num_units: int, seed: int = SEED) -> Iterator[NDArray[np.float64]]:
    """
    Draw units with replacement.

    :param num_units: how many there are.
    :param seed: of the draws.
    :return: weights_BU, in parts of ``NUM_DRAWS`` draws: how often each unit was drawn.
    """
    generator = np.random.default_rng(seed)
    at_once = max(1, MAX_WEIGHTS // max(1, num_units))
    for first in range(0, NUM_DRAWS if num_units else 0, at_once):
        num_draws = min(at_once, NUM_DRAWS - first)
        drawn_BU = generator.integers(num_units, size=(num_draws, num_units))
        drawn_BU += num_units * np.arange(num_draws)[:, None]
        yield np.bincount(drawn_BU.ravel(), minlength=drawn_BU.size).reshape(
            drawn_BU.shape).astype(np.float64)


def values(counts: UnitCounts, weights_BU: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """
    Compute the figures of every draw.

    :param counts: of the units.
    :param weights_BU: how often each unit counts.
    :return: B values by name; nan where a figure is undefined. Figures to which fewer than two
        units contribute are left out.
    """
    found = {}
    for name, (factor, part, whole) in RATIOS.items():
        if part not in counts.sums or not counts.sums.keys() >= set(whole):
            continue
        num_units = weights_BU.shape[1]
        # A count is divided by the number of draws over that of units, which is 1.
        whole_U = (sum((counts.sums[one] for one in whole), np.zeros(num_units)) if whole
                   else np.full(num_units, 1 / num_units))
        if np.count_nonzero(whole_U) > 1:
            wholes_B = weights_BU @ whole_U
            found[name] = factor * (weights_BU @ counts.sums[part]) / np.where(
                wholes_B > 0, wholes_B, np.nan)
    if 'recall' in found:
        # Of the actions that there are: draws differ in theirs.
        found['num_found'] = found['recall'] * counts.sums['num_actions'].sum()
    if len(np.unique(counts.delay_units)) > 1:
        order = np.argsort(counts.delays_sec)
        weights_BD = weights_BU[:, counts.delay_units[order]]
        for name, percent in PERCENTILES.items():
            found[name] = percentiles(counts.delays_sec[order], weights_BD, percent)
    return found


def percentiles(delays_D: NDArray[np.float64], weights_BD: NDArray[np.float64], percent: float,
                ) -> NDArray[np.float64]:
    """
    Compute the percentile of delays that count several times, as ``np.percentile`` does.

    :param delays_D: rising.
    :param weights_BD: how often each counts.
    :param percent: in [0, 100].
    :return: B percentiles; nan where no delay counts.
    """
    ends_BD = weights_BD.cumsum(1)
    last_B = ends_BD[:, -1] - 1
    place_B = np.maximum(last_B, 0) * percent / 100
    lower_B, upper_B = (delays_D[(ends_BD > edge_B[:, None]).argmax(1)]
                        for edge_B in (np.floor(place_B), np.ceil(place_B)))
    found_B: NDArray[np.float64] = lower_B + (place_B % 1) * (upper_B - lower_B)
    return np.where(last_B >= 0, found_B, np.nan)


def interval(name: str, values_B: NDArray[np.float64]) -> list[Value] | None:
    """
    Return the percentile interval.

    :param name: of a figure.
    :param values_B: of the figure, or of its difference.
    :return: its limits, integers if the figure is a count; None if it is undefined in all draws.
    """
    finite = values_B[np.isfinite(values_B)]
    if not len(finite):
        return None
    tail = 50 * (1 - LEVEL)
    limits = np.percentile(finite, (tail, 100 - tail)).tolist()
    return [round(limit) if name in COUNTS else round_figure(limit) for limit in limits]
