# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What was decided on people, window by window, and tracks of everybody made of it.

Layout legend: N windows, K classes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.people_match import match_people
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.playback import PlayedCamera
from imrs_ros.people.detection import Person
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonWindow:
    """One window of a person; times count from the start of the recording."""

    time_ns: int
    """Of its newest frame."""
    known_ns: int
    """When the decision was known; offline, the time of the frame itself."""
    person: Person
    """Whom it shows."""
    label: str
    """Decided after it."""
    confidence: float
    """Of the decided label."""
    probabilities_K: NDArray[np.float32] | None
    """Calibrated, of this window alone; None where the track has no scores."""
    is_restart: bool = False
    """Whether a gap before it discarded the older scores of the person."""


def played_windows(camera: PlayedCamera) -> Iterator[PersonWindow]:
    """
    Yield the windows of people of a camera.

    :param camera: played.
    :return: in the order in which they were scored.
    """
    restarts: dict[int, int] = {}
    for (time_ns, decision), num_restarts in zip(camera.people, camera.people_restarts):
        person = decision.scores.person
        if person is None:
            raise ValueError('expected a decision on a person, got one on the whole picture')
        before = restarts.get(person.number, num_restarts)
        restarts[person.number] = num_restarts
        yield PersonWindow(
            time_ns=time_ns, known_ns=time_ns, person=person, label=decision.label,
            confidence=decision.confidence, probabilities_K=decision.probabilities_K,
            is_restart=num_restarts > before)


def person_tracks(
    windows: Iterable[PersonWindow], departed: Iterable[int],
    people: Sequence[AnnotatedPerson] | None, empty: Track, name: str,
) -> list[PersonTrack]:
    """
    Create the tracks of everybody.

    :param windows: of people of one camera.
    :param departed: numbers of the people who left: whatever they did ended with their last
        window.
    :param people: everybody annotated; None if nobody is.
    :param empty: track of the camera, without windows or annotations.
    :param name: of the recording and its camera.
    :return: annotated people in order of appearance, found or not; then each appearance that
        matches none of them, with the windows in which it does not.
    """
    ordered = sorted(windows, key=lambda window: window.time_ns)
    matched = match_people([(window.time_ns, window.person) for window in ordered], people or (),
                           empty.settle_ns)
    known: dict[str, list[PersonWindow]] = {person.name: [] for person in people or ()}
    others: dict[int, list[PersonWindow]] = {}
    for window, of in zip(ordered, matched):
        if of is None:
            others.setdefault(window.person.number, []).append(window)
        else:
            known[of].append(window)
    gone = frozenset(departed)

    def track(of: Sequence[PersonWindow], who: str, annotated: tuple[Segment, ...] | None,
              seen: tuple[int, int], *, is_annotated: bool) -> PersonTrack:
        return PersonTrack(
            **_windows_of(of, empty), annotated=annotated, camera=name, name=who, seen=seen,
            is_annotated=is_annotated, departed=gone, annotated_people=tuple(people or ()))
    return [
        *(track(known[person.name], person.name, person.actions, person.seen, is_annotated=True)
          for person in people or ()),
        *(track(of, of[0].person.id, None if people is None else (),
                (of[0].time_ns, of[-1].time_ns + empty.hold_ns), is_annotated=False)
          for of in others.values())]


def _windows_of(windows: Sequence[PersonWindow], empty: Track) -> dict[str, Any]:
    """Return the fields of a track that its windows and its camera decide."""
    number, unknown_K = len(windows), np.zeros(len(empty.classes), np.float32)
    return {
        **{field.name: getattr(empty, field.name) for field in fields(Track)
           if field.name != 'annotated'},
        'times_N': np.array([window.time_ns for window in windows], np.int64),
        # Of two appearances, the later one may have been told of first.
        'known_N': np.maximum.accumulate(
            np.array([window.known_ns for window in windows], np.int64)),
        'probabilities_NK': np.array(
            [unknown_K if window.probabilities_K is None else window.probabilities_K
             for window in windows], np.float32).reshape(number, len(empty.classes)),
        'decided_labels': tuple(window.label for window in windows),
        'confidences_N': np.array([window.confidence for window in windows], float),
        'numbers_N': np.array([window.person.number for window in windows], np.int64),
        'is_restart_N': np.array([window.is_restart for window in windows], bool),
        'boxes': tuple(window.person.box for window in windows)}


def people_notes(camera: PlayedCamera, people: Sequence[AnnotatedPerson] | None, *,
                 is_followed: bool) -> list[str]:
    """
    Describe what is unusual about the people of a camera.

    :param camera: played.
    :param people: everybody annotated; None if nobody is.
    :param is_followed: whether people were to be followed.
    :return: sentences; none if nothing is.
    """
    if not is_followed:
        return [f'{camera.topic}: people are annotated, and none are followed; name where they '
                'come from with --people'] if people else []
    notes = [f'{camera.topic}: {number} detections of people not used: {reason}'
             for reason, number in camera.people_counts.items() if number]
    if not camera.people:
        return [*notes, f'{camera.topic}: nobody was followed long enough for a window']
    known = {decision.scores.person.id for _, decision in camera.people
             if decision.scores.person is not None}
    lost = [person.name for person in people or ()
            if not person.places and person.name not in known]
    if lost:
        notes.append(f'{camera.topic}: {", ".join(lost)}: annotated without a box, and nobody '
                     'detected has that id; add left,top,right,bottom')
    return notes
