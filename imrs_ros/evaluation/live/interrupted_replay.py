"""The result of a replay that was interrupted: of what the live node said, and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from imrs_ros.evaluation.ground_truth.lookup import annotations_of, place
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.live.live_track import live_track, LiveWindow
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.playback import Seen
from imrs_ros.evaluation.offline.recording_result import hold_ns, Job, Result
from imrs_ros.evaluation.recordings.recording import Recording
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.node_settings import camera_name
import numpy as np

BACKEND = 'the live node'


def heard_result(path: Path, job: Job, windows: Mapping[str, Sequence[LiveWindow]]) -> Result:
    """
    Give what a node said of a recording that was not played to its end.

    Nothing is scored offline, so that it takes as long for an hour as for a minute.

    :param path: of the recording.
    :param job: model, settings, annotations.
    :param windows: by camera, at least one in all.
    :return: the result up to the last window; annotations count up to there, too.
    :raises RecordingError: when the recording cannot be read, or its annotations are wrong.
    """
    with open_recording(path, job.topics, preferred=job.preferred) as recording:
        annotations = annotations_of(
            path, recording, job.card.labels, job.annotations, job.annotation_topic)
        end_ns = max(window.arrival_ns for said in windows.values() for window in said)
        end_ns = min(end_ns - recording.start_ns, recording.duration_ns)
        result = Result(recording.name, end_ns, backend=BACKEND, notes=[
            f'interrupted after {end_ns / 1e9:.1f} s of {recording.duration_ns / 1e9:.1f} s: all '
            'figures are those of the live node up to there'])
        for seen in _first_seen(recording):
            said = windows.get(seen.camera, ())
            if not said:
                result.notes.append(f'{seen.camera}: the node published no window')
                continue
            truth = None
            if annotations is not None:
                truth = _up_to(end_ns, place(
                    annotations, seen.topic, seen.clock, recording, job.card.labels))
            track = live_track(said, seen, _nothing(end_ns, truth, job), recording.start_ns)
            result.cameras.append((seen, track))
        result.notes += recording.notes
    return result


def _first_seen(recording: Recording) -> list[Seen]:
    """Place the clock of every camera by its first image, as offline."""
    found: dict[str, Seen] = {}
    for image in recording.images():
        if image.frame is not None and image.topic not in found:
            seen = found[image.topic] = Seen(camera_name(image.topic), image.topic)
            seen.clock.place(image.frame.stamp_ns, image.log_ns)
        if len(found) == len(recording.topics):
            break
    return list(found.values())


def _up_to(end_ns: int, truth: Iterable[Segment]) -> tuple[Segment, ...]:
    return tuple(replace(s, end_ns=min(s.end_ns, end_ns)) for s in truth if s.start_ns < end_ns)


def _nothing(end_ns: int, truth: tuple[Segment, ...] | None, job: Job) -> Track:
    classes = job.card.labels
    return Track(
        classes=classes, duration_ns=end_ns, hold_ns=hold_ns(job.settings.window, job.card),
        times_N=np.zeros(0, np.int64), known_N=np.zeros(0, np.int64),
        probabilities_NK=np.zeros((0, len(classes)), np.float32), labels=(),
        confidences_N=np.zeros(0), truth=truth)
