# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The content of a report: everything measured, the same for the same recordings."""

from collections.abc import Iterable, Mapping, Sequence
import math
from typing import Any

from imrs_ros.evaluation.metrics.bootstrap import LEVEL, NUM_DRAWS, SEED
from imrs_ros.evaluation.metrics.count_units import count_units
from imrs_ros.evaluation.metrics.event_metrics import delays_ns, false_actions
from imrs_ros.evaluation.metrics.figure import (
    CLASS_FIGURES, FIGURES, PEOPLE_FIGURES, round_figure)
from imrs_ros.evaluation.metrics.figures import all_delays_sec, figures, per_class
from imrs_ros.evaluation.metrics.frame_metrics import confusion
from imrs_ros.evaluation.metrics.intervals import intervals
from imrs_ros.evaluation.metrics.missed import why_missed
from imrs_ros.evaluation.metrics.people_figures import people_figures, people_units
from imrs_ros.evaluation.metrics.person_track import PersonTrack
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.metrics.units import Units
from imrs_ros.evaluation.offline.playback import PlayedCamera
from imrs_ros.evaluation.offline.recording_result import Job, Result, settle_ns
from imrs_ros.parameter_file import flat
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import DecisionSettings
import numpy as np

FORMAT = 1


def build_report(results: Sequence[Result], job: Job) -> dict[str, Any]:
    """
    Put all results into one report.

    :param results: of the recordings, in the order in which they were named.
    :param job: model and settings.
    :return: what JSON holds; nothing that depends on this machine's clock.
    """
    tracks = [track for result in results for _, track in result.cameras]
    annotated = [track for track in tracks if track.annotated is not None]
    classes = [*job.card.labels, NO_ACTION]
    units = count_units([(r.name, [track for _, track in r.cameras]) for r in results])
    return {
        'format': FORMAT,
        'model': json_value(_model(job)), 'settings': json_value(flat(job.settings)),
        'backend': next((result.backend for result in results if result.backend), ''),
        'settle_sec': settle_ns(job.card.spec) / 1e9,
        'figures': {**figures(tracks), **_counts(camera for r in results for camera, _ in
                                                 r.cameras)},
        'per_class': per_class(annotated),
        'intervals': _intervals(units), 'units': units.as_json(),
        'confusion': {'labels': classes, 'windows': confusion(annotated, classes)},
        'delays_sec': [round_figure(delay) for delay in all_delays_sec(annotated)],
        'recordings': [_recording(result, job.settings.decision) for result in results],
        **people_section(results, job)}


def json_value(value: Any) -> Any:
    """
    Return a value of YAML as JSON holds it.

    :param value: any; a card's provenance may hold ``.nan``, dates, or whatever people wrote.
    :return: the same, with text for what JSON has no word for.
    """
    if isinstance(value, Mapping):
        return {str(name): json_value(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(one) for one in value]
    is_known = value is None or isinstance(value, (str, bool, int)) or (
        isinstance(value, float) and math.isfinite(value))
    return value if is_known else str(value)


def _model(job: Job) -> dict[str, Any]:
    card = job.card
    return {'name': card.name, 'labels': list(card.labels), 'network': card.architecture.name,
            'excitation': card.architecture.excitation, 'num_frames': card.spec.num_frames,
            'fps': card.spec.fps, 'size_px': card.spec.size_px,
            'temperature': card.temperature, 'weights_sha256': card.weights_sha256,
            'accuracy': (card.provenance.get('accuracy')
                         if isinstance(card.provenance, Mapping) else None)}


def people_section(results: Sequence[Result], job: Job) -> dict[str, Any]:
    """
    Return the section of people.

    :param results: of the recordings.
    :param job: model and settings, and where people came from.
    :return: ``people`` and what JSON holds of all of them; nothing if nobody was followed.
    """
    if not job.people:
        return {}
    people = [person for result in results for person in result.people]
    units = people_units(people)
    found = intervals(units).get('', {})
    return {'people': {
        'source': job.people, 'figures': people_figures(people), 'units': units.as_json(),
        'intervals': {row.name: found[row.name] for row in PEOPLE_FIGURES if row.name in found},
        'num_units': len(units.keys),
        'per_class': per_class([person for person in people if person.annotated is not None])}}


def _intervals(units: Units) -> dict[str, Any]:
    """Return the intervals of the figures that have one, and how they were drawn."""
    found = intervals(units)
    known = {row.name for row in CLASS_FIGURES}
    return {
        'level': LEVEL, 'num_draws': NUM_DRAWS, 'seed': SEED, 'num_units': len(units.keys),
        'figures': {name: limits for name, limits in found.pop('', {}).items()
                    if name in FIGURES},
        'per_class': {label: {name: limits for name, limits in row.items() if name in known}
                      for label, row in found.items()}}


def _counts(cameras: Iterable[PlayedCamera]) -> dict[str, int]:
    listed = list(cameras)
    return {'num_frames': sum(camera.num_frames for camera in listed),
            'num_dropped': sum(camera.dropped.total() for camera in listed),
            'num_restarts': sum(camera.num_restarts for camera in listed),
            'num_skipped': sum(camera.num_skipped for camera in listed)}


def _recording(result: Result, settings: DecisionSettings) -> dict[str, Any]:
    return {'name': result.name, 'duration_sec': round(result.duration_ns / 1e9, 3),
            'error': result.error, 'notes': result.notes,
            'cameras': [_camera(camera, track, result, settings)
                        for camera, track in result.cameras]}


def _camera(camera: PlayedCamera, track: Track, result: Result, settings: DecisionSettings,
            ) -> dict[str, Any]:
    name = result.name_of(camera)
    people = [person_json(person, settings) for person in result.people if person.camera == name]
    return {
        'camera': camera.camera, 'topic': camera.topic,
        'figures': {**figures([track]), **_counts([camera])},
        'dropped': dict(sorted(camera.dropped.items())), **_track(track, settings),
        **({'people': people} if people else {})}


def person_json(person: PersonTrack, settings: DecisionSettings) -> dict[str, Any]:
    """
    Return the same of a person as of a camera, and where the person was.

    :param person: offline, or live.
    :param settings: of the decision.
    :return: what JSON holds.
    """
    found = _track(person, settings)
    return {
        'id': person.name, 'is_annotated': person.is_annotated,
        'seen': [round(time_ns / 1e9, 3) for time_ns in person.seen],
        'figures': people_figures([person]), **found,
        'windows': {
            **found['windows'], 'followed_as': person.numbers_N.tolist(),
            'box': [[round_figure(side) for side in (box.left, box.top, box.right, box.bottom)]
                    for box in person.boxes]}}


def _track(track: Track, settings: DecisionSettings) -> dict[str, Any]:
    """Return segments and windows; times in seconds from the start of the recording."""
    index = {label: k for k, label in enumerate((*track.classes, NO_ACTION))}
    annotated = track.annotated
    wrong = set(false_actions(track)) if annotated is not None else set()
    return {
        'truth': None if annotated is None else [[*s.sec, s.label] for s in annotated],
        'missed': [[*s.sec, s.label, why_missed(track, s, settings)]
                   for s, delay in delays_ns(track) if delay is None],
        'decided': [[*d.sec, d.label, round_figure(d.confidence), d in wrong]
                    for d in track.decided],
        'windows': {
            'time_sec': (track.times_N / 1e9).round(3).tolist(),
            'decided': [index[label] for label in track.decided_labels],
            'confidence': track.confidences_N.round(3).tolist(),
            'scores': (track.probabilities_NK.astype(np.float64).round(3).tolist()
                       if track.has_scores else [])}}
