# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Outputs of a live node, beside those of the recognizer offline.

Layout legend: N windows, K classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from imrs_ros.evaluation.metrics.figure import LIVE_FIGURES, round_figure, Value
from imrs_ros.evaluation.metrics.figures import figures
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class LiveWindow:
    """One window as the node published it."""

    stamp_ns: int
    """Of its newest frame."""
    arrival_ns: int
    """When it was received, by the clock of the recording."""
    probabilities_K: NDArray[np.float32]
    """Calibrated, of this window alone."""
    label: str
    """Decided after it."""
    confidence: float
    """Of the decided label."""


def live_track(windows: Sequence[LiveWindow], clock: CameraClock, offline: Track, start_ns: int,
               ) -> Track:
    """
    Create the track of a live camera.

    :param windows: at least one, in order of arrival.
    :param clock: of the camera, for its stamps.
    :param offline: track of the same camera, with its annotations.
    :param start_ns: of the recording, by its own clock.
    :return: the track; decisions are known when they arrived.
    """
    ordered = sorted(windows, key=lambda window: window.arrival_ns)
    times_N = np.array([clock.since_start(window.stamp_ns) for window in ordered], np.int64)
    known_N = np.array([window.arrival_ns - start_ns for window in ordered], np.int64)
    # A clock that ticks with the images may stand still between an image and its result.
    return replace(
        offline, times_N=times_N, known_N=np.maximum(known_N, times_N),
        probabilities_NK=np.stack([window.probabilities_K for window in ordered]),
        decided_labels=tuple(window.label for window in ordered),
        confidences_N=np.array([window.confidence for window in ordered]))


def differences(live: Track, offline: Track, counts: Mapping[str, str]) -> dict[str, Value]:
    """
    Compare a live camera with the same camera offline.

    :param live: of the node.
    :param offline: of the recognizer.
    :param counts: of the node's diagnostics, by name.
    :return: the rows of ``LIVE_FIGURES`` by name, as far as they are known.
    """
    ages_N = (live.known_N - live.times_N) / 1e9
    before_N = np.searchsorted(offline.times_N, live.times_N, 'right') - 1
    same = [i >= 0 and offline.decided_labels[i] == label
            for i, label in zip(before_N, live.decided_labels)]
    index = {int(time_ns): i for i, time_ns in enumerate(offline.times_N)}
    gaps = [float(np.abs(live.probabilities_NK[i] - offline.probabilities_NK[index[int(t)]]).max())
            for i, t in enumerate(live.times_N) if int(t) in index]
    num_live, num_offline = len(live.decided_labels), len(offline.decided_labels)
    found: dict[str, float] = {
        'windows_offline': num_offline, 'windows_live': num_live,
        'missing_share': max(0.0, 1 - num_live / num_offline), **age_figures(ages_N),
        'same_label_share': float(np.mean(same)),
        'score_difference': max(gaps, default=float('nan'))}
    found |= {row.name: _count(counts[row.name]) for row in LIVE_FIGURES if row.name in counts}
    return {name: round_figure(value) for name, value in found.items()}


def age_figures(ages_N: NDArray[np.float64]) -> dict[str, float]:
    """
    Compute the figures of the age of results.

    :param ages_N: from the stamp of each window's newest frame to the arrival of its result, s.
    :return: the figures by name; nan without windows.
    """
    if not len(ages_N):
        return dict.fromkeys(('age_median_sec', 'age_p95_sec', 'age_max_sec'), float('nan'))
    return {'age_median_sec': float(np.median(ages_N)),
            'age_p95_sec': float(np.percentile(ages_N, 95)), 'age_max_sec': float(ages_N.max())}


def live_section(
    pairs: Sequence[tuple[str, Track, Track]], counts: Mapping[str, Mapping[str, str]],
    notes: Sequence[str],
) -> dict[str, Any]:
    """
    Create the live section of a report.

    :param pairs: name of each camera, its track offline and live.
    :param counts: of the node's diagnostics, by camera.
    :param notes: anything else that is unusual.
    :return: what JSON holds.
    """
    return {
        'figures': figures([live for _, _, live in pairs]), 'notes': list(notes),
        'cameras': [{
            'camera': camera, 'figures': figures([live]),
            'differences': differences(live, offline, counts.get(camera, {})),
            'ages_sec': ((live.known_N - live.times_N) / 1e9).round(3).tolist(),
            'decided': [[*s.sec, s.label] for s in live.decided]}
            for camera, offline, live in pairs]}


def _count(text: str) -> float:
    """Return a count of diagnostics; nan for what is no number."""
    return int(text) if text.isdecimal() else float('nan')
