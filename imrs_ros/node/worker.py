"""The one thread that owns the model: it loads it, runs it and frees it."""

from collections.abc import Callable
import queue
import threading
import time

from imrs_ros.node.rate_limit import RateLimit
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision

NAP_SEC = 0.1


class Worker:
    """
    Scores what is due of all cameras whenever ``notify`` was called since it last began to.

    However often ``notify`` is called meanwhile, one further round follows: nothing is queued.
    Where a limit makes it wait, it takes the windows that are the newest then.
    """

    def __init__(
        self,
        make: Callable[[], Recognizer],
        on_decisions: Callable[[list[Decision]], None],
        on_error: Callable[[Exception], None],
        max_rate_hz: float = 0.0,
    ) -> None:
        """
        Start the thread and wait until it has made the recognizer.

        :param make: loads the model; called on the thread.
        :param on_decisions: called on the thread with what a call of the backend decided.
        :param on_error: called on the thread with whatever one of the above raises later; the
            thread goes on.
        :param max_rate_hz: rounds a second at most; 0 for no limit.
        :raises Exception: what ``make`` raised.
        """
        self._make, self._on_decisions, self._on_error = make, on_decisions, on_error
        self._wake, self._stopping = threading.Event(), threading.Event()
        self.limit = RateLimit(max_rate_hz)
        """How often rounds may begin."""
        made: queue.Queue[Recognizer | Exception] = queue.Queue(1)
        self._thread = threading.Thread(
            target=self._run, args=(made,), name='imrs_worker', daemon=True)
        try:
            self._thread.start()
            result = made.get()
        # An interrupt: a thread that still loads while the process ends would abort it.
        except BaseException:
            if self._thread.is_alive():
                self.stop()
            raise
        if isinstance(result, Exception):
            self._thread.join()
            raise result
        self.recognizer = result

    def notify(self) -> None:
        """Ask for a round; from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread after the backend's call in progress, free the model, and wait for it."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _wait_for_turn(self) -> bool:
        """Wait until the next round may begin; False when the thread is to end instead."""
        while wait_sec := self.limit.wait_sec(time.monotonic()):
            # Not at a stretch: the limit may be raised meanwhile.
            if self._stopping.wait(min(wait_sec, NAP_SEC)):
                break
        return not self._stopping.is_set()

    def _run(self, made: 'queue.Queue[Recognizer | Exception]') -> None:
        try:
            recognizer = self._make()
        # Whatever loading raises belongs to the caller of __init__.
        except Exception as error:
            made.put(error)
            return
        made.put(recognizer)
        while True:
            self._wake.wait()
            if not self._wait_for_turn():
                break
            self._wake.clear()
            self.limit.begin(time.monotonic())
            try:
                for decisions in recognizer.score_due():
                    self._on_decisions(decisions)
                    if self._stopping.is_set():
                        break
            # A running node stays up; the error is reported, not lost.
            except Exception as error:
                self._on_error(error)
        recognizer.close()
