# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Why an annotated action was not found."""

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.settings import DecisionSettings
import numpy as np


def why_missed(track: Track, segment: Segment, settings: DecisionSettings) -> str:
    """
    Return why an action was not found.

    :param track: of the camera.
    :param segment: an annotated action whose label was not decided while it lasted.
    :param settings: of the decision.
    :return: such as ``best 0.72 < 0.80``: the best score of a window, and the threshold; of a
        track without scores, no more than that there were windows.
    """
    if settings.enabled_classes and segment.label not in settings.enabled_classes:
        return 'not in enabled_classes'
    first, last = np.searchsorted(track.times_N, [segment.start_ns, segment.end_ns])
    if first == last:
        return 'no windows'
    if not track.has_scores:
        return 'not decided'
    scores_N = track.probabilities_NK[first:last, track.classes.index(segment.label)]
    best, threshold = float(scores_N.max()), settings.class_thresholds.get(
        segment.label, settings.enter_threshold)
    if best < threshold:
        return f'best {best:.2f} < {threshold:.2f}'
    return (f'best {best:.2f}, too short for smoothing_sec {settings.smoothing_sec:g} and '
            f'min_duration_sec {settings.min_duration_sec:g}')
