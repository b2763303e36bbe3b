"""How the node's process ends when it is told to: soon, whatever it is in the middle of."""

import os
import signal
import sys
import threading
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_SEC = 1.0
"""Time to leave the graph in order; then the process ends as it is."""


def end_on_signals() -> None:
    """
    Let SIGINT and SIGTERM raise ``KeyboardInterrupt`` in the main thread, and bound what follows.

    A library that loads a model cannot be interrupted, and its thread must not outlive the
    interpreter. So a process that has not ended in time is ended with status 0, without waiting
    for its threads. Call it in the main thread before ``rclpy.init``, which keeps what was set.
    """
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def ignore(number: int, frame: FrameType | None) -> None:
    """
    Handle a signal by doing nothing.

    Unlike ``SIG_IGN``, of which Python complains for a signal that has arrived already.

    :param number: of the signal.
    :param frame: where it arrived.
    """


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A second signal has nothing to add.
    for each in SIGNALS:
        signal.signal(each, ignore)
    watchdog = threading.Timer(GRACE_SEC, _end_now)
    watchdog.daemon = True
    watchdog.start()
    raise KeyboardInterrupt


def _end_now() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
