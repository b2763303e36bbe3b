# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Keys of the terminal, read without waiting; none where there is no terminal."""

import os
import select
import sys
import termios
import tty
from types import TracebackType
from typing import Any


class Keyboard:
    """Reads single keys; a context manager that leaves the terminal as it was."""

    def __init__(self) -> None:
        """Change nothing yet."""
        self._descriptor: int | None = None
        self._before: list[Any] = []

    def __enter__(self) -> 'Keyboard':
        """Take keys at once instead of by line, unless standard input is no terminal of ours."""
        try:
            descriptor = sys.stdin.fileno()
            # In the background, changing the terminal would stop the process.
            if os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp():
                self._before = termios.tcgetattr(descriptor)
                tty.setcbreak(descriptor)
                self._descriptor = descriptor
        # Closed, or replaced by something that is no file.
        except (AttributeError, OSError, ValueError, termios.error):
            pass
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Restore the terminal."""
        self.restore()

    def restore(self) -> None:
        """Leave the terminal as it was; no keys are read from then on."""
        if self._descriptor is not None:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
            self._descriptor = None

    @property
    def is_there(self) -> bool:
        """Return whether keys can be pressed."""
        return self._descriptor is not None

    def read(self) -> str:
        """
        Return the keys pressed since the last call.

        :return: their characters; empty without any.
        """
        if self._descriptor is None or not select.select([self._descriptor], [], [], 0)[0]:
            return ''
        try:
            return os.read(self._descriptor, 64).decode(errors='replace')
        # The terminal was closed.
        except OSError:
            return ''
