# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The nodes that the demo starts, each in a process of its own."""

from collections.abc import Callable, Iterable
import subprocess
import sys
import time

START_LIMIT_SEC = 120.0


class RecognizerProcess:
    """The recognizer, and the person finder where it is wanted."""

    def __init__(self, model: str, backend: str, topics: Iterable[str], *,
                 people: bool = False) -> None:
        """
        Start the processes.

        :param model: name or path of the model.
        :param backend: what runs it.
        :param topics: of the images.
        :param people: whether everyone gets an action.
        """
        cameras = ['-p', f'cameras:=[{", ".join(topics)}]']
        self._processes = {'recognizer': subprocess.Popen([
            sys.executable, '-m', 'imrs_ros', '--ros-args', '-p', f'model:={model}',
            '-p', f'backend:={backend}', '-p', f'people:={str(people).lower()}', *cameras])}
        if people:
            self._processes['person_finder'] = subprocess.Popen([
                sys.executable, '-m', 'imrs_ros.person_finder', '--ros-args', *cameras])

    def check(self) -> None:
        """
        Check that they run.

        :raises RuntimeError: when one has ended.
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise RuntimeError(f'the {name} ended early, status {process.returncode}')

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """
        Wait until they have started.

        :param is_ready: says so.
        :raises RuntimeError: when one ends, or they need too long.
        """
        limit = time.monotonic() + START_LIMIT_SEC
        while not is_ready():
            self.check()
            if time.monotonic() > limit:
                raise RuntimeError('expected the recognizer to subscribe to its cameras, it did '
                                   'not; see its messages above')
            time.sleep(0.1)

    def close(self) -> None:
        """End them, and wait for that."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait()
