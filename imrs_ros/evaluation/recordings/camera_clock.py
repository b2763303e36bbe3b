"""A camera's header stamps, placed on the time of the recording."""

JUMP_NS = 1_000_000_000
"""A stamp that moves so far against the time of recording comes from another clock."""


class CameraClock:
    """
    Places stamps, whatever clock they are of.

    The first frame lies where it was recorded, all others by their stamps relative to it. A clock
    that jumps is placed anew where the frame was recorded. So annotations in seconds of the
    recording hold for cameras whose clocks differ.
    """

    def __init__(self) -> None:
        """Wait for the first frame."""
        self._first_offset_ns: int | None = None
        self._offset_ns = 0
        self._last_stamp_ns = 0
        self.num_jumps = self.num_backward = 0

    def place(self, stamp_ns: int, log_ns: int) -> int:
        """
        Place the next frame.

        :param stamp_ns: its header stamp.
        :param log_ns: when it was recorded, since the start of the recording.
        :return: its time since the start of the recording, ns.
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
        Place an absolute stamp, as annotations may have.

        :param stamp_ns: of the camera's clock, before any jump.
        :return: time since the start of the recording, ns.
        :raises RuntimeError: before the first frame.
        """
        if self._first_offset_ns is None:
            raise RuntimeError('expected a frame to be placed first')
        return stamp_ns - self._first_offset_ns

    def notes(self) -> list[str]:
        """
        Say what was odd.

        :return: sentences, none where all was well.
        """
        found = []
        if self.num_jumps:
            found.append(f'its stamps jump {self.num_jumps} times by more than 1 s against the '
                         'time of recording: they come from two clocks, or a clock was set; each '
                         'time it is placed anew by the time of recording')
        if self.num_backward:
            found.append(f'{self.num_backward} frames are stamped before the one they follow; the '
                         'window starts anew there, as in the node')
        return found
