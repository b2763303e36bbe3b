# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A ROS domain that no other graph on this machine uses."""

import os
import socket

DOMAINS = range(1, 100)
"""0 is everybody's default; above 101, Linux lends the ports to outgoing connections."""
FIRST_PORT, PORTS_PER_DOMAIN = 7400, 250
"""UDP ports of a domain: DDS interoperability wire protocol 2.2, section 9.6.1.1."""
FIRST_LOCK_PORT = 32768
"""TCP port that reserves domain 0, the same as in ROS's own ``domain_coordinator``."""


class RosDomain:
    """
    A domain without participants, reserved until closed or until the process ends.

    Other users of this class and of ``domain_coordinator`` (isolated tests of ament and launch)
    keep off it.
    """

    def __init__(self) -> None:
        """
        Reserve a domain.

        :raises RuntimeError: when every domain is in use.
        """
        # Processes start at different domains, so that they seldom compete for one.
        start = os.getpid() * 7 % len(DOMAINS)
        for number in (*DOMAINS[start:], *DOMAINS[:start]):
            lock = _bind(socket.SOCK_STREAM, FIRST_LOCK_PORT + number)
            if lock is None:
                continue
            if _is_quiet(number):
                self.number, self._lock = number, lock
                return
            lock.close()
        raise RuntimeError(
            f'expected an unused ROS domain from {DOMAINS[0]} to {DOMAINS[-1]}, found none; '
            'stop ROS programs on this machine')

    def close(self) -> None:
        """Release the domain."""
        self._lock.close()


def _is_quiet(number: int) -> bool:
    """Return whether the domain has no participant; the first ones may have left already."""
    first = FIRST_PORT + PORTS_PER_DOMAIN * number
    for port in range(first, first + PORTS_PER_DOMAIN):
        listener = _bind(socket.SOCK_DGRAM, port)
        if listener is None:
            return False
        listener.close()
    return True


def _bind(kind: socket.SocketKind, port: int) -> socket.socket | None:
    bound = socket.socket(socket.AF_INET, kind)
    try:
        bound.bind(('', port))
    except OSError:
        bound.close()
        return None
    return bound
