# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which images of a camera are looked at; no ROS."""

EARLY_SHARE = 4
"""An image that is early by a fourth of the period, as those of any camera are, is on time."""


class ImageChoice:
    """
    Chooses images at a steady rate by their stamps; those of a bag played faster just as well.

    Not thread-safe.
    """

    def __init__(self, rate_hz: float) -> None:
        """
        Choose the next image, whatever its stamp.

        :param rate_hz: images in a second; 0 for all.
        """
        self._period_ns = round(1e9 / rate_hz) if rate_hz else 0
        self._due_ns: int | None = None

    def is_due(self, stamp_ns: int) -> bool:
        """
        Return whether to look at an image, and count it if so.

        :param stamp_ns: its stamp; one that goes back by more than two periods begins anew.
        :return: whether it is the first of its period.
        """
        due_ns, period_ns = self._due_ns, self._period_ns
        if due_ns is None or stamp_ns < due_ns - 3 * period_ns:
            due_ns = stamp_ns
        if stamp_ns < due_ns - period_ns // EARLY_SHARE:
            return False
        # On a grid, so that cameras of other rates are not slowed down; a new one after a gap.
        self._due_ns = period_ns + (due_ns if stamp_ns < due_ns + period_ns else stamp_ns)
        return True
