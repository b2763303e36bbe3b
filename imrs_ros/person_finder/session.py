# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a configured person finder does: load, look at images, report, follow the graph."""

import platform
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from imrs_ros.model_folders import find_model
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.outputs import diagnostics_message, Status
from imrs_ros.node.topics import DIAGNOSTICS
from imrs_ros.people.identities import check_library
from imrs_ros.person_finder.camera import DETECTIONS_QOS, FinderCamera
from imrs_ros.person_finder.finder import Finder
from imrs_ros.person_finder.finder_thread import FinderThread
from imrs_ros.person_finder.parameters import refuse_all
from imrs_ros.person_finder.settings import FinderSettings
import psutil
from rclpy.clock import Clock, ClockType

DIAGNOSTICS_PERIOD_SEC = 1.0
GRAPH_PERIOD_SEC = 0.5


class Session:
    """The node from configure to cleanup: its network, cameras, outputs and timers."""

    def __init__(self, entities: RosEntities, settings: FinderSettings) -> None:
        """
        Create the publishers and load the network.

        :param entities: owns what is created, also where this raises; close them to end the
            session.
        :param settings: what the parameters say.
        :raises ValueError: when a quality of service is overridden wrongly, or the weights are not
            those of the finder.
        :raises RuntimeError: when the network cannot be converted, or a library is missing.
        :raises OSError: when there are no weights, or no cache can be written.
        """
        self._node, self._settings = entities.node, settings
        if settings.track:
            check_library()
        self._of_activate = RosEntities(self._node)
        self._lock = threading.Lock()
        self._is_active = self._is_closed = False
        self._start_sec = time.monotonic()
        self._process = psutil.Process()
        self._diagnostics = entities.publisher(DiagnosticArray, DIAGNOSTICS, DETECTIONS_QOS)
        self.cameras = tuple(
            FinderCamera(entities, topic, settings) for topic in settings.cameras)
        self._thread = FinderThread(self._load, self.cameras)
        entities.on_close(self._thread.stop)
        # Not by the node's clock: that of a simulation may stop together with the cameras.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        entities.timer(DIAGNOSTICS_PERIOD_SEC, self._report, steady)
        entities.timer(GRAPH_PERIOD_SEC, self._follow_graph, steady)
        self._node.add_on_set_parameters_callback(refuse_all)
        entities.on_close(self._node.remove_on_set_parameters_callback, refuse_all)
        entities.on_close(self._close)

    def _load(self) -> Finder:
        """Load the network; runs on the finder's thread."""
        finder = Finder(find_model(self._settings.model), self._settings.num_threads)
        if self._node.context.ok():
            self._node.get_logger().info(f'people finder: {finder.description}')
            for warning in finder.warnings:
                self._node.get_logger().warning(warning)
        return finder

    def activate(self) -> None:
        """
        Subscribe to the cameras.

        :raises Exception: when a camera cannot be subscribed to; the node ends the session then.
        """
        self._is_active = True
        for camera in self.cameras:
            camera.subscribe(self._of_activate, self._thread.wake)

    def deactivate(self) -> None:
        """Unsubscribe, and forget images that wait; the network stays loaded."""
        self._is_active = False
        self._of_activate.close()

    def _close(self) -> None:
        self.deactivate()
        # Another thread than the timers' may close: whatever they publish, they look here first.
        with self._lock:
            self._is_closed = True

    def _follow_graph(self) -> None:
        """Follow image topics that appear or vanish; called by a timer."""
        if self._is_active:
            for camera in self.cameras:
                camera.follow_graph()

    def _report(self) -> None:
        """Publish the diagnostics; called by a timer."""
        state = 'active' if self._is_active else 'inactive'
        statuses = [
            Status(camera=None, hardware_id=platform.node(), state=state, problems=(), values={
                'model': self._settings.model, 'backend': self._thread.description,
                'uptime_sec': f'{time.monotonic() - self._start_sec:.0f}',
                'rss_mb': f'{self._process.memory_info().rss / 1e6:.0f}'}),
            *(camera.status(state, expects_images=self._is_active) for camera in self.cameras)]
        message = diagnostics_message(self._node, statuses)
        with self._lock:
            if not self._is_closed:
                self._diagnostics.publish(message)
