# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
How long windows took on this machine: for the page alone.

It differs at every run, so it is no part of ``report.json``.
"""

from collections.abc import Sequence
from typing import Any

from imrs_ros.evaluation.offline.recording_result import Result
import numpy as np

MAX_VALUES = 2000
"""Of a distribution that the page draws; of more, as many quantiles."""


def timing(results: Sequence[Result]) -> dict[str, Any] | None:
    """
    Summarise how long the model took.

    :param results: of recordings.
    :return: durations of windows in s, rising; median and 95th percentile; cores that would be
        busy if the recordings came in real time; and how much faster they were played. None if
        no window was passed to the model.
    """
    values = [decision.scores.inference_sec
              for result in results for camera, _ in result.cameras
              for _, decision in (*camera.decisions, *camera.people)
              if decision.scores.inference_sec > 0]
    recorded_sec = sum(result.duration_ns for result in results if result.wall_sec) / 1e9
    if not values or not recorded_sec:
        return None
    return {**distribution(values),
            'cores': round(sum(result.cpu_sec for result in results) / recorded_sec, 3),
            'speed': round(recorded_sec / sum(result.wall_sec for result in results), 2)}


def distribution(values: Sequence[float]) -> dict[str, Any]:
    """
    Return what a histogram needs.

    :param values: at least one, s.
    :return: number of values, those to draw, median and 95th percentile.
    """
    drawn = (sorted(values) if len(values) <= MAX_VALUES
             else np.quantile(values, np.linspace(0, 1, MAX_VALUES)).tolist())
    return {'number': len(values), 'values': [round(value, 5) for value in drawn],
            'median': round(float(np.median(values)), 5),
            'p95': round(float(np.percentile(values, 95)), 5)}
