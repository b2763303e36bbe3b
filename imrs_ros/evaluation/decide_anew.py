# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Decisions repeated from the scores of tracks, with the same settings or others."""

from collections.abc import Sequence
from dataclasses import replace

from imrs_ros.decision import DecisionFilter
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.records import Scores
from imrs_ros.settings import DecisionSettings
import numpy as np
from numpy.typing import NDArray


def decide(track: Track, settings: DecisionSettings) -> Track:
    """
    Repeat the decisions on a camera from the scores of its track.

    :param track: a track.
    :param settings: thresholds and times.
    :return: the track with the new decisions.
    """
    # The probabilities are calibrated already: a temperature of 1 leaves them as they are.
    decision_filter = DecisionFilter(track.classes, 1.0, settings)
    labels, confidences, last_ns = [], [], None
    for time_ns, probabilities_K in zip(track.times_N.tolist(), track.probabilities_NK):
        if last_ns is not None and time_ns - last_ns > track.hold_ns:
            decision_filter.reset()
        last_ns = time_ns
        decision = decision_filter.update(Scores('', time_ns, '', _logits(probabilities_K)))
        labels.append(decision.label)
        confidences.append(decision.confidence)
    return replace(track, decided_labels=tuple(labels), confidences_N=np.array(confidences))


def decide_people(people: Sequence[PersonTrack], settings: DecisionSettings) -> list[PersonTrack]:
    """
    Repeat the decisions on everybody, each appearance by a filter of its own.

    :param people: all tracks of a recording that have scores: the windows of an appearance may
        be in several of them, as it is taken for one person and then for another.
    :param settings: thresholds and times.
    :return: the tracks with the new decisions, in the same order.
    """
    appearances: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
    for t, track in enumerate(people):
        for n, (time_ns, number) in enumerate(zip(
                track.times_N.tolist(), track.numbers_N.tolist())):
            appearances.setdefault((track.camera, number), []).append((time_ns, t, n))
    labels = [list(track.decided_labels) for track in people]
    confidences = [track.confidences_N.copy() for track in people]
    for windows in appearances.values():
        decision_filter = DecisionFilter(people[windows[0][1]].classes, 1.0, settings)
        for time_ns, t, n in sorted(windows):
            if people[t].is_restart_N[n]:
                decision_filter.reset()
            decision = decision_filter.update(
                Scores('', time_ns, '', _logits(people[t].probabilities_NK[n])))
            labels[t][n], confidences[t][n] = decision.label, decision.confidence
    return [replace(track, decided_labels=tuple(of_track), confidences_N=confidences_N)
            for track, of_track, confidences_N in zip(people, labels, confidences)]


def decide_all(tracks: Sequence[Track], settings: DecisionSettings) -> list[Track]:
    """
    Repeat the decisions of a recording, be they on its cameras or on its people.

    :param tracks: of the recording.
    :param settings: thresholds and times.
    :return: the tracks with the new decisions: cameras, then people.
    """
    people = [track for track in tracks if isinstance(track, PersonTrack)]
    cameras = [track for track in tracks if not isinstance(track, PersonTrack)]
    return [*(decide(track, settings) for track in cameras), *decide_people(people, settings)]


def _logits(probabilities_K: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return logits of these probabilities, the last of none of the classes."""
    # A still scene has no scores, and all its probabilities are 0.
    if not probabilities_K.any():
        return None
    none = max(0.0, 1.0 - float(probabilities_K.sum(dtype=np.float64)))
    return np.log(np.maximum([*probabilities_K, none], 1e-12)).astype(np.float32)
