# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""How the node's process ends when it is told to: soon, whatever it is doing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
import signal
import sys
import threading
from types import FrameType

from imrs_ros.malloc import use_one_heap

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SEC = 1.0
"""Time to leave the graph in an orderly way; then the process is ended."""


def end_on_signals() -> None:
    """
    Raise ``KeyboardInterrupt`` in the main thread on ``SIGNALS``, and limit what follows.

    A library that loads a model cannot be interrupted, and its thread must not outlive the
    interpreter. So a process that has not ended in time is ended with status 0, without waiting
    for its threads. Call it in the main thread, and keep rclpy from handling signals itself.
    """
    for number in SIGNALS:
        # nohup has this one ignored, and means it.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def run_process(run: Callable[[], object]) -> None:
    """
    Run a node as a process, until it ends or is told to.

    :param run: imports the node, because that takes a while and a signal must end it, too; and
        runs it.
    """
    try:
        end_on_signals()
        use_one_heap()
        run()
    except KeyboardInterrupt:
        pass


_deferring = threading.Event()
_put_off = threading.Event()


@contextmanager
def deferred() -> Iterator[None]:
    """
    Put an interrupt off to the end of the block, so that what is built there is whole.

    :return: the context. Blocks must not be nested.
    :raises KeyboardInterrupt: at the end, when a signal came meanwhile.
    """
    _deferring.set()
    try:
        yield
    finally:
        _deferring.clear()
        if _put_off.is_set():
            raise KeyboardInterrupt


def ignore(number: int, frame: FrameType | None) -> None:
    """
    Handle a signal by doing nothing.

    Python would complain about ``SIG_IGN`` for a signal that has already arrived.

    :param number: the signal.
    :param frame: where it arrived.
    """


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A second signal changes nothing.
    for each in SIGNALS:
        signal.signal(each, ignore)
    watchdog = threading.Timer(GRACE_SEC, _end_now)
    watchdog.daemon = True
    watchdog.start()
    if _deferring.is_set():
        _put_off.set()
        return
    raise KeyboardInterrupt


def _end_now() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
