"""
What a live node said of a recording, beside what the recogniser says of it offline.

Layout legend: N windows, K classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from imrs_ros.evaluation.metrics.figures import figures, plain
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.playback import Seen
import numpy as np
from numpy.typing import NDArray

WORDS = {
    'windows_offline': 'windows, offline', 'windows_live': 'windows, live',
    'missing_share': 'share of windows that live lacks',
    'age_median_sec': 'age of a result, median, s', 'age_p95_sec': 'age, 95th percentile, s',
    'age_max_sec': 'age, largest, s',
    'same_label_share': 'share of live windows with the label of offline',
    'score_difference': 'largest difference of scores of the same window',
    'num_dropped': 'images dropped by the node', 'num_skipped_windows': 'windows overtaken',
    'num_restarts': 'windows started anew'}


@dataclass(slots=True)
class LiveWindow:
    """One window as the node published it."""

    stamp_ns: int
    """Of its newest frame."""
    arrival_ns: int
    """When it was received, by the clock of the recording."""
    probabilities_K: NDArray[np.float32]
    label: str
    """Decided after it."""
    confidence: float


def live_track(windows: Sequence[LiveWindow], seen: Seen, offline: Track, start_ns: int) -> Track:
    """
    Give what a node said as a track.

    :param windows: at least one, of one camera, as they arrived.
    :param seen: the camera offline, whose clock places stamps.
    :param offline: its track, whose truth counts here, too.
    :param start_ns: of the recording, by its own clock.
    :return: the track; decisions are known when they arrived.
    """
    ordered = sorted(windows, key=lambda window: window.arrival_ns)
    times_N = np.array([seen.clock.since_start(window.stamp_ns) for window in ordered], np.int64)
    known_N = np.array([window.arrival_ns - start_ns for window in ordered], np.int64)
    # A clock that ticks with the images may stand still between an image and its result.
    return replace(
        offline, times_N=times_N, known_N=np.maximum(known_N, times_N),
        probabilities_NK=np.stack([window.probabilities_K for window in ordered]),
        labels=tuple(window.label for window in ordered),
        confidences_N=np.array([window.confidence for window in ordered]))


def differences(live: Track, offline: Track, counts: Mapping[str, str],
                ) -> dict[str, float | int | None]:
    """
    Say how far live is from offline.

    :param live: what the node said.
    :param offline: what the recogniser says of the same camera.
    :param counts: what the node's diagnostics counted, by name.
    :return: figures by the names of ``WORDS``.
    """
    ages_N = (live.known_N - live.times_N) / 1e9
    before_N = np.searchsorted(offline.times_N, live.times_N, 'right') - 1
    same = [i >= 0 and offline.labels[i] == label for i, label in zip(before_N, live.labels)]
    index = {int(time_ns): i for i, time_ns in enumerate(offline.times_N)}
    gaps = [float(np.abs(live.probabilities_NK[i] - offline.probabilities_NK[index[int(t)]]).max())
            for i, t in enumerate(live.times_N) if int(t) in index]
    found: dict[str, float] = {
        'windows_offline': len(offline.labels), 'windows_live': len(live.labels),
        'missing_share': max(0.0, 1 - len(live.labels) / len(offline.labels)),
        'age_median_sec': float(np.median(ages_N)),
        'age_p95_sec': float(np.percentile(ages_N, 95)),
        'age_max_sec': float(ages_N.max()), 'same_label_share': float(np.mean(same)),
        'score_difference': max(gaps, default=float('nan'))}
    found |= {name: int(counts[name]) for name in WORDS if name in counts}
    return {name: plain(value) for name, value in found.items()}


def live_section(
    pairs: Sequence[tuple[Seen, Track, Track]], counts: Mapping[str, Mapping[str, str]],
    notes: Sequence[str],
) -> dict[str, Any]:
    """
    Give the section of the report.

    :param pairs: each camera, its track offline and live.
    :param counts: of the node's diagnostics, by camera.
    :param notes: what else was odd.
    :return: what JSON holds.
    """
    return {
        'figures': figures([live for _, _, live in pairs]), 'words': WORDS, 'notes': list(notes),
        'cameras': [{
            'camera': seen.camera, 'figures': figures([live]),
            'differences': differences(live, offline, counts.get(seen.camera, {})),
            'decided': [[*s.sec, s.label] for s in live.decided()]}
            for seen, offline, live in pairs]}
