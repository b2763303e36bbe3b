# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The section of a report that compares a live node with the recognizer offline."""

from collections.abc import Mapping
from typing import Any, TYPE_CHECKING

from imrs_ros.evaluation.live.live_people import LivePeople
from imrs_ros.evaluation.live.live_person_tracks import live_person_tracks, people_differences
from imrs_ros.evaluation.live.live_track import live_section, live_track
from imrs_ros.evaluation.metrics.people_figures import people_figures
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.offline.recording_result import empty_track, Job, Result
from imrs_ros.evaluation.report.build import person_json

if TYPE_CHECKING:
    from imrs_ros.evaluation.live.recorder import LiveRecorder


def add_live(report: dict[str, Any], result: Result, recorder: 'LiveRecorder', start_ns: int,
             ) -> None:
    """
    Add the section of the live node to a report.

    :param report: of the same recording offline.
    :param result: of the same recording offline.
    :param recorder: the outputs of the node.
    :param start_ns: of the recording.
    """
    pairs, notes = [], []
    for camera, offline in result.cameras:
        windows = recorder.windows.get(camera.camera, [])
        if windows:
            live = live_track(windows, camera.clock, offline, start_ns)
            pairs.append((camera.camera, offline, live))
        else:
            notes.append(f'{camera.camera}: the node published no scores')
    report['live'] = live_section(pairs, recorder.counts, [*notes, *recorder.notes()])


def add_live_people(
    report: dict[str, Any], result: Result, people: Mapping[str, LivePeople],
    sizes: Mapping[str, tuple[int, int]], start_ns: int, job: Job,
) -> None:
    """
    Add what the live node said of people to its section.

    :param report: with a live section.
    :param result: of the same recording offline.
    :param people: what the node said, by camera.
    :param sizes: of the images of every camera, by topic, pixels.
    :param start_ns: of the recording.
    :param job: model and settings.
    """
    everybody: list[PersonTrack] = []
    cameras: list[dict[str, Any]] = []
    for camera, _ in result.cameras:
        heard = people[camera.camera]
        if not heard.messages:
            report['live']['notes'].append(f'{camera.camera}: the node published no people')
            continue
        name = result.name_of(camera)
        live = live_person_tracks(
            heard, camera.clock, start_ns, sizes[camera.topic],
            result.annotated_people.get(camera.topic),
            empty_track(None, result.duration_ns, job), name, job,
            max(time_ns for time_ns, _ in camera.newest.values()))
        everybody += live
        cameras.append({
            'camera': camera.camera, 'topic': camera.topic, 'figures': people_figures(live),
            'differences': people_differences(
                live, [person for person in result.people if person.camera == name]),
            'people': [person_json(person, job.settings.decision) for person in live]})
    report['live']['people'] = {'figures': people_figures(everybody), 'cameras': cameras}
