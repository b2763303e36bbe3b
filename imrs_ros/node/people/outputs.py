# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The topics of the people of one camera: ``people`` and ``person_action``."""

from collections.abc import Iterable
from dataclasses import replace
import threading

from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import ns_to_stamp
from imrs_ros.node.people.messages import people_message, person_action_message, Size
from imrs_ros.node.qos import EVERY_WINDOW, LEASE_SEC
from imrs_ros.node.topics import output_topic, PEOPLE, PERSON_ACTION
from imrs_ros.people.detection import Person
from imrs_ros.records import Decision, Event, NO_ACTION
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.qos import LivelinessPolicy, QoSProfile
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray

EVERY_CHANGE = QoSProfile(
    depth=100, liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
    liveliness_lease_duration=Duration(seconds=LEASE_SEC))
"""Of many people, in one topic, and asserted by the node like the action of a camera."""
ASSERT_PERIOD_SEC = 0.1


class PeopleOutputs:
    """Publishes everybody after every window, and starts, changes and ends of actions."""

    def __init__(self, entities: RosEntities, camera: str) -> None:
        """
        Create the publishers under ``~/camera``.

        :param entities: owns the publishers.
        :param camera: the camera's name.
        """
        self._people = entities.lifecycle_publisher(
            Detection2DArray, output_topic(camera, PEOPLE), EVERY_WINDOW)
        self._action = entities.lifecycle_publisher(
            Detection2D, output_topic(camera, PERSON_ACTION), EVERY_CHANGE)
        self._last: dict[int, Decision] = {}
        # Held while liveliness is asserted, for another thread may destroy the publisher.
        self._alive_lock = threading.Lock()
        self._is_closed = False
        entities.on_close(self._close)
        # Not by the node's clock: that of a simulation may stand still.
        entities.timer(ASSERT_PERIOD_SEC, self._assert_liveliness, Clock(
            clock_type=ClockType.STEADY_TIME))

    def _assert_liveliness(self) -> None:
        """Tell subscribers that the actions of people still hold."""
        with self._alive_lock:
            if not self._is_closed:
                self._action.assert_liveliness()

    def _close(self) -> None:
        with self._alive_lock:
            self._is_closed = True

    def keep(self, decision: Decision) -> None:
        """
        Keep a decision as the last one on its person.

        Like ``publish`` and ``end``, not thread-safe: the caller locks.

        :param decision: the decision.
        :raises ValueError: when it is on the whole picture.
        """
        if decision.scores.person is None:
            raise ValueError('expected a decision on a person, got one on the whole picture')
        self._last[decision.scores.person.number] = decision

    def publish(self, decision: Decision, people: Iterable[tuple[Person, Decision | None]],
                size: Size) -> None:
        """
        Publish a window of a person.

        :param decision: the decision after the window.
        :param people: everybody who is there, each with the last decision.
        :param size: of the camera's images.
        """
        person, shown = decision.scores.person, tuple(people)
        message = people_message(decision, shown, size)
        for detection, (_, last) in zip(message.detections, shown):
            if last is not None:
                # Of which window the action is: the message itself is of somebody's newest one.
                detection.header = Header(
                    stamp=ns_to_stamp(last.scores.stamp_ns), frame_id=last.scores.frame_id)
        self._people.publish(message)
        if person is not None and decision.event is not Event.NONE:
            self._action.publish(person_action_message(person, decision, size))

    def last(self, person: Person) -> Decision | None:
        """
        Return the last decision on a person.

        :param person: anybody.
        :return: the decision; None without one.
        """
        return self._last.get(person.number)

    def end(self, person: Person, size: Size) -> None:
        """
        End the action of a person who left, as of the last window.

        :param person: where it was last seen.
        :param size: of the camera's images.
        """
        last = self._last.pop(person.number, None)
        if last is not None and last.label != NO_ACTION:
            self._action.publish(person_action_message(person, replace(
                last, label=NO_ACTION, event=Event.OFFSET, confidence=1.0,
                onset_ns=last.scores.stamp_ns), size))

    def wait_until_received(self, timeout_sec: float) -> None:
        """
        Wait until subscribers have the ends of actions.

        :param timeout_sec: longest time to wait.
        """
        self._action.wait_for_all_acked(Duration(seconds=timeout_sec))
