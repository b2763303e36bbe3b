# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Health of the model and the process: details and problems for the diagnostics; no ROS."""

import threading
import time

from imrs_ros.backends import BackendDescription
from imrs_ros.model_card import ModelCard
from imrs_ros.node.camera_health import HealthProblem, Level
import psutil


class NodeHealth:
    """Failures of the backend since the node was configured; thread-safe."""

    def __init__(self, card: ModelCard) -> None:
        """
        Start without problems.

        :param card: the model.
        """
        self._card = card
        self._process = psutil.Process()
        self._start_sec = time.monotonic()
        self._lock = threading.Lock()
        self._failures: list[str] = []
        self._lost: str | None = None
        self._num_lost = 0

    def record_failure(self, reason: str) -> None:
        """
        Record that another backend had to be used.

        :param reason: which backend failed, and why.
        """
        with self._lock:
            self._failures.append(reason)

    def record_loss(self, reason: str) -> None:
        """
        Record windows that could not be scored.

        :param reason: why.
        """
        with self._lock:
            self._lost = reason
            self._num_lost += 1

    def record_scored(self) -> None:
        """Record that windows are scored again."""
        with self._lock:
            self._lost = None

    def problems(self) -> list[HealthProblem]:
        """
        List the present problems.

        :return: an error while windows are lost, a warning for every backend that failed.
        """
        with self._lock:
            lost = [] if self._lost is None else [
                HealthProblem(Level.ERROR, f'windows lost: {self._lost}')]
            return lost + [HealthProblem(Level.WARN, reason) for reason in self._failures]

    def values(self, backend: BackendDescription) -> dict[str, str]:
        """
        Return the details for the diagnostics.

        :param backend: what runs the network.
        :return: values as text, by key.
        """
        with self._lock:
            num_lost = self._num_lost
        return {
            'model': self._card.name, 'model_sha256': self._card.weights_sha256,
            'backend': f'{backend.name} {backend.version}', 'device': backend.device,
            'precision': backend.precision, 'num_lost': str(num_lost),
            'uptime_sec': f'{time.monotonic() - self._start_sec:.0f}',
            'rss_mb': f'{self._process.memory_info().rss / 1e6:.0f}'}
