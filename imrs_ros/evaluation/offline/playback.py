# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A recording played to the recognizer, as to the node, but as fast as possible.

Frames are pushed in the order of recording, and every due window is scored: nothing depends on the
speed of the machine, so two runs give the same result.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
from imrs_ros.backends.base import Backend
from imrs_ros.evaluation.offline.people_source import PeopleSource
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Image, Recording
from imrs_ros.model_card import ModelCard
from imrs_ros.node_settings import camera_name, Settings
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision, Event
import numpy as np
from numpy.typing import NDArray

FindPeople = Callable[[Mapping[str, CameraClock]], Mapping[str, PeopleSource]]
KEPT_FRAMES = 8
"""Newest frames of a camera whose images and times are stored, for thumbnails."""
THUMBNAIL_WIDTH_PX, THUMBNAIL_QUALITY = 176, 58
SAMPLE_NS = 200_000_000
"""Between two thumbnails that are stored whatever is decided; the report keeps some of them."""


@dataclass(slots=True)
class PlayedCamera:
    """One camera of a recording that was played: decisions, counts and thumbnails."""

    camera: str
    topic: str
    clock: CameraClock = field(default_factory=CameraClock)
    decisions: list[tuple[int, Decision]] = field(default_factory=list)
    """Time from the start of the recording, ns, and decision, for every window of the whole
    picture."""
    people: list[tuple[int, Decision]] = field(default_factory=list)
    """The same for every window of a person."""
    people_restarts: list[int] = field(default_factory=list)
    """How often the camera had restarted by each of those windows."""
    departed: set[int] = field(default_factory=set)
    """Numbers of the people who left; whatever they did ended with their last decision."""
    people_counts: dict[str, int] = field(default_factory=dict)
    """Number of detections that were not used, by reason."""
    num_frames: int = 0
    num_restarts: int = 0
    num_skipped: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Number of frames that could not be used, by reason."""
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    """JPEG by time, ns."""
    last_sample_ns: int | None = None
    """Time of the newest of those thumbnails."""
    newest: dict[int, tuple[int, NDArray[np.uint8]]] = field(default_factory=dict)
    """Time and image of the newest frames, by stamp."""

    def add_thumbnail(self, time_ns: int, image_HWC: NDArray[np.uint8]) -> None:
        """
        Store a small image.

        :param time_ns: from the start of the recording.
        :param image_HWC: RGB.
        """
        height, width = image_HWC.shape[:2]
        small = cv2.resize(image_HWC, (
            THUMBNAIL_WIDTH_PX, max(1, round(height * THUMBNAIL_WIDTH_PX / width))),
            interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode('.jpg', cv2.cvtColor(small, cv2.COLOR_RGB2BGR),
                               [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY])
        self.thumbnails[time_ns] = data.tobytes()


def play(
    recording: Recording, card: ModelCard, backend: Backend, settings: Settings,
    on_image: Callable[[], object] = lambda: None, find_people: FindPeople | None = None,
) -> list[PlayedCamera]:
    """
    Play all cameras of a recording.

    :param recording: open.
    :param card: the model.
    :param backend: loaded for this recording alone: it may reuse work on frames of a camera.
    :param settings: of the node.
    :param on_image: called after every image.
    :param find_people: returns the people of every camera, by its topic, given the clocks; None
        for the whole picture only.
    :return: the cameras of the recording.
    :raises RecordingError: if there are no such people.
    """
    cameras = {topic: PlayedCamera(camera_name(topic), topic) for topic in recording.topics}
    # By topic: two topics of a bag may have the same camera name, which a node would refuse.
    recognizer = Recognizer(card, backend, cameras, window=settings.window,
                            decision=settings.decision,
                            people=None if find_people is None else settings.people)
    try:
        sources = {} if find_people is None else find_people(
            {topic: camera.clock for topic, camera in cameras.items()})
        # People are cut out of whole images.
        for image in recording.images(None if sources else card.spec.size_px):
            camera = cameras[image.topic]
            time_ns = _push(recognizer, camera, image)
            if sources and time_ns is not None and image.frame is not None:
                for found in sources[image.topic].at(image.frame, image.log_ns, time_ns):
                    recognizer.detect(image.topic, found)
                # Before the windows: who left gets no more of them.
                camera.departed |= {who.number for who in recognizer.departed(image.topic)}
            _store(cameras, recognizer.step())
            on_image()
        for camera in cameras.values():
            camera.num_skipped = recognizer.num_skipped(camera.topic)
            camera.people_counts = _people_counts(recognizer, camera.topic)
            if sources:
                camera.people_counts |= sources[camera.topic].others
    finally:
        recognizer.close()
    return list(cameras.values())


def _people_counts(recognizer: Recognizer, topic: str) -> dict[str, int]:
    people = recognizer.people(topic)
    return {} if people is None else {
        'beyond max_people': people.num_beyond, 'below min_person_px': people.num_small,
        'of no image that was kept': people.num_stray}


def _push(recognizer: Recognizer, camera: PlayedCamera, image: Image) -> int | None:
    """Push an image; return its time from the start of the recording, None if it was dropped."""
    frame = image.frame
    if frame is None:
        camera.dropped[image.problem] += 1
        return None
    try:
        pushed = recognizer.push(camera.topic, frame)
    except ValueError as error:
        camera.dropped[str(error)] += 1
        return None
    camera.num_frames += 1
    camera.num_restarts += pushed.restart is not None
    time_ns = camera.clock.place(frame.stamp_ns, image.log_ns)
    camera.newest[frame.stamp_ns] = (time_ns, frame.image_HWC)
    if len(camera.newest) > KEPT_FRAMES:
        del camera.newest[next(iter(camera.newest))]
    last_ns = camera.last_sample_ns
    # Also where stamps went back.
    if last_ns is None or abs(time_ns - last_ns) >= SAMPLE_NS:
        camera.last_sample_ns = time_ns
        camera.add_thumbnail(time_ns, frame.image_HWC)
    return time_ns


def _store(cameras: dict[str, PlayedCamera], decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        camera = cameras[decision.scores.camera]
        time_ns, image_HWC = camera.newest[decision.scores.stamp_ns]
        if decision.scores.person is None:
            camera.decisions.append((time_ns, decision))
        else:
            camera.people.append((time_ns, decision))
            camera.people_restarts.append(camera.num_restarts)
        if decision.event is not Event.NONE:
            camera.add_thumbnail(time_ns, image_HWC)
