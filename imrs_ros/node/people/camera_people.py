# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The people of one camera of the node: subscribes to detections, publishes actions.

The worker's thread and the executor's both use the outputs, under the lock of the node. All else
belongs to the executor's thread.
"""

from collections.abc import Callable

from imrs_ros.node.camera_health import HealthProblem
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.people.messages import read_detections, Size
from imrs_ros.node.people.outputs import PeopleOutputs
from imrs_ros.node.people.people_health import incompatibility, PeopleHealth
from imrs_ros.node.worker import Worker
from imrs_ros.node_settings import Settings
from imrs_ros.people.detection import Person
from imrs_ros.people.detection_fields import hypotheses_of
from imrs_ros.people.identities import check_library, Identities
from imrs_ros.people.people_stream import PeopleStream
from imrs_ros.records import Decision
from rclpy.qos import qos_policy_name_from_kind, QoSProfile
from vision_msgs.msg import Detection2DArray

try:
    from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks

UNUSABLE = 'detections dropped'


class CameraPeople:
    """Detections in, decisions on people out."""

    def __init__(
        self, entities: RosEntities, camera: str, topic: str, settings: Settings, qos: QoSProfile,
        now_sec: Callable[[], float], warn: Callable[[str, str], None],
    ) -> None:
        """
        Create the publishers.

        :param entities: owns the publishers.
        :param camera: the camera's name.
        :param topic: of the detections.
        :param settings: of the node.
        :param qos: of the subscription.
        :param now_sec: returns the time by the camera's clock, s.
        :param warn: called with the kind of a problem, and what is wrong.
        """
        self._node, self._camera, self._topic, self._qos = entities.node, camera, topic, qos
        self._settings, self._warn = settings, warn
        self._outputs = PeopleOutputs(entities, camera)
        self._health = PeopleHealth(now_sec, settings.people.person_timeout_sec)
        self._identities = Identities()
        try:
            # Now, for it takes a second; a detector that gives ids needs it not.
            check_library()
        except RuntimeError as error:
            self._node.get_logger().warning(f'people without ids are left out: {error}')
        self._size: Size | None = None
        self._newest = Detection2DArray()
        self._worker: Worker | None = None

    def see(self, height_px: int, width_px: int) -> None:
        """
        Take the size of the camera's images for that of the boxes in messages.

        :param height_px: of an image.
        :param width_px: of an image.
        """
        self._size = width_px, height_px

    def subscribe(self, worker: Worker, entities: RosEntities) -> None:
        """
        Pass detections to the recognizer from now on.

        :param worker: owns the recognizer.
        :param entities: ends the subscription when it is closed.
        """
        self._worker, self._identities = worker, Identities()
        self._health.expect_detections()
        entities.subscription(
            Detection2DArray, self._topic, self._receive, self._qos,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._refuse))

    def _refuse(self, info: QoSRequestedIncompatibleQoSInfo) -> None:
        """Report why a detector's messages are not received."""
        policy = qos_policy_name_from_kind(info.last_policy_kind).lower()
        self._health.incompatible_policy = policy
        self._warn('no detections', incompatibility(policy))

    def _receive(self, msg: Detection2DArray) -> None:
        self._health.count_message()
        self._newest = msg
        given = self._settings.node.detections_size
        size = (given[0], given[1]) if given else self._size
        # Before the first image: nobody could be cut out of anything.
        if self._worker is None or size is None:
            return
        people = self._settings.people
        try:
            # The tracker, too, sees nobody who does not count: it might take one for another.
            detections = self._identities.assign(read_detections(
                msg, size, people.person_class).usable(people.min_person_score))
            is_due = self._worker.recognizer.detect(self._camera, detections)
        # Whatever a message causes, it must not end the process.
        except Exception as error:
            self._health.count_unreadable()
            self._warn(UNUSABLE, f'{type(error).__name__}: {error}')
            return
        if is_due:
            self._worker.notify()

    def _people(self) -> PeopleStream:
        people = None if self._worker is None else self._worker.recognizer.people(self._camera)
        if people is None:
            raise RuntimeError('expected a recognizer that follows people')
        return people

    def publish(self, decision: Decision) -> None:
        """
        Publish a window of a person.

        :param decision: the decision after the window.
        """
        self._health.count_window()
        self._outputs.keep(decision)
        if self._size is not None:
            self._outputs.publish(decision, self.shown(), self._size)

    def shown(self) -> list[tuple[Person, Decision | None]]:
        """
        Return everybody who is there, with the last decision on each.

        :return: the nearest first.
        """
        return [(person, self._outputs.last(person)) for person in self._people().present()]

    def end_departed(self) -> None:
        """End the actions of people who left."""
        if self._worker is None or self._size is None:
            return
        for person in self._worker.recognizer.departed(self._camera):
            self._outputs.end(person, self._size)

    def wait_until_received(self, timeout_sec: float) -> None:
        """
        Wait until subscribers have the ends of actions.

        :param timeout_sec: longest time to wait.
        """
        self._outputs.wait_until_received(timeout_sec)

    def status(self, *, expects_detections: bool) -> tuple[list[HealthProblem], dict[str, str]]:
        """
        Return what diagnostics say of the people, and reset the counters.

        :param expects_detections: whether missing ones are a problem.
        :return: problems, and values by name.
        """
        if self._worker is None:
            return [], {}
        report = self._health.report(self._people())
        topic = self._node.resolve_topic_name(self._topic)
        values = {key: f'{value:.4g}' if isinstance(value, float) else str(value)
                  for key, value in report._asdict().items()}
        problems = self._health.problems(report, topic)
        classes = sorted({name for found in self._newest.detections
                          for name, _ in hypotheses_of(found)})
        return problems if expects_detections else [], {
            'detections_topic': topic, 'detected_classes': ', '.join(classes), **values}
