# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What a live node said of people, as tracks, and beside what the recognizer says offline.

Messages name people by their ids and say nothing of appearances. So an appearance ends here with
the ``no_action`` that somebody's leaving causes, when somebody is missing in a message, or there
without a decision, and after a time without a window in which the node would have let go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.live.live_people import LivePeople
from imrs_ros.evaluation.live.live_track import age_figures
from imrs_ros.evaluation.metrics.figure import round_figure, Value
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.person_tracks import person_tracks, PersonWindow
from imrs_ros.evaluation.offline.recording_result import Job
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.people.detection import Person
import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class _Appearance:
    number: int
    stamp_ns: int = -1


def live_windows(
    heard: LivePeople, clock: CameraClock, start_ns: int, size: tuple[int, int], limit_ns: int,
    end_ns: int,
) -> tuple[list[PersonWindow], set[int]]:
    """
    Return the windows of people, each once, and who left.

    :param heard: of a camera.
    :param clock: of the camera, for its stamps.
    :param start_ns: of the recording, by its own clock.
    :param size: width and height of the camera's images, pixels.
    :param limit_ns: somebody without a window for longer has left.
    :param end_ns: time of the camera's last frame, after which nobody leaves.
    :return: windows in order of arrival, without scores, which the node does not publish; numbers
        of the appearances that ended before the recording did.
    """
    ended = heard.departures(start_ns + end_ns)
    windows, departed = list[PersonWindow](), set[int]()
    present: dict[str, _Appearance] = {}
    num_appearances = 0
    for message in heard.messages:
        for name in present.keys() - {person.id for person in message.people}:
            departed.add(present.pop(name).number)
        for who in message.people:
            last = present.get(who.id)
            if last is not None and who.stamp_ns == last.stamp_ns:
                # The message is of somebody else's window.
                continue
            if last is not None and ((who.id, last.stamp_ns) in ended
                                     or who.stamp_ns - last.stamp_ns > limit_ns):
                departed.add(last.number)
                last = None
            if last is None:
                last = present[who.id] = _Appearance(num_appearances)
                num_appearances += 1
            last.stamp_ns = who.stamp_ns
            time_ns = clock.since_start(who.stamp_ns)
            windows.append(PersonWindow(
                # A clock that ticks with the images may stand still between image and result.
                time_ns=time_ns, known_ns=max(message.arrival_ns - start_ns, time_ns),
                person=Person(who.id, last.number, who.box_px.scaled(1 / size[0], 1 / size[1])),
                label=who.label, confidence=who.confidence, probabilities_K=None))
    return windows, departed | {last.number for name, last in present.items()
                                if (name, last.stamp_ns) in ended}


def live_person_tracks(
    heard: LivePeople, clock: CameraClock, start_ns: int, size: tuple[int, int],
    people: Sequence[AnnotatedPerson] | None, empty: Track, name: str, job: Job, end_ns: int,
) -> list[PersonTrack]:
    """
    Create the tracks of everybody whom a live node spoke of.

    :param heard: of a camera.
    :param clock: of the camera, for its stamps.
    :param start_ns: of the recording, by its own clock.
    :param size: width and height of the camera's images, pixels.
    :param people: everybody annotated; None if nobody is.
    :param empty: track of the camera, without windows or annotations.
    :param name: of the recording and its camera.
    :param job: model and settings.
    :param end_ns: time of the camera's last frame, from the start of the recording.
    :return: tracks as those of the recognizer offline; decisions are known when they arrived.
    """
    spec = job.card.spec
    limit_ns = round(1e9 * job.settings.window.window_limit_sec(spec.num_frames, spec.fps))
    windows, departed = live_windows(heard, clock, start_ns, size, limit_ns, end_ns)
    return person_tracks(windows, departed, people, replace(empty, has_scores=False), name)


def people_differences(live: Sequence[PersonTrack], offline: Sequence[PersonTrack],
                       ) -> dict[str, Value]:
    """
    Compare the people of a live camera with those of the same camera offline.

    :param live: of the node.
    :param offline: of the recognizer.
    :return: the rows of ``LIVE_FIGURES`` by name, as far as they are known of people.
    """
    labels = _labels_by_person(offline)
    same: list[bool] = []
    nobody: tuple[NDArray[np.int64], list[str]] = np.zeros(0, np.int64), []
    for track in live:
        times_N, decided = labels.get((track.is_annotated, track.name), nobody)
        before_N = np.searchsorted(times_N, track.times_N, 'right') - 1
        same += [bool(i >= 0) and decided[i] == label
                 for i, label in zip(before_N, track.decided_labels)]
    num_live, num_offline = (
        sum(len(track.decided_labels) for track in part) for part in (live, offline))
    ages_N = np.concatenate([np.zeros(0), *(track.known_N - track.times_N for track in live)])
    found = {
        'windows_offline': num_offline, 'windows_live': num_live,
        'missing_share': max(0.0, 1 - num_live / num_offline) if num_offline else float('nan'),
        **age_figures(ages_N / 1e9),
        'same_label_share': float(np.mean(same)) if same else float('nan')}
    return {name: round_figure(value) for name, value in found.items()}


def _labels_by_person(tracks: Sequence[PersonTrack],
                      ) -> Mapping[tuple[bool, str], tuple[NDArray[np.int64], list[str]]]:
    """Return times and labels of everybody, all appearances together."""
    windows: dict[tuple[bool, str], list[tuple[int, str]]] = {}
    for track in tracks:
        windows.setdefault((track.is_annotated, track.name), []).extend(
            zip(track.times_N.tolist(), track.decided_labels))
    ordered = {who: sorted(of_one) for who, of_one in windows.items()}
    return {who: (np.array([time_ns for time_ns, _ in of_one], np.int64),
                  [label for _, label in of_one]) for who, of_one in ordered.items()}
