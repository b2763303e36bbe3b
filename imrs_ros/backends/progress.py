# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What takes long tells so: first that it begins, then that it goes on.

A process that is silent for minutes looks as if it hung.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import sys
from threading import Event, Thread
import time

REPEAT_SEC = 20.0
"""Time between two lines of the same work."""


def tell(text: str) -> None:
    """
    Write one line where whoever started the process sees it.

    :param text: the line.
    """
    print(f'imrs_ros: {text}', file=sys.stderr, flush=True)


@contextmanager
def told(work: str, tell_line: Callable[[str], None] | None = None) -> Iterator[None]:
    """
    Tell that work begins, every ``REPEAT_SEC`` that it goes on, and when it ends.

    :param work: what is done, as "building an engine", and how long it may take.
    :param tell_line: called with each line, from any thread; default ``tell``.
    """
    say = tell if tell_line is None else tell_line
    start_sec, ended = time.monotonic(), Event()

    def repeat() -> None:
        while not ended.wait(REPEAT_SEC):
            say(f'still {work}: {time.monotonic() - start_sec:.0f} s so far')
    say(work)
    thread = Thread(target=repeat, name='progress', daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        say(f'ended after {time.monotonic() - start_sec:.0f} s: {work}')
