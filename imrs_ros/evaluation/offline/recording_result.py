# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The evaluation of one recording: played, and compared with its annotations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
import time

import cv2
from imrs_ros.backends import load_backend
from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.lookup import (
    annotations_of, has_whole_picture, place, place_people)
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.people_source import people_sources
from imrs_ros.evaluation.offline.person_tracks import (
    people_notes, person_tracks, played_windows)
from imrs_ros.evaluation.offline.playback import FindPeople, play, PlayedCamera
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Recording, RecordingError
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.node_settings import Settings
from imrs_ros.settings import WindowSettings
import numpy as np

REACTION_SEC = 0.36
"""Allowed after a change on top of the window, until smoothing and thresholds have followed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What every recording is evaluated with."""

    card: ModelCard
    """The model."""
    settings: Settings
    """Settings of the node."""
    topics: tuple[str, ...] = ()
    """Camera topics, which must be in the bag; empty for those of the settings."""
    by_log_time: bool = False
    """Use recording times as header stamps."""
    annotations: tuple[Annotation, ...] | None = None
    """Of all recordings; None for the file in or beside each."""
    annotation_topic: str = ''
    """Topic in the bags with the label from then on; empty for files."""
    people: str = ''
    """Where people come from, one of ``people_source.SOURCES``; empty for whole pictures only."""
    detections: tuple[str, ...] = ()
    """Topics of the people of each camera of a bag; empty for those of the settings."""

    @property
    def preferred(self) -> tuple[str, ...]:
        """Camera topics that the settings name."""
        return self.settings.node.named_cameras


@dataclass(slots=True)
class Result:
    """One recording, evaluated."""

    name: str
    duration_ns: int = 0
    cameras: list[tuple[PlayedCamera, Track]] = field(default_factory=list)
    people: list[PersonTrack] = field(default_factory=list)
    """Everybody followed or annotated, of all cameras; nobody without ``Job.people``."""
    annotated_people: dict[str, tuple[AnnotatedPerson, ...]] = field(default_factory=dict)
    """Everybody annotated, by topic of the camera; cameras in which nobody is are missing."""
    notes: list[str] = field(default_factory=list)
    """What was repaired or is unusual."""
    error: str = ''
    """Why the recording could not be evaluated; empty if it was."""
    backend: str = ''
    """Description of what ran the model."""
    wall_sec: float = 0.0
    """How long it was played, on this machine."""
    cpu_sec: float = 0.0
    """Processor time of that, of all threads."""

    def name_of(self, camera: PlayedCamera) -> str:
        """
        Name a camera, of all cameras of all recordings.

        :param camera: of this recording.
        :return: the name of the recording, and the topic.
        """
        return f'{self.name} {camera.topic}'


def evaluate_recording(
    path: Path, job: Job, on_image: Callable[[], object] = lambda: None,
) -> Result:
    """
    Evaluate a recording; a failure is a result with an error.

    :param path: a bag or a video.
    :param job: model, settings, annotations.
    :param on_image: called after every image.
    :return: the result.
    """
    cv2.setNumThreads(1)
    result = Result(path.stem if path.is_file() else path.name)
    try:
        with open_recording(path, job.topics, preferred=job.preferred,
                            by_log_time=job.by_log_time) as recording:
            result.name, result.duration_ns = recording.name, recording.duration_ns
            _fill(result, path, recording, job, on_image)
    except RecordingError as error:
        result.error = str(error)
    # Whatever is wrong with this one, the others are evaluated, and the report is written.
    except Exception as error:
        result.error = f'{path}: {type(error).__name__}: {" ".join(str(error).split())}'
    if result.error:
        result.cameras.clear()
        result.people.clear()
    return result


