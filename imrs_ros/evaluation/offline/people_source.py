# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Where the people of a recording come from: a topic of the bag, its annotations, or a finder."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Protocol

from imrs_ros.evaluation.ground_truth.annotated_person import AnnotatedPerson
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.detection_topic import RecordedDetections
from imrs_ros.evaluation.recordings.recording import Recording, RecordingError
from imrs_ros.model_folders import find_model, FINDER_NAME
from imrs_ros.node_settings import camera_name, Settings
from imrs_ros.people.detection import Detection, Detections
from imrs_ros.people.identities import Identities
from imrs_ros.people.topic_names import detections_topic
from imrs_ros.records import Frame
import numpy as np
from numpy.typing import NDArray

TOPIC, TRUE, FINDER = SOURCES = ('topic', 'true', 'finder')
"""Detections of the bag, the boxes of the annotations, and the person finder on every image."""


class PeopleSource(Protocol):
    """Detections of one camera, in the order in which the recognizer gets them."""

    @property
    def others(self) -> Mapping[str, int]:
        """Return how many detections were no people, by what they were."""

    def at(self, frame: Frame, log_ns: int, time_ns: int) -> Sequence[Detections]:
        """
        Return what is new when an image was pushed.

        :param frame: the whole image.
        :param log_ns: when it was recorded, from the start of the recording.
        :param time_ns: when it was taken, from the start of the recording.
        :return: detections; everybody has an id.
        """


class TopicPeople:
    """Detections that were recorded up to an image."""

    def __init__(self, recorded: Sequence[RecordedDetections], settings: Settings) -> None:
        """
        Start before the first message.

        :param recorded: all messages of the camera's topic.
        :param settings: class and least certainty of the people, and size of the images that the
            detector saw.
        """
        self._waiting, self._identities = deque(recorded), Identities()
        self._size = settings.node.detections_size
        self._people = settings.people
        self.others: Counter[str] = Counter()

    def at(self, frame: Frame, log_ns: int, time_ns: int) -> Sequence[Detections]:
        """Return all messages that were recorded since the last image, as in ``PeopleSource``."""
        height, width = frame.image_HWC.shape[:2]
        width_px, height_px = self._size or (width, height)
        found = []
        while self._waiting and self._waiting[0].log_ns <= log_ns:
            message, wanted = self._waiting.popleft(), self._people.person_class
            people = message.people(width_px, height_px, wanted)
            self.others.update(
                f'of class {name}, not {wanted} (person_class)' for name in message.others(wanted))
            found.append(self._identities.assign(people.usable(self._people.min_person_score)))
        return found


class TruePeople:
    """Annotated boxes of everybody, at every image."""

    others: Mapping[str, int] = MappingProxyType({})

    def __init__(self, find: Callable[[], Sequence[AnnotatedPerson]]) -> None:
        """
        Start without boxes.

        :param find: returns everybody; called after the camera's first image.
        """
        self._find = find
        self._people: Sequence[AnnotatedPerson] | None = None

    def at(self, frame: Frame, log_ns: int, time_ns: int) -> Sequence[Detections]:
        """Return who is there, as in ``PeopleSource``."""
        if self._people is None:
            self._people = self._find()
            if not any(person.places for person in self._people):
                raise RecordingError('expected annotated boxes of people for "--people true", got '
                                     'none; add the columns person,left,top,right,bottom')
        boxes = [(person.name, person.box_at(time_ns)) for person in self._people]
        return [Detections(frame.stamp_ns, tuple(
            Detection(box, 1.0, name) for name, box in boxes if box is not None))]


class FoundPeople:
    """People that the person finder sees, as its node publishes them for every image."""

    others: Mapping[str, int] = MappingProxyType({})

    def __init__(self, find: Callable[[NDArray[np.uint8]], tuple[Detection, ...]]) -> None:
        """
        Start with nobody.

        :param find: returns the people in an image_HWC, without ids.
        """
        self._find, self._identities = find, Identities()

    def at(self, frame: Frame, log_ns: int, time_ns: int) -> Sequence[Detections]:
        """Return who is seen, as in ``PeopleSource``."""
        found = self._find(frame.image_HWC)
        return [self._identities.assign(Detections(frame.stamp_ns, found))]


def people_sources(
    kind: str, recording: Recording, settings: Settings, topics: Sequence[str],
    annotated: Callable[[str, CameraClock], Sequence[AnnotatedPerson]],
    clocks: Mapping[str, CameraClock],
) -> dict[str, PeopleSource]:
    """
    Open the source of every camera.

    :param kind: one of ``SOURCES``.
    :param recording: open.
    :param settings: of the node: topics, class and least certainty of people.
    :param topics: of the people of each camera; empty for those of the settings.
    :param annotated: returns everybody who is annotated, by topic and clock of the camera.
    :param clocks: of the cameras, by topic.
    :return: the sources, by topic of the camera.
    :raises RecordingError: if the recording has no such people.
    """
    if kind == TOPIC:
        return {camera: TopicPeople(recording.detections(topic), settings)
                for camera, topic in people_topics(recording.topics, settings, topics).items()}
    if kind == TRUE:
        return {topic: TruePeople(partial(annotated, topic, clock))
                for topic, clock in clocks.items()}
    # Here: it needs OpenVINO, and nothing else does.
    from imrs_ros.person_finder.finder import Finder
    finder = Finder(find_model(FINDER_NAME), settings.backend.num_threads)
    find = partial(finder.find, min_score=settings.people.min_person_score)
    return {topic: FoundPeople(find) for topic in recording.topics}


def people_topics(cameras: Sequence[str], settings: Settings, given: Sequence[str] = (),
                  ) -> dict[str, str]:
    """
    Return the topic of the people of every camera.

    :param cameras: image topics of the recording.
    :param settings: of the node: its cameras and their topics of people.
    :param given: a topic for each camera of the recording; empty for those of the settings, and
        ``detections`` beside the images of a camera that they do not name.
    :return: the topics by image topic.
    :raises RecordingError: if there are not as many given topics as cameras.
    """
    if given and len(given) != len(cameras):
        raise RecordingError(
            f'expected --detections for each of the cameras {", ".join(cameras)}, got '
            f'{", ".join(given)}')
    node = settings.node
    of_node = dict(zip(map(camera_name, node.cameras), node.detections))
    found = given or [of_node.get(camera_name(camera), detections_topic(camera))
                      for camera in cameras]
    return {camera: f'/{topic.lstrip("/")}' for camera, topic in zip(cameras, found)}
