# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The annotations of a recording: from files, a topic, or the folder of a video."""

from collections.abc import Sequence
from pathlib import Path

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson, join_people
from imrs_ros.evaluation.ground_truth.annotation import Annotation, check, describe
from imrs_ros.evaluation.ground_truth.annotation_file import find_annotation_file, read_annotations
from imrs_ros.evaluation.ground_truth.segment import runs, Segment
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Recording, RecordingError
from imrs_ros.evaluation.recordings.video_recording import is_video


def annotations_of(
    path: Path, recording: Recording, labels: Sequence[str],
    given: tuple[Annotation, ...] | None = None, topic: str = '',
) -> list[Annotation] | None:
    """
    Find the annotations of a recording.

    :param path: of the recording.
    :param recording: open; notes are added to it.
    :param labels: of the model; a video in a folder named after a label shows that action.
    :param given: annotations of any recordings; None for the file in or beside this one.
    :param topic: of the bag, with labels that count instead; empty for none.
    :return: annotations; None if the recording is not annotated.
    :raises RecordingError: if a file or topic cannot be read.
    """
    if topic:
        texts = recording.texts(topic)
        found = runs([time_ns for time_ns, _ in texts], [text for _, text in texts],
                     recording.duration_ns)
        return [Annotation(s.start_ns / 1e9, s.end_ns / 1e9, s.label, origin=topic)
                for s in found if s.label]
    everything = given
    if everything is None:
        file = find_annotation_file(path)
        if file is None:
            return _by_folder(path, recording, labels)
        everything = tuple(read_annotations(file))
    own = [a for a in everything if a.recording in ('', recording.name)]
    if everything and not own:
        recording.notes.append('no annotation names this recording: taken as not annotated')
        return None
    # ActivityNet states [0, 0] where nobody knows when.
    empty = [a for a in own if a.start_sec == a.end_sec]
    if empty:
        recording.notes += [f'{describe(a)}: ignored, as it has no length' for a in empty]
        own = [a for a in own if a not in empty]
        if not own:
            recording.notes.append('no annotation has a length: taken as not annotated')
            return None
    if not own:
        recording.notes.append('empty annotations: taken to show no action')
    return own


def _by_folder(path: Path, recording: Recording, labels: Sequence[str],
               ) -> list[Annotation] | None:
    folder = path.resolve().parent.name
    if not is_video(path) or folder not in labels:
        return None
    recording.notes.append(f'video in the folder {folder}: taken to show it throughout')
    return [Annotation(0.0, recording.duration_ns / 1e9, folder)]


def has_whole_picture(annotations: Sequence[Annotation]) -> bool:
    """
    Return whether annotations say what the whole picture shows.

    :param annotations: of a recording.
    :return: False if all of them are of single people; True without any.
    """
    return not annotations or not all(a.person for a in annotations)


def place(annotations: Sequence[Annotation], topic: str, clock: CameraClock,
          recording: Recording, labels: Sequence[str]) -> tuple[Segment, ...]:
    """
    Convert the annotations of a whole picture to the time of the recording, and check them.

    :param annotations: of the recording; those of single people are checked, too.
    :param topic: of the camera.
    :param clock: of the camera, after all its images were placed.
    :param recording: the recording.
    :param labels: of the model.
    :return: segments in order, within the recording.
    :raises RecordingError: naming every annotation that is wrong.
    """
    return tuple(sorted(segment for annotation, segment in placed_pairs(
        annotations, topic, clock, recording, labels) if not annotation.person))


def place_people(annotations: Sequence[Annotation], topic: str, clock: CameraClock,
                 recording: Recording, labels: Sequence[str]) -> tuple[AnnotatedPerson, ...]:
    """
    Do the same for the people of a camera.

    :param annotations: of the recording.
    :param topic: of the camera.
    :param clock: of the camera.
    :param recording: the recording.
    :param labels: of the model.
    :return: everybody, in order of appearance.
    :raises RecordingError: naming every annotation that is wrong.
    """
    return join_people([(a.person, segment, a.box) for a, segment in placed_pairs(
        annotations, topic, clock, recording, labels) if a.person], recording.duration_ns)


def placed_pairs(annotations: Sequence[Annotation], topic: str, clock: CameraClock,
                 recording: Recording, labels: Sequence[str],
                 ) -> list[tuple[Annotation, Segment]]:
    """
    Place all annotations of a camera, and check them.

    :param annotations: of the recording.
    :param topic: of the camera.
    :param clock: of the camera.
    :param recording: the recording.
    :param labels: of the model.
    :return: annotations and their segments, within the recording.
    :raises RecordingError: naming every annotation that is wrong.
    """
    pairs = [(a, a.placed(clock)) for a in annotations
             if a.is_of(recording.name, topic)]
    problems = check(pairs, labels, recording.duration_ns)
    if problems:
        raise RecordingError(f'annotations of {recording.name}: ' + '; '.join(problems))
    return [(a, Segment(s.start_ns, min(s.end_ns, recording.duration_ns), s.label))
            for a, s in pairs]
