# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Finds recognizers and their cameras on the graph, as they come and go."""

from collections.abc import Callable
import time

from diagnostic_msgs.msg import DiagnosticArray
from imrs_ros.node.qos import EVERY_WINDOW
from imrs_ros.node.topics import camera_of_status, DIAGNOSTICS, LABEL, LABELS, status_name
from imrs_ros.node_settings import NODE
from imrs_ros.view.guarded import guarded
from imrs_ros.view.live_state import HealthEntry, LiveState
from imrs_ros.view.node_link import NodeLink
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

CHANGE_STATE = '/change_state'
LIFECYCLE = 'lifecycle_msgs/srv/ChangeState'
LABEL_KIND, LABELS_KIND = 'std_msgs/msg/String', 'vision_msgs/msg/LabelInfo'
WATCHED_SEC, UNWATCHED_SEC = 0.5, 2.0
"""Time between two looks at the graph, while someone looks, and while nobody does."""
TICK_SEC = 0.25


class GraphWatcher:
    """Keeps ``LiveState`` up to date; used on the executor's thread, but for ``link``."""

    def __init__(self, node: Node, state: LiveState, only: str = '') -> None:
        """
        Look at the graph from now on.

        :param node: sees the graph, and owns what is created.
        :param state: what is found goes here.
        :param only: full name of the recognizer that is shown; empty for all.
        """
        self._node, self._state, self._only = node, state, only
        self.is_watched: Callable[[], bool] = lambda: True
        """Returns whether someone looks."""
        self._links: dict[str, NodeLink] = {}
        self._looked_sec, self._was_watched = 0.0, False
        node.create_subscription(DiagnosticArray, DIAGNOSTICS, guarded(state, self._on_health),
                                 EVERY_WINDOW)
        node.create_timer(TICK_SEC, guarded(state, self._tick),
                          clock=Clock(clock_type=ClockType.STEADY_TIME))

    def link(self, name: str) -> NodeLink:
        """
        Return the way to a recognizer, on any thread.

        :param name: full name of the node.
        :return: its link.
        :raises RuntimeError: when it is not on the graph.
        """
        link = self._links.get(name)
        if link is None:
            raise RuntimeError(f'{name} is not running; start it first')
        return link

    def _tick(self) -> None:
        is_watched, now_sec = self.is_watched(), time.monotonic()
        # At once when someone begins to look, or ends.
        if (is_watched == self._was_watched and now_sec - self._looked_sec
                < (WATCHED_SEC if is_watched else UNWATCHED_SEC)):
            return
        self._was_watched, self._looked_sec = is_watched, now_sec
        cameras_of = self.find()
        self._state.see_nodes(cameras_of)
        for name in set(self._links) - set(cameras_of):
            self._links.pop(name).close()
        for name, cameras in cameras_of.items():
            guarded(self._state, self._follow)(name, cameras, is_watched)

    def _follow(self, name: str, cameras: list[str], is_watched: bool) -> None:
        if name not in self._links:
            self._links[name] = NodeLink(self._node, self._state, name)
        self._links[name].follow(cameras, is_watched=is_watched)

    def find(self) -> dict[str, list[str]]:
        """
        Return the recognizers on the graph.

        :return: names of the cameras of each, by full name of the node, in order.
        """
        present = {f'{namespace.rstrip("/")}/{name}' for name, namespace
                   in self._node.get_node_names_and_namespaces()}
        topics = dict(self._node.get_topic_names_and_types())
        found: dict[str, list[str]] = {}
        for service, kinds in sorted(self._node.get_service_names_and_types()):
            name = service.removesuffix(CHANGE_STATE)
            if (name != service and LIFECYCLE in kinds and name in present
                    and (name == self._only or not self._only and (
                        name.endswith(f'/{NODE}')
                        or LABELS_KIND in topics.get(LABELS.replace('~', name), ())))):
                found[name] = self._cameras_of(name, topics)
        return found

    def _cameras_of(self, name: str, topics: dict[str, list[str]]) -> list[str]:
        prefix, suffix = f'{name}/', f'/{LABEL}'
        return [
            camera for topic, kinds in sorted(topics.items())
            if topic.startswith(prefix) and topic.endswith(suffix) and LABEL_KIND in kinds
            and '/' not in (camera := topic.removeprefix(prefix).removesuffix(suffix))
            and self._node.count_publishers(topic)]

    def _on_health(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            values = {each.key: each.value for each in status.values}
            health = HealthEntry(status.level[0] if isinstance(status.level, bytes)
                                 else int(status.level), status.message,
                                 {**values, 'hardware_id': status.hardware_id}, time.monotonic())
            for name in tuple(self._links):
                camera = camera_of_status(status.name, name)
                if camera is not None or status.name == status_name(name):
                    self._state.take_health(name, camera, health)
