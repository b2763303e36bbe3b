# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A command that runs in a process of its own, with what it prints; no ROS."""

from collections import deque
from collections.abc import Sequence
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from typing import Any

KEPT_LINES = 12
STOP_SEC = 5.0
"""Time to end when told to; then the process is killed."""
SCREEN = (24, 72)
"""Rows and columns of its terminal: a bar is as wide."""
MAX_WARNINGS = 5
WARNING = re.compile(r'(?:\w+: +)?warning: +', re.IGNORECASE)
CONTROL = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')


class BackgroundCommand:
    """A process; it ends with ``stop``."""

    def __init__(self, title: str, command: Sequence[str], done: str = '') -> None:
        """
        Start the process.

        :param title: what it does, for the user.
        :param command: the program and its arguments.
        :param done: what it has made, once it has succeeded.
        :raises OSError: when it cannot be started.
        """
        self.title, self.done = title, done
        self.begun_sec = time.time()
        """By which a page tells it from others of its kind, also of an earlier server."""
        self._lock = threading.Lock()
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._warnings: list[str] = []
        # A terminal, for progress bars are drawn on one only.
        reader, writer = pty.openpty()
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack('HHHH', *SCREEN, 0, 0))
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer,
                env={**os.environ, 'PYTHONUNBUFFERED': '1', 'NO_COLOR': '1'})
        except OSError:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        self._thread = threading.Thread(target=self._read, args=(reader,), daemon=True)
        self._thread.start()

    def _read(self, reader: int) -> None:
        rest = ''
        with os.fdopen(reader, 'rb', buffering=0) as stream:
            while True:
                try:
                    data = stream.read(4096)
                # How a terminal says that nobody writes to it any more.
                except OSError:
                    break
                if not data:
                    break
                rest = self._take(rest + data.decode(errors='replace'))
        self._take(rest + '\n')

    def _take(self, text: str) -> str:
        """Keep whole lines; a line that overwrites itself replaces the one before."""
        *lines, rest = re.split(r'(?<=[\r\n])', CONTROL.sub('', text.replace('\r\n', '\n')))
        with self._lock:
            for line in lines:
                shown = line.strip('\r\n').rstrip()
                if not shown:
                    if self._lines and line == '\n':
                        self._lines[-1] = self._lines[-1].rstrip('\r')
                    continue
                if self._lines and self._lines[-1].endswith('\r'):
                    self._lines.pop()
                if WARNING.match(shown) and len(self._warnings) < MAX_WARNINGS:
                    self._warnings.append(shown)
                self._lines.append(shown + '\r' * line.endswith('\r'))
        return rest

    @property
    def is_running(self) -> bool:
        """Return whether it has not ended."""
        return self._process.poll() is None

    @property
    def is_done(self) -> bool:
        """Return whether it has ended well."""
        return self._process.poll() == 0

    def as_json(self) -> dict[str, Any]:
        """
        Return what is shown.

        :return: JSON.
        """
        with self._lock:
            lines = [line.rstrip('\r') for line in self._lines]
            warnings = list(self._warnings)
        return {'title': self.title, 'running': self.is_running, 'ok': self.is_done,
                'lines': lines, 'warnings': warnings,
                'made': self.done if self.is_done else ''}

    def stop(self) -> None:
        """End it, and wait for that."""
        if self.is_running:
            self._process.terminate()
        try:
            self._process.wait(STOP_SEC)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(STOP_SEC)
