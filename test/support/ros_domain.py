"""ROS domains that no other graph on this machine uses."""

import fcntl
import os
from pathlib import Path
import socket
import tempfile

DOMAINS = range(1, 100)
"""Not 0, everybody's default. Linux hands out the ports of domains above 101 to others."""
BASE_PORT, PORTS_PER_DOMAIN, FIRST_UNICAST = 7400, 250, 10
"""Of the DDS interoperability wire protocol 2.2, section 9.6.1.1."""


class RosDomain:
    """A domain reserved among the tests of this machine by a lock, and free of other graphs."""

    def __init__(self):
        # Started apart, so that two runs seldom ask for the same one.
        start = os.getpid() * 7 % len(DOMAINS)
        for number in (*DOMAINS[start:], *DOMAINS[:start]):
            self._lock = _try_lock(number)
            if self._lock is None:
                continue
            if _is_quiet(number):
                self.number = number
                return
            self._lock.close()
        raise RuntimeError(f'expected a ROS domain of {DOMAINS} without a graph, found none')

    def close(self):
        """Leave the domain to others."""
        self._lock.close()


def _try_lock(number):
    folder = Path(tempfile.gettempdir()) / f'imrs_ros_domains_{os.getuid()}'
    folder.mkdir(exist_ok=True)
    lock = (folder / str(number)).open('w')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _is_quiet(number):
    """Return whether no participant listens on the domain's first unicast port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        try:
            listener.bind(('', BASE_PORT + PORTS_PER_DOMAIN * number + FIRST_UNICAST))
        except OSError:
            return False
    return True
