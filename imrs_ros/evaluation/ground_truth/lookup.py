"""What a recording shows, from wherever somebody said it."""

from collections.abc import Sequence
from pathlib import Path

from imrs_ros.evaluation.ground_truth.annotation import Annotation, check
from imrs_ros.evaluation.ground_truth.annotation_file import beside, read_annotations
from imrs_ros.evaluation.ground_truth.segment import runs, Segment
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Recording, RecordingError
from imrs_ros.evaluation.recordings.video_recording import is_video


def annotations_of(
    path: Path, recording: Recording, labels: Sequence[str],
    given: tuple[Annotation, ...] | None = None, topic: str = '',
) -> list[Annotation] | None:
    """
    Find what is said of a recording.

    :param path: of the recording.
    :param recording: opened; notes are added to it.
    :param labels: of the model; a video in a folder of that name shows it.
    :param given: annotations of any recordings; None for the file that lies beside this one.
    :param topic: texts in the bag that count instead; empty for none.
    :return: annotations; None where nobody said anything.
    :raises RecordingError: when a file or topic cannot be read.
    """
    if topic:
        texts = recording.texts(topic)
        found = runs([time_ns for time_ns, _ in texts], [text for _, text in texts],
                     recording.duration_ns)
        return [Annotation(s.start_ns / 1e9, s.end_ns / 1e9, s.label, origin=topic)
                for s in found if s.label]
    everything = given
    if everything is None:
        file = beside(path)
        if file is None:
            return _by_folder(path, recording, labels)
        everything = tuple(read_annotations(file))
    of_it = [a for a in everything if a.recording in ('', recording.name)]
    if everything and not of_it:
        recording.notes.append('no annotation names it: it is not compared with any')
        return None
    if not of_it:
        recording.notes.append('its annotations are empty: it is taken to show no action')
    return of_it


def _by_folder(path: Path, recording: Recording, labels: Sequence[str],
               ) -> list[Annotation] | None:
    folder = path.resolve().parent.name
    if not is_video(path) or folder not in labels:
        return None
    recording.notes.append(f'it lies in the folder {folder}: it is taken to show it throughout')
    return [Annotation(0.0, recording.duration_ns / 1e9, folder)]


def place(annotations: Sequence[Annotation], topic: str, clock: CameraClock,
          recording: Recording, labels: Sequence[str]) -> tuple[Segment, ...]:
    """
    Place the annotations of a camera on the time of the recording, and check them.

    :param annotations: of the recording.
    :param topic: of the camera.
    :param clock: of the camera, after all its images were placed.
    :param recording: it.
    :param labels: of the model.
    :return: segments in order, within the recording.
    :raises RecordingError: naming every annotation that is wrong.
    """
    pairs = [(a, a.placed(clock)) for a in annotations
             if a.is_of(recording.name, topic)]
    problems = check(pairs, labels, recording.duration_ns)
    if problems:
        raise RecordingError(f'annotations of {recording.name}: ' + '; '.join(problems))
    return tuple(sorted(Segment(s.start_ns, min(s.end_ns, recording.duration_ns), s.label)
                        for _, s in pairs))
