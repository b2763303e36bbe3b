# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Conversion of a camera's header stamps to the time of the recording."""

JUMP_NS = 1_000_000_000
"""A stamp that moves this far against the recording time comes from another clock."""


class CameraClock:
    """
    Converts stamps of any clock to the time of the recording.

    The first frame is placed at its recording time, all others by their stamps relative to it.
    After a jump of the clock, the next frame is placed at its recording time again. So annotations
    in seconds of the recording hold for cameras whose clocks differ.
    """

    def __init__(self) -> None:
        """Create a clock that no frame was placed by."""
        self._first_offset_ns: int | None = None
        self._offset_ns = 0
        self._last_stamp_ns = 0
        self.num_jumps = self.num_backward = 0

    def place(self, stamp_ns: int, log_ns: int) -> int:
        """
        Place the next frame.

        :param stamp_ns: its header stamp.
        :param log_ns: when it was recorded, from the start of the recording.
        :return: its time from the start of the recording, ns.
        """
        if self._first_offset_ns is None:
            self._first_offset_ns = self._offset_ns = stamp_ns - log_ns
        elif abs(stamp_ns - log_ns - self._offset_ns) > JUMP_NS:
            self._offset_ns = stamp_ns - log_ns
            self.num_jumps += 1
        elif stamp_ns < self._last_stamp_ns:
            self.num_backward += 1
        self._last_stamp_ns = stamp_ns
        return stamp_ns - self._offset_ns

    def since_start(self, stamp_ns: int) -> int:
        """
        Convert an absolute stamp, as of an annotation.

        :param stamp_ns: of the camera's clock, before any jump.
        :return: time from the start of the recording, ns.
        :raises RuntimeError: before the first frame.
        """
        if self._first_offset_ns is None:
            raise RuntimeError('expected place() to be called first, got no frame')
        return stamp_ns - self._first_offset_ns

    def notes(self) -> list[str]:
        """
        Describe jumps and stamps out of order.

        :return: sentences; none if there were none.
        """
        found = []
        if self.num_jumps:
            found.append(f'stamps jump {self.num_jumps} times by more than 1 s against recording '
                         'time: two clocks, or a clock that was set; after each jump, frames are '
                         'placed by recording time')
        if self.num_backward:
            found.append(f'{self.num_backward} frames have earlier stamps than the frame before; '
                         'they are skipped, or restart the window where earlier by more '
                         'than max_gap_sec, as in the node')
        return found
