"""The report: everything measured, as one JSON that is the same for the same recordings."""

from collections.abc import Iterable, Sequence
import json
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.metrics.event_metrics import delays_ns, events_of, false_actions
from imrs_ros.evaluation.metrics.figures import all_delays_sec, DIGITS, figures, per_class
from imrs_ros.evaluation.metrics.frame_metrics import confusion
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.playback import Seen
from imrs_ros.evaluation.offline.recording_result import Job, Result
from imrs_ros.parameter_file import flat
from imrs_ros.records import NO_ACTION
import numpy as np

FORMAT = 1
FILE = 'report.json'
SECTIONS = ('model', 'settings', 'figures', 'per_class', 'recordings')
"""What two reports are compared by."""


def build(results: Sequence[Result], job: Job) -> dict[str, Any]:
    """
    Put all results into one report.

    :param results: of the recordings, in the order in which they were named.
    :param job: model and settings.
    :return: what JSON holds; no times of this machine's clock.
    """
    tracks = [track for result in results for _, track in result.cameras]
    annotated = [track for track in tracks if track.truth is not None]
    classes = [*job.card.labels, NO_ACTION]
    return {
        'format': FORMAT,
        'model': _model(job), 'settings': flat(job.settings),
        'backend': next((result.backend for result in results if result.backend), ''),
        'figures': {**figures(tracks), **_counts(seen for r in results for seen, _ in r.cameras)},
        'per_class': per_class(annotated),
        'confusion': {'labels': classes, 'windows': confusion(annotated, classes)},
        'delays_sec': [round(delay, DIGITS) for delay in all_delays_sec(annotated)],
        'recordings': [_recording(result) for result in results]}


def _model(job: Job) -> dict[str, Any]:
    card = job.card
    return {'name': card.name, 'labels': list(card.labels), 'network': card.architecture.name,
            'excitation': card.architecture.excitation, 'num_frames': card.spec.num_frames,
            'fps': card.spec.fps, 'size_px': card.spec.size_px,
            'temperature': card.temperature, 'weights_sha256': card.weights_sha256,
            'accuracy': card.provenance.get('accuracy')}


def _counts(seen: Iterable[Seen]) -> dict[str, int]:
    listed = list(seen)
    return {'num_frames': sum(one.num_frames for one in listed),
            'num_dropped': sum(one.dropped.total() for one in listed),
            'num_restarts': sum(one.num_restarts for one in listed),
            'num_skipped': sum(one.num_skipped for one in listed)}


def _recording(result: Result) -> dict[str, Any]:
    return {'name': result.name, 'duration_sec': round(result.duration_ns / 1e9, 3),
            'error': result.error, 'notes': result.notes,
            'cameras': [camera_section(seen, track) for seen, track in result.cameras]}


def camera_section(seen: Seen, track: Track) -> dict[str, Any]:
    """
    Give what was measured of one camera.

    :param seen: what became of its frames.
    :param track: what was decided.
    :return: figures, segments and windows; times in seconds since the start of the recording.
    """
    index = {label: k for k, label in enumerate((*track.classes, NO_ACTION))}
    annotated = track.truth is not None
    wrong = {(s.start_ns, s.label) for s in false_actions(track)} if annotated else set()
    section: dict[str, Any] = {
        'camera': seen.camera, 'topic': seen.topic,
        'figures': {**figures([track]), **_counts([seen])},
        'dropped': dict(sorted(seen.dropped.items())),
        'truth': None if track.truth is None else [[*s.sec, s.label] for s in track.truth],
        'missed': [[*s.sec, s.label] for s, delay in delays_ns(track) if delay is None],
        'decided': [[*e.sec, e.label, round(e.confidence, DIGITS),
                     bool(annotated and (e.start_ns, e.label) in wrong)]
                    for e in events_of(track)]}
    section['windows'] = {
        'time_sec': (track.times_N / 1e9).round(3).tolist(),
        'decided': [index[label] for label in track.labels],
        'confidence': track.confidences_N.round(3).tolist(),
        'scores': track.probabilities_NK.astype(np.float64).round(3).tolist()}
    return section


def check_folder(folder: Path) -> None:
    """
    Check where a report is to be written, before hours are spent on it.

    :param folder: there or not.
    :raises FileExistsError: when it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f'{folder}: expected a folder for the report, got a file; give '
                              'another to --out')


def write(report: dict[str, Any], folder: Path) -> Path:
    """
    Write ``report.json``.

    :param report: of ``build``.
    :param folder: made where it is missing.
    :return: the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_text(json.dumps(report, allow_nan=False, separators=(',', ':')) + '\n')
    return path


def read(path: Path) -> dict[str, Any]:
    """
    Read a report.

    :param path: ``report.json``, or the folder it lies in.
    :return: the report.
    :raises ValueError: when it is none, or of another format.
    """
    path = path / FILE if path.is_dir() else path
    try:
        report = json.loads(path.read_text())
        found = report['format']
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{path}: expected a report that "evaluate" wrote, got '
                         f'{type(error).__name__}: {error}') from error
    if found != FORMAT:
        raise ValueError(f'{path}: expected format {FORMAT}, got {found}; evaluate again')
    if missing := [name for name in SECTIONS if name not in report]:
        raise ValueError(f'{path}: expected a report that "evaluate" wrote, got one without '
                         f'{", ".join(missing)}; evaluate again')
    return report
