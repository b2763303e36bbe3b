# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The result of an interrupted replay: of the live node alone, up to the interrupt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.ground_truth.lookup import (
    annotations_of, has_whole_picture, place, place_people)
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.live.first_images import first_images
from imrs_ros.evaluation.live.live_people import LivePeople
from imrs_ros.evaluation.live.live_person_tracks import live_person_tracks
from imrs_ros.evaluation.live.live_track import live_track, LiveWindow
from imrs_ros.evaluation.offline.playback import PlayedCamera
from imrs_ros.evaluation.offline.recording_result import empty_track, Job, Result
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.node_settings import camera_name

BACKEND = 'the live node'


def interrupted_result(
    path: Path, job: Job, windows: Mapping[str, Sequence[LiveWindow]],
    people: Mapping[str, LivePeople],
) -> Result:
    """
    Create the result of a replay that did not reach the end of its recording.

    Nothing is scored offline, so an hour takes no longer than a minute.

    :param path: of the recording.
    :param job: model, settings, annotations.
    :param windows: by camera, at least one in all.
    :param people: what the node said of people, by camera; none where they are not followed.
    :return: the result up to the last window; annotations count up to there, too.
    :raises RecordingError: if the recording cannot be read, or its annotations are wrong.
    """
    with open_recording(path, job.topics, preferred=job.preferred) as recording:
        annotations = annotations_of(
            path, recording, job.card.labels, job.annotations, job.annotation_topic)
        end_ns = max(window.arrival_ns for received in windows.values() for window in received)
        end_ns = min(end_ns - recording.start_ns, recording.duration_ns)
        result = Result(recording.name, end_ns, backend=BACKEND, notes=[
            f'interrupted after {end_ns / 1e9:.1f} s of {recording.duration_ns / 1e9:.1f} s: all '
            'figures are those of the live node up to there'])
        for first in first_images(recording):
            camera = PlayedCamera(camera_name(first.topic), first.topic, first.clock)
            received = windows.get(camera.camera, ())
            if not received:
                result.notes.append(f'{camera.camera}: the node published no scores')
                continue
            annotated, known = None, None
            if annotations is not None:
                where = camera.topic, camera.clock, recording, job.card.labels
                placed = place(annotations, *where)
                annotated = _up_to(end_ns, placed) if has_whole_picture(annotations) else None
                known = _people_up_to(end_ns, place_people(annotations, *where)) or None
            track = live_track(received, camera.clock, empty_track(annotated, end_ns, job),
                               recording.start_ns)
            result.cameras.append((camera, track))
            if camera.camera in people:
                result.people += live_person_tracks(
                    people[camera.camera], camera.clock, recording.start_ns, first.size, known,
                    empty_track(None, end_ns, job), result.name_of(camera), job, end_ns)
        result.notes += recording.notes
    return result


def _up_to(end_ns: int, segments: Iterable[Segment]) -> tuple[Segment, ...]:
    return tuple(replace(s, end_ns=min(s.end_ns, end_ns)) for s in segments if s.start_ns < end_ns)


def _people_up_to(end_ns: int, people: Iterable[AnnotatedPerson]) -> tuple[AnnotatedPerson, ...]:
    return tuple(
        replace(person, actions=_up_to(end_ns, person.actions),
                seen=(person.seen[0], min(person.seen[1], end_ns)))
        for person in people if person.seen[0] < end_ns)
