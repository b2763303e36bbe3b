# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The node that records examples. Here is what its transitions and keys do."""

from collections.abc import Callable
from typing import Any

from imrs_ros.capture.example_folder import ExampleFolder
from imrs_ros.capture.keyboard import Keyboard
from imrs_ros.capture.options import CaptureOptions
from imrs_ros.capture.session import CaptureSession, Stage
from imrs_ros.node.entities import SessionNode
from rclpy.clock import Clock, ClockType

CAPTURE_NODE = 'capture'
"""Name of the node."""
TICK_SEC, GRAPH_SEC = 0.05, 0.25
QUIT_KEYS, GO_KEYS = 'qQ', ' \r\n'


class CaptureNode(SessionNode):
    """
    A lifecycle node that records while it is active: services for whoever has no keyboard.

    Activate it for the next example, deactivate it to pause, and shut it down to end.
    """

    def __init__(self, options: CaptureOptions, folder: ExampleFolder, keyboard: Keyboard,
                 say: Callable[[str], None], **node_arguments: Any) -> None:
        """
        Create an unconfigured node.

        :param options: what is recorded.
        :param folder: where it goes.
        :param keyboard: whose keys start, pause and end.
        :param say: called with what happens, for the user.
        :param node_arguments: passed to ``rclpy.node.Node``, such as ``context``.
        :raises ValueError: when the camera cannot be the name of a topic.
        """
        self._options, self._folder, self._keyboard = options, folder, keyboard
        self._say = say
        self._session: CaptureSession | None = None
        self._is_active = False
        self._num_kept = 0
        self.error = ''
        """Why it ended early; empty if it did not."""
        super().__init__(CAPTURE_NODE, **node_arguments)
        try:
            self.resolve_topic_name(options.camera)
        except RuntimeError as error:
            raise ValueError('camera must be an image topic or the name of a camera, got '
                             f'{options.camera!r}: {error}') from error

    @property
    def is_over(self) -> bool:
        """Return whether nothing more will be recorded."""
        return self._session is None or self._session.is_over or bool(self.error)

    @property
    def num_kept(self) -> int:
        """Return the number of examples recorded."""
        return self._num_kept if self._session is None else self._session.num_kept

    def open_session(self) -> None:
        """Look for the camera."""
        self._session = CaptureSession(self._entities, self._options, self._folder, self._say)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._entities.timer(TICK_SEC, self._tick, steady)
        self._entities.timer(GRAPH_SEC, self._follow_graph, steady)

    def activate_session(self) -> None:
        """Record from the next example on."""
        if self._session is None:
            raise RuntimeError('expected a configured node; configure it first')
        self._is_active = True
        self._session.start()

    def deactivate_session(self) -> None:
        """Pause; an example that is not complete is not kept."""
        self._is_active = False
        if self._session is not None:
            self._session.pause()

    def close_session(self) -> bool:
        """Forget the camera."""
        self._num_kept = self.num_kept
        had_session, self._session = self._session is not None, None
        return had_session

    def _tick(self) -> None:
        if self.is_over or self._session is None:
            return
        self._attempt(self._session.tick)
        if self._is_active and self._session.stage is Stage.PAUSED and not self.is_over:
            # After an example, where each waits to be started.
            self.trigger_deactivate()
            self.explain_pause()
        for key in self._keyboard.read():
            self._press(key)

    def explain_pause(self) -> None:
        """Tell the user how to go on."""
        keys = 'space, or ' if self._keyboard.is_there else ''
        self._say(f'paused; {keys}ros2 lifecycle set {self.get_fully_qualified_name()} activate '
                  'starts the next example')

    def _follow_graph(self) -> None:
        if self._session is not None and not self.is_over:
            self._attempt(self._session.camera.follow_graph)

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (OSError, RuntimeError, ValueError) as error:
            self.error = str(error)

    def _press(self, key: str) -> None:
        if self.is_over:
            return
        if key in QUIT_KEYS:
            self.trigger_shutdown()
        elif key in GO_KEYS:
            if self._is_active:
                self.trigger_deactivate()
                self.explain_pause()
            else:
                self.trigger_activate()
