# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""One recognizer: its cameras, its lifecycle and its parameters."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
import time
from typing import Any

from imrs_ros.node.messages import HAS_VISION_MSGS
from imrs_ros.node.qos import LATCHED
from imrs_ros.records import NO_ACTION
from imrs_ros.view.camera_link import CameraLink
from imrs_ros.view.guarded import guarded
from imrs_ros.view.live_state import LiveState
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python

if HAS_VISION_MSGS:
    from vision_msgs.msg import LabelInfo

READ = ('model', 'cameras', 'people', 'enter_threshold', 'leave_threshold', 'min_duration_sec')
"""Parameters that are shown."""
SERVICES = {'get_state': GetState, 'change_state': ChangeState,
            'get_parameters': GetParameters, 'set_parameters': SetParameters}
POLL_SEC = 1.0
BUSY_SEC = 1.5
"""A node that does not answer for so long is busy, as while it loads a model."""
FORGET_SEC = 30.0
"""A question that was not answered for so long is asked again."""


class NodeLink:
    """The ways to one recognizer; used on the executor's thread, but for ``ask``."""

    def __init__(self, node: Node, state: LiveState, name: str) -> None:
        """
        Create clients of its services.

        :param node: owns what is created.
        :param state: what arrives goes here.
        :param name: full name of the recognizer.
        """
        self._node, self._state, self.name = node, state, name
        self._clients: dict[str, Client] = {
            service: node.create_client(kind, f'{name}/{service}')
            for service, kind in SERVICES.items()}
        self._labels = node.create_subscription(
            LabelInfo, f'{name}/labels', guarded(state, self._on_labels),
            LATCHED) if HAS_VISION_MSGS else None
        self._cameras: dict[str, CameraLink] = {}
        self._asked: dict[str, tuple[float, Any]] = {}
        self._polled_sec = 0.0

    def follow(self, cameras: Iterable[str], *, is_watched: bool) -> None:
        """
        Subscribe to what is there, and to images while someone looks.

        :param cameras: names of the node's cameras.
        :param is_watched: whether someone looks.
        """
        names = set(cameras)
        for name in names - set(self._cameras):
            self._cameras[name] = CameraLink(self._node, self._state, self.name, name)
        for name in set(self._cameras) - names:
            self._cameras.pop(name).close()
        for link in self._cameras.values():
            guarded(self._state, link.follow)(is_watched=is_watched)
        if is_watched and time.monotonic() - self._polled_sec >= POLL_SEC:
            self.poll()

    def poll(self) -> None:
        """Ask for the state and the parameters, unless an answer is still to come."""
        self._polled_sec = time.monotonic()
        self._question('get_state', GetState.Request(), self._on_state)
        self._question('get_parameters', GetParameters.Request(names=list(READ)),
                       self._on_parameters)
        oldest_sec = min((at for at, _ in self._asked.values()), default=self._polled_sec)
        self._state.update_node(self.name, is_busy=self._polled_sec - oldest_sec > BUSY_SEC)

    def _question(self, service: str, request: Any, take: Any) -> None:
        client = self._clients[service]
        at_sec, future = self._asked.get(service, (0.0, None))
        if future is not None:
            if time.monotonic() - at_sec < FORGET_SEC:
                return
            client.remove_pending_request(future)
            del self._asked[service]
        if not client.service_is_ready():
            return
        future = client.call_async(request)
        self._asked[service] = (time.monotonic(), future)

        def answered(done: Any) -> None:
            self._asked.pop(service, None)
            if done.exception() is None and done.result() is not None:
                take(done.result())
        future.add_done_callback(guarded(self._state, answered))

    def _on_state(self, answer: GetState.Response) -> None:
        self._state.update_node(self.name, state=answer.current_state.label, is_busy=False)

    def _on_parameters(self, answer: GetParameters.Response) -> None:
        values = {name: parameter_value_to_python(value)
                  for name, value in zip(READ, answer.values)}
        self._state.update_node(self.name, parameters={
            name: list(value) if isinstance(value, (tuple, list)) else value
            for name, value in values.items()})

    def _on_labels(self, msg: 'LabelInfo') -> None:
        labels = [each.class_name for each in msg.class_map if each.class_name != NO_ACTION]
        self._state.update_node(self.name, labels=labels, threshold=msg.threshold)

    def ask(self, service: str, request: Any) -> 'Future[Any]':
        """
        Call a service of the recognizer, from any thread.

        :param service: one of ``SERVICES``.
        :param request: of its kind.
        :return: the answer to come; ``RuntimeError`` where there is no such service.
        """
        result: Future[Any] = Future()

        def answered(done: Any) -> None:
            if result.done():
                return
            if done.exception() is not None:
                result.set_exception(done.exception())
            else:
                result.set_result(done.result())

        def send() -> None:
            # Whoever asked may be gone.
            if not result.set_running_or_notify_cancel():
                return
            try:
                client = self._clients[service]
                if not client.service_is_ready():
                    raise RuntimeError(
                        f'{self.name} does not offer {service}; is it still running?')
                client.call_async(request).add_done_callback(guarded(self._state, answered))
            # An exception of a task ends the executor.
            except Exception as error:
                result.set_exception(error)
        executor = self._node.executor
        if executor is None:
            result.set_exception(RuntimeError('the view is ending'))
        else:
            executor.create_task(send)
        return result

    def close(self) -> None:
        """Destroy everything."""
        for link in self._cameras.values():
            link.close()
        self._cameras.clear()
        for client in self._clients.values():
            self._node.destroy_client(client)
        if self._labels is not None:
            self._node.destroy_subscription(self._labels)


def set_request(values: Mapping[str, Any]) -> SetParameters.Request:
    """
    Return the request that changes parameters.

    :param values: by name.
    :return: of ``set_parameters``.
    """
    return SetParameters.Request(parameters=[
        Parameter(name, value=value).to_parameter_msg() for name, value in values.items()])
