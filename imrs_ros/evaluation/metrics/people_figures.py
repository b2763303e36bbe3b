# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""All figures of people; units for their intervals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.count_units import count_units
from imrs_ros.evaluation.metrics.figure import PEOPLE_FIGURES, round_figure, Value
from imrs_ros.evaluation.metrics.figures import figures
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.metrics.units import Units
from imrs_ros.records import NO_ACTION
import numpy as np

NOBODY = 'not annotated'
"""Whose units those are of people who match nobody annotated."""


def people_figures(tracks: Sequence[PersonTrack]) -> dict[str, Value]:
    """
    Compute every figure of some people.

    :param tracks: annotated, or of a recording in which nobody is; then only people and windows
        are counted.
    :return: the rows of ``PEOPLE_FIGURES`` by name; None where one is undefined.
    """
    judged = [track.judged for track in tracks if track.annotated is not None]
    known = [track for track in judged if track.is_annotated]
    shared = figures(judged)
    right = [(track.has_scores, *label_right(track, segment)) for track in known
             for segment in track.annotated or ()]
    switches = sum(track.num_switches for track in known)
    minutes = sum(track.seen[1] - track.seen[0] for track in known) / 60e9
    matched, everyone = ({(track.camera, number) for track in part for number in
                          track.numbers_N.tolist()} for part in (known, tracks))
    found: dict[str, float] = {
        'num_people': len(known), 'num_followed': len(everyone),
        'num_unmatched': len(everyone - matched) if judged else 0,
        'video_accuracy': _mean([by_mean for is_known, by_mean, _ in right if is_known]),
        'decided_accuracy': _mean([by_decided for *_, by_decided in right]),
        'id_switches': switches,
        'id_switches_per_min': switches / minutes if minutes else float('nan'),
        'num_people_windows': sum(len(track.decided_labels) for track in tracks)}
    own = {name: round_figure(value) for name, value in found.items()}
    return {row.name: own[row.name] if row.name in own else shared[row.name]
            for row in PEOPLE_FIGURES}


def label_right(track: Track, segment: Segment) -> tuple[bool, bool]:
    """
    Judge an annotated action as a whole, as a clip is.

    :param track: of the person.
    :param segment: an annotated action of it.
    :return: whether its label has the greatest mean probability over the windows whose newest
        frame is in it, and whether no other label is decided in as many of them; neither without
        any window.
    """
    first, last = np.searchsorted(track.times_N, [segment.start_ns, segment.end_ns])
    if first == last:
        return False, False
    mean_K = track.probabilities_NK[first:last].mean(0, dtype=np.float64)
    counts = Counter(label for label in track.decided_labels[first:last] if label != NO_ACTION)
    own = counts.pop(segment.label, 0)
    return (track.classes[int(mean_K.argmax())] == segment.label,
            own > max(counts.values(), default=0))


def people_units(tracks: Sequence[PersonTrack]) -> Units:
    """
    Divide the time of annotated people into units, and count.

    :param tracks: of any recordings and cameras.
    :return: the units; people who match nobody annotated share those of their camera, so that
        units are the same whoever was followed.
    """
    named: list[tuple[str, Sequence[Track]]] = []
    for camera in dict.fromkeys(track.camera for track in tracks):
        judged = [t.judged for t in tracks if t.camera == camera and t.annotated is not None]
        known = [track for track in judged if track.is_annotated]
        named += [(f'{camera} {track.name}', [track]) for track in known]
        if known:
            # Also without any of the others, for their units.
            named.append((f'{camera} {NOBODY}', [
                nobody(known[0]), *(track for track in judged if not track.is_annotated)]))
    return count_units(named)


def nobody(track: PersonTrack) -> PersonTrack:
    """
    Return a track of somebody without windows.

    :param track: of the same camera.
    :return: the track.
    """
    return replace(
        track, name='', is_annotated=False, annotated=(), seen=(0, 0),
        times_N=track.times_N[:0], known_N=track.known_N[:0], numbers_N=track.numbers_N[:0],
        is_restart_N=track.is_restart_N[:0], probabilities_NK=track.probabilities_NK[:0],
        decided_labels=(), confidences_N=track.confidences_N[:0], boxes=())


def _mean(values: Sequence[bool]) -> float:
    return float(np.mean(values)) if values else float('nan')
