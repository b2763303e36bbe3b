# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Decisions on people to tracks: one for everybody annotated, and for everybody else followed."""

from collections.abc import Sequence
from dataclasses import fields, replace

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.people_match import is_shared, match_people
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.playback import PlayedCamera
from imrs_ros.people.detection import Person
from imrs_ros.records import Decision
import numpy as np

_Window = tuple[int, Decision, Person]
"""Time from the start of the recording, ns, decision, and whom it is on."""


def person_tracks(
    camera: PlayedCamera, people: Sequence[AnnotatedPerson] | None, empty: Track, name: str,
) -> list[PersonTrack]:
    """
    Create the tracks of everybody.

    :param camera: played.
    :param people: everybody annotated; None if nobody is.
    :param empty: track of the camera, without windows or annotations.
    :param name: of the recording and its camera.
    :return: annotated people in order of appearance, found or not; then each appearance that
        matches none of them, with the windows in which it does not.
    """
    windows = sorted(((time_ns, decision, decision.scores.person)
                      for time_ns, decision in camera.people
                      if decision.scores.person is not None), key=lambda window: window[0])
    matched = match_people([(time_ns, person) for time_ns, _, person in windows], people or (),
                           empty.settle_ns)
    known: dict[str, list[_Window]] = {person.name: [] for person in people or ()}
    others: dict[int, list[_Window]] = {}
    for window, of in zip(windows, matched):
        if of is None:
            others.setdefault(window[2].number, []).append(window)
        else:
            known[of].append(window)

    def track(of: Sequence[_Window], who: str, annotated: tuple[Segment, ...] | None,
              seen: tuple[int, int], *, is_annotated: bool) -> PersonTrack:
        return _track(of, empty, camera=name, name=who, annotated=annotated, seen=seen,
                      is_annotated=is_annotated, departed=frozenset(camera.departed))
    return [
        *(track(known[person.name], person.name, person.actions, person.seen, is_annotated=True)
          for person in people or ()),
        *(_excuse(track(of, of[0][2].id, None if people is None else (),
                        (of[0][0], of[-1][0] + empty.hold_ns), is_annotated=False), people or ())
          for of in others.values())]


def _excuse(track: PersonTrack, people: Sequence[AnnotatedPerson]) -> PersonTrack:
    """Return the track with those of its actions that somebody annotated does there."""
    return replace(track, excused=frozenset(
        action.start_ns for action in track.decided if is_shared(
            action, track.boxes[int(np.searchsorted(track.known_N, action.start_ns))], people,
            track.settle_ns)))


def _track(windows: Sequence[_Window], empty: Track, *, annotated: tuple[Segment, ...] | None,
           camera: str, name: str, is_annotated: bool, seen: tuple[int, int],
           departed: frozenset[int]) -> PersonTrack:
    times_N = np.array([time_ns for time_ns, *_ in windows], np.int64)
    shared = {field.name: getattr(empty, field.name) for field in fields(Track)}
    return PersonTrack(**{
        **shared, 'times_N': times_N, 'known_N': times_N, 'annotated': annotated,
        'probabilities_NK': np.array(
            [decision.probabilities_K for _, decision, _ in windows], np.float32).reshape(
                len(windows), len(empty.classes)),
        'decided_labels': tuple(decision.label for _, decision, _ in windows),
        'confidences_N': np.array([decision.confidence for _, decision, _ in windows], float),
        'numbers_N': np.array([person.number for *_, person in windows], np.int64),
        'boxes': tuple(person.box for *_, person in windows)},
        camera=camera, name=name, is_annotated=is_annotated, seen=seen, departed=departed)


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
