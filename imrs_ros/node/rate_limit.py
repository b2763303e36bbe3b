"""How long to wait so that something does not happen too often."""


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