def _fill(result: Result, path: Path, recording: Recording, job: Job,
          on_image: Callable[[], object]) -> None:
    annotations = annotations_of(
        path, recording, job.card.labels, job.annotations, job.annotation_topic)
    loaded = load_backend(job.card, job.settings.backend)
    result.backend = str(loaded.backend.description)
    result.notes += loaded.fallbacks
    started = time.monotonic(), time.process_time()
    cameras = play(recording, job.card, loaded.backend, job.settings, on_image,
                   _find_people(recording, job, annotations or ()))
    result.wall_sec = time.monotonic() - started[0]
    result.cpu_sec = time.process_time() - started[1]
    for camera in cameras:
        result.notes += [f'{camera.topic}: {note}' for note in camera.clock.notes()]
        if not camera.decisions:
            result.notes.append(f'{camera.topic}: {_why_no_window(camera, job.card)}')
            continue
        annotated, people = None, None
        if annotations is not None:
            where = camera.topic, camera.clock, recording, job.card.labels
            annotated = place(annotations, *where)
            people = place_people(annotations, *where) or None
            if not has_whole_picture(annotations):
                annotated = None
        result.cameras.append((camera, track_of(camera, annotated, recording.duration_ns, job)))
        if people is not None:
            result.annotated_people[camera.topic] = people
        if job.people:
            result.people += person_tracks(
                played_windows(camera), camera.departed, people,
                empty_track(None, recording.duration_ns, job), result.name_of(camera))
        result.notes += people_notes(camera, people, is_followed=bool(job.people))
    result.notes = [*recording.notes, *result.notes]
    if not result.cameras:
        notes, result.notes = result.notes, []
        raise RecordingError(f'{path}: expected a camera with at least one window, got none; '
                             + '; '.join(notes))


def _find_people(recording: Recording, job: Job, annotations: Sequence[Annotation],
                 ) -> FindPeople | None:
    """Return what finds the people of every camera; None for whole pictures only."""
    if not job.people:
        return None

    def annotated(topic: str, clock: CameraClock) -> tuple[AnnotatedPerson, ...]:
        return place_people(annotations, topic, clock, recording, job.card.labels)
    return partial(
        people_sources, job.people, recording, job.settings, job.detections, annotated)


def _why_no_window(camera: PlayedCamera, card: ModelCard) -> str:
    needed_sec = card.spec.num_frames / card.spec.fps
    text = (f'expected frames over at least {needed_sec:.2f} s without a gap, got '
            f'{camera.num_frames} frames')
    if camera.dropped:
        (reason, number), = camera.dropped.most_common(1)
        text += f'; {number} were dropped: {reason}'
        if 'stamp above 0' in reason:
            text += '; --stamps log uses recording times instead'
    return text


def track_of(camera: PlayedCamera, annotated: tuple[Segment, ...] | None, duration_ns: int,
             job: Job) -> Track:
    """
    Create the track of a camera.

    :param camera: with at least one window.
    :param annotated: its annotations; None if it has none.
    :param duration_ns: of the recording.
    :param job: model and settings.
    :return: the track, by rising time.
    :raises RecordingError: if the scores are no numbers.
    """
    if not all(np.isfinite(decision.probabilities_K).all()
               for _, decision in (*camera.decisions, *camera.people)):
        raise RecordingError(f'{camera.topic}: expected scores from 0 to 1, got nan; the weights '
                             f'of the model {job.card.name} are damaged')
    # Stamps that go back, or jump between clocks, may put a window before an earlier one.
    ordered = sorted(camera.decisions, key=lambda pair: pair[0])
    times_N = np.array([time_ns for time_ns, _ in ordered], np.int64)
    return replace(
        empty_track(annotated, duration_ns, job), times_N=times_N, known_N=times_N,
        probabilities_NK=np.stack([decision.probabilities_K for _, decision in ordered]),
        decided_labels=tuple(decision.label for _, decision in ordered),
        confidences_N=np.array([decision.confidence for _, decision in ordered]))


def empty_track(annotated: tuple[Segment, ...] | None, duration_ns: int, job: Job) -> Track:
    """
    Create a track without windows.

    :param annotated: annotations of the camera; None if it has none.
    :param duration_ns: of the recording.
    :param job: model and settings.
    :return: the track, to be given windows.
    """
    classes = job.card.labels
    return Track(
        classes=classes, duration_ns=duration_ns, annotated=annotated,
        hold_ns=hold_ns(job.settings.window, job.card.spec), settle_ns=settle_ns(job.card.spec),
        times_N=np.zeros(0, np.int64), known_N=np.zeros(0, np.int64),
        probabilities_NK=np.zeros((0, len(classes)), np.float32), decided_labels=(),
        confidences_N=np.zeros(0))


def hold_ns(window: WindowSettings, spec: InputSpec) -> int:
    """
    Return how long a label lasts when no further window comes.

    :param window: hop, and the gap after which the node ends an action.
    :param spec: input of the model.
    :return: the time to the next window plus that gap, ns.
    """
    return round((window.hop / spec.fps + window.max_gap_sec) * 1e9)


def settle_ns(spec: InputSpec) -> int:
    """
    Return how long decisions may take to follow a change of the annotated label.

    :param spec: input of the model.
    :return: the duration of a window, which contains what was before, plus ``REACTION_SEC``, ns.
    """
    return round((spec.num_frames / spec.fps + REACTION_SEC) * 1e9)
