# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""One annotated action of a recording, and the checks of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.node_settings import camera_name
from imrs_ros.people.detection import Box
from imrs_ros.records import NO_ACTION

ABSOLUTE_FROM_SEC = 1_000_000.0
"""From here on, times are absolute stamps; below, seconds from the start of the recording."""
SLACK_NS = 1_000_000_000
"""How far beyond the end of the recording an action may end; it is cut there."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One action, as written in a file."""

    start_sec: float
    """From the start of the recording, or a header stamp of the camera."""
    end_sec: float
    """As ``start_sec``."""
    label: str
    """Class name; for a person also ``NO_ACTION``: this person is there, whatever other lines say
    of actions."""
    recording: str = ''
    """Name of the recording; empty for any."""
    topic: str = ''
    """Of the camera; empty for all."""
    origin: str = ''
    """File and line, for error messages."""
    person: str = ''
    """Who acts; empty for the whole picture."""
    box: Box | None = None
    """Where the person is meanwhile, in shares of the image; None if it is not known."""

    def is_of(self, recording: str, topic: str) -> bool:
        """
        Return whether it applies to a camera.

        :param recording: name of the recording.
        :param topic: of the camera.
        :return: True if it does.
        """
        return (self.recording in ('', recording)
                and (not self.topic or camera_name(self.topic) == camera_name(topic)))

    def placed(self, clock: CameraClock) -> Segment:
        """
        Convert its times to the time of the recording.

        :param clock: of the camera.
        :return: the segment.
        """
        def place(sec: float) -> int:
            stamp_ns = round(sec * 1e9)
            return clock.since_start(stamp_ns) if sec >= ABSOLUTE_FROM_SEC else stamp_ns
        return Segment(place(self.start_sec), place(self.end_sec), self.label)


def check(
    segments: Sequence[tuple[Annotation, Segment]], labels: Collection[str], duration_ns: int,
) -> list[str]:
    """
    Check the annotations of one camera.

    :param segments: annotations and their segments.
    :param labels: of the model.
    :param duration_ns: of the recording.
    :return: one sentence per problem.
    """
    problems = []
    for annotation, segment in segments:
        name = describe(annotation)
        if segment.label not in labels and not (annotation.person and segment.label == NO_ACTION):
            problems.append(f'{name}: expected a label of the model ({", ".join(labels)}), got '
                            f'{segment.label!r}')
        if segment.end_ns <= segment.start_ns:
            problems.append(f'{name}: expected an end after its start')
        if (segment.start_ns < 0 or segment.start_ns >= duration_ns
                or segment.end_ns > duration_ns + SLACK_NS):
            problems.append(
                f'{name}: expected times within the recording, 0 to {duration_ns / 1e9:.2f} s, '
                f'got {segment.start_ns / 1e9:.2f} to {segment.end_ns / 1e9:.2f} s')
    for (one, first), (other, second) in combinations(segments, 2):
        if (first.overlap_ns(second) > 0 and one.person == other.person
                and NO_ACTION not in (first.label, second.label)):
            of = f' of {one.person}' if one.person else ''
            problems.append(f'{describe(one)} overlaps {describe(other)}: expected one '
                            f'action{of} at a time; cut one of them')
    return problems


def describe(annotation: Annotation) -> str:
    """
    Describe an annotation in notes and errors.

    :param annotation: any.
    :return: its file and line, label and times.
    """
    who = f'{annotation.person}, ' if annotation.person else ''
    times = f'{who}{annotation.label} {annotation.start_sec:g} to {annotation.end_sec:g} s'
    return f'{annotation.origin}: {times}' if annotation.origin else times
