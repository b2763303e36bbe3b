# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Recorder of what a live node says of people."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import isfinite

from imrs_ros.evaluation.live.live_people import (
    LivePeople, LivePeopleMessage, LivePerson, LivePersonAction)
from imrs_ros.node.messages import stamp_to_ns
from imrs_ros.node.topics import output_topic, PEOPLE, PERSON_ACTION
from imrs_ros.people.detection_fields import hypotheses_of, upright_box
from imrs_ros.records import NO_ACTION
from rclpy.node import Node
from rclpy.subscription import Subscription
from vision_msgs.msg import Detection2D, Detection2DArray

DEPTH = 1000


class PeopleRecorder:
    """Stores ``people`` and ``person_action`` of a node's cameras as they arrive."""

    def __init__(self, node: Node, cameras: Sequence[str], labels: Sequence[str],
                 recognizer: str) -> None:
        """
        Subscribe to the outputs.

        :param node: owner of the subscriptions; its clock stamps arrivals.
        :param cameras: camera names.
        :param labels: of the model.
        :param recognizer: full name of the recognizer node.
        """
        self._node, self._labels = node, {*labels, NO_ACTION}
        self.heard: dict[str, LivePeople] = {camera: LivePeople() for camera in cameras}
        self.problems = Counter[str]()
        """Number of people and actions that were not used, by reason."""
        self.subscriptions: list[Subscription] = []
        """All of them, in no order."""
        for camera in cameras:
            for kind, output, receive in (
                    (Detection2DArray, PEOPLE, self._people_of(camera)),
                    (Detection2D, PERSON_ACTION, self._action_of(camera))):
                self.subscriptions.append(node.create_subscription(
                    kind, output_topic(camera, output, recognizer), receive, DEPTH))

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def _people_of(self, camera: str) -> Callable[[Detection2DArray], None]:
        def on_message(msg: Detection2DArray) -> None:
            # Who has no result was not scored yet.
            people = [self._read(camera, found) for found in msg.detections if found.results]
            self.heard[camera].messages.append(LivePeopleMessage(
                arrival_ns=self._now_ns(),
                people=tuple(person for person in people if person is not None)))
        return on_message

    def _action_of(self, camera: str) -> Callable[[Detection2D], None]:
        def on_message(msg: Detection2D) -> None:
            person = self._read(camera, msg)
            if person is not None:
                self.heard[camera].actions.append(LivePersonAction(
                    id=person.id, stamp_ns=person.stamp_ns, arrival_ns=self._now_ns(),
                    label=person.label, confidence=person.confidence))
        return on_message

    def _read(self, camera: str, found: Detection2D) -> LivePerson | None:
        """Return who that is; None, counted as a problem, for what cannot be used."""
        label, confidence = next(iter(hypotheses_of(found)), ('', float('nan')))
        person = LivePerson(
            id=found.id, stamp_ns=stamp_to_ns(found.header.stamp), label=label,
            confidence=confidence, box_px=upright_box(found.bbox))
        if problem := self._problem_of(person):
            self.problems[f'{camera}: {problem}'] += 1
            return None
        return person

    def _problem_of(self, person: LivePerson) -> str:
        """Return why a person is not used; empty if they are."""
        if not person.id:
            return 'a person without an id'
        box = person.box_px
        if not all(map(isfinite, (
                person.confidence, box.left, box.top, box.right, box.bottom))):
            return 'a person without an action and its score, or without a box'
        if person.label not in self._labels:
            return (f'an action {person.label} of a person, which the model of --params does not '
                    'know; start the node with the same model')
        return ''
