# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What takes long tells so: first that it begins, then that it goes on.

A process that is silent for minutes looks as if it hung. Lines go to whoever listens, as a node
does that has a log, and to standard error where nobody does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import sys
from threading import Event, Lock, Thread
import time

REPEAT_SEC = 20.0
"""Time between two lines of the same work."""
TOLD_SEC = 1.0
"""What is found in a cache takes less: not worth a line."""
TellLine = Callable[[str], object]
"""Takes a line; called from any thread."""
_listeners: list[TellLine] = []
_lock = Lock()


@contextmanager
def listening(tell_line: TellLine) -> Iterator[None]:
    """
    Hear of all work in this process that takes long, instead of standard error.

    :param tell_line: called with each line while the block lasts.
    """
    with _lock:
        _listeners.append(tell_line)
    try:
        yield
    finally:
        with _lock:
            _listeners.remove(tell_line)


def tell(text: str) -> None:
    """
    Write one line where whoever started the process sees it.

    :param text: the line.
    """
    with _lock:
        listeners = list(_listeners)
    for tell_line in listeners:
        tell_line(text)
    if not listeners:
        print(f'imrs_ros: {text}', file=sys.stderr, flush=True)


@contextmanager
def told(
    work: str, tell_line: TellLine | None = None, after_sec: float = 0.0,
) -> Iterator[None]:
    """
    Tell that work begins, every ``REPEAT_SEC`` that it goes on, and when it ends.

    :param work: what is done, as "building an engine", and how long it may take.
    :param tell_line: called with each line, from any thread; default ``tell``.
    :param after_sec: work that ends sooner is not told of.
    """
    say = tell if tell_line is None else tell_line
    start_sec, ended, begun = time.monotonic(), Event(), Event()

    def begin() -> None:
        say(work)
        begun.set()

    def repeat() -> None:
        if not begun.is_set():
            if ended.wait(after_sec):
                return
            begin()
        while not ended.wait(REPEAT_SEC):
            say(f'still {work}: {time.monotonic() - start_sec:.0f} s so far')
    if not after_sec:
        begin()
    thread = Thread(target=repeat, name='progress', daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        if begun.is_set():
            say(f'ended after {time.monotonic() - start_sec:.0f} s: {work}')
