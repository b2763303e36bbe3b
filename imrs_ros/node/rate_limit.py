# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

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
