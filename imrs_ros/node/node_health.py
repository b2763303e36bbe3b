"""How the model and the process fare, and what is wrong with them; no ROS."""

import threading
import time

from imrs_ros.backends import BackendDescription
from imrs_ros.model_card import ModelCard
from imrs_ros.node.camera_health import HealthProblem, Level
import psutil


class NodeHealth:
    """What befell the backend since the node was configured; thread-safe."""

    def __init__(self, card: ModelCard) -> None:
        """
        Start with nothing wrong.

        :param card: the model.
        """
        self._card = card
        self._process = psutil.Process()
        self._start_sec = time.monotonic()
        self._lock = threading.Lock()
        self._failures: list[str] = []
        self._lost: str | None = None
        self._num_lost = 0

    def note_failure(self, reason: str) -> None:
        """
        Note a backend that was passed over.

        :param reason: which, and why.
        """
        with self._lock:
            self._failures.append(reason)

    def note_lost(self, reason: str) -> None:
        """
        Note windows that could not be scored.

        :param reason: why.
        """
        with self._lock:
            self._lost = reason
            self._num_lost += 1

    def note_scored(self) -> None:
        """Note that windows are scored again."""
        with self._lock:
            self._lost = None

    def problems(self) -> list[HealthProblem]:
        """
        Say what is wrong now.

        :return: an error while windows are lost, a warning while another backend stands in.
        """
        with self._lock:
            lost = [] if self._lost is None else [
                HealthProblem(Level.ERROR, f'windows are lost: {self._lost}')]
            return lost + [HealthProblem(Level.WARN, reason) for reason in self._failures]

    def values(self, backend: BackendDescription) -> dict[str, str]:
        """
        Give the details.

        :param backend: what runs the network.
        :return: text by key.
        """
        with self._lock:
            num_lost = self._num_lost
        return {
            'model': self._card.name, 'model_sha256': self._card.weights_sha256,
            'backend': f'{backend.name} {backend.version}', 'device': backend.device,
            'precision': backend.precision, 'num_lost': str(num_lost),
            'uptime_sec': f'{time.monotonic() - self._start_sec:.0f}',
            'rss_mb': f'{self._process.memory_info().rss / 1e6:.0f}'}
