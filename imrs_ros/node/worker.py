# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The one thread that owns the model: it loads, runs and frees it."""

from collections.abc import Callable
import queue
import threading
import time

from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision

MAX_WAIT_SEC = 0.1


class RateLimit:
    """
    Limits how often something begins; reads no clock. Not thread-safe, except ``max_rate_hz``.

    Unused time is not saved up.
    """

    def __init__(self, max_rate_hz: float) -> None:
        """
        Start with nothing begun.

        :param max_rate_hz: highest rate; 0 for no limit.
        """
        self.max_rate_hz = max_rate_hz
        """Highest rate; may change at any time, from any thread."""
        self._last_sec: float | None = None

    def wait_sec(self, now_sec: float) -> float:
        """
        Return how long to wait before the next may begin.

        :param now_sec: time of any clock that never goes back.
        :return: seconds, at least 0.
        """
        if self._last_sec is None or not self.max_rate_hz:
            return 0.0
        return max(0.0, self._last_sec + 1 / self.max_rate_hz - now_sec)

    def begin(self, now_sec: float) -> None:
        """
        Record that one begins.

        :param now_sec: time of the same clock.
        """
        self._last_sec = now_sec


class Worker:
    """
    Scores the due windows of all cameras after ``notify``.

    However often ``notify`` is called during a round, one more round follows: nothing is queued.
    After a wait for the rate limit, a round scores the windows that are newest by then.
    """

    def __init__(
        self,
        load: Callable[[], Recognizer],
        on_decisions: Callable[[list[Decision]], None],
        on_error: Callable[[Exception], None],
        max_rate_hz: float = 0.0,
    ) -> None:
        """
        Start the thread and wait until the recognizer is loaded.

        :param load: loads the model; called on the thread.
        :param on_decisions: called on the thread with the decisions of each backend call.
        :param on_error: called on the thread with an exception that scoring or ``on_decisions``
            raises; the thread goes on.
        :param max_rate_hz: highest rate of rounds; 0 for no limit.
        :raises Exception: what ``load`` raised.
        """
        self._load, self._on_decisions, self._on_error = load, on_decisions, on_error
        self._wake, self._stopping = threading.Event(), threading.Event()
        self.limit = RateLimit(max_rate_hz)
        """How often rounds may begin."""
        loaded: queue.Queue[Recognizer | Exception] = queue.Queue(1)
        self._thread = threading.Thread(
            target=self._run, args=(loaded,), name='imrs_worker', daemon=True)
        try:
            self._thread.start()
            result = loaded.get()
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
        """Request a round; from any thread."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread after the current backend call, free the model, and wait for both."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _wait_for_turn(self) -> bool:
        """Wait until the next round may begin; False when the thread must end instead."""
        while wait_sec := self.limit.wait_sec(time.monotonic()):
            # In short waits: the limit may be raised meanwhile.
            if self._stopping.wait(min(wait_sec, MAX_WAIT_SEC)):
                break
        return not self._stopping.is_set()

    def _run(self, loaded: 'queue.Queue[Recognizer | Exception]') -> None:
        try:
            recognizer = self._load()
        # Whatever loading raises belongs to the caller of __init__.
        except Exception as error:
            loaded.put(error)
            return
        loaded.put(recognizer)
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
            # The node stays up; the error is reported, not lost.
            except Exception as error:
                self._on_error(error)
        recognizer.close()
