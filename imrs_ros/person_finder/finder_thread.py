# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The one thread that owns the network: it loads, runs and frees it."""

from collections.abc import Callable, Sequence
import queue
import threading

from imrs_ros.person_finder.camera import FinderCamera
from imrs_ros.person_finder.finder import Finder


class FinderThread:
    """Looks at the newest image of each camera in turn, whenever one waits; nothing is queued."""

    def __init__(self, load: Callable[[], Finder], cameras: Sequence[FinderCamera]) -> None:
        """
        Start the thread and wait until the network is loaded.

        :param load: loads it; called on the thread.
        :param cameras: whose images it looks at.
        :raises Exception: what ``load`` raised.
        """
        self._load, self._cameras = load, cameras
        self.wake = threading.Event()
        """Set when an image waits."""
        self._stopping = threading.Event()
        loaded: queue.Queue[str | Exception] = queue.Queue(1)
        self._thread = threading.Thread(
            target=self._run, args=(loaded,), name='person_finder', daemon=True)
        self._thread.start()
        try:
            result = loaded.get()
        # An interrupt: a thread that still loads while the process ends would abort it.
        except BaseException:
            self.stop()
            raise
        if isinstance(result, Exception):
            self._thread.join()
            raise result
        self.description = result

    def stop(self) -> None:
        """End the thread after the current image, free the network, and wait for both."""
        self._stopping.set()
        self.wake.set()
        self._thread.join()

    def _run(self, loaded: 'queue.Queue[str | Exception]') -> None:
        try:
            finder = self._load()
        # Whatever loading raises belongs to the caller of __init__.
        except Exception as error:
            loaded.put(error)
            return
        loaded.put(finder.description)
        while True:
            self.wake.wait()
            self.wake.clear()
            for camera in self._cameras:
                if self._stopping.is_set():
                    return
                camera.look(finder)
