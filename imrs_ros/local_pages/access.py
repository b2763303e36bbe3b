# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Who may talk to the server: this machine's browser, and no page of anybody else.

A page of another site can make a browser send requests to this machine. What keeps it out are
headers that no page can forge: ``Origin`` and ``Sec-Fetch-Site`` are not ours (cross-site requests
and WebSocket hijacking), and ``Host`` is not ours, even if it resolves to this machine (DNS
rebinding).
"""

from collections.abc import Mapping
from ipaddress import ip_address
import secrets
import socket
from urllib.parse import parse_qs, SplitResult, urlsplit

LOCAL_NAMES = ('localhost', 'ip6-localhost')
READING = ('GET', 'HEAD')
MAX_BODY = 32 << 20
"""Bytes of a request."""


def is_loopback(host: str) -> bool:
    """
    Return whether an address is this machine's own, which others cannot reach.

    :param host: a name or address.
    :return: whether it is.
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOCAL_NAMES


class Access:
    """What a request must say to be answered."""

    def __init__(self, host: str) -> None:
        """
        Choose a token where the server can be reached from other machines.

        :param host: that the server is bound to.
        """
        self.is_local = is_loopback(host)
        self._names = {host.lower(), *LOCAL_NAMES}
        if not self.is_local:
            own = socket.gethostname().lower()
            self._names |= {own, f'{own}.local', socket.getfqdn().lower()}
        self.token = '' if self.is_local else secrets.token_urlsafe(16)
        """Part of the address that the user is given; empty where only this machine connects."""

    def problem(self, headers: Mapping[str, str]) -> str:
        """
        Say why a request is refused, whatever it asks for.

        :param headers: of the request, by name in lower case.
        :return: the reason; empty if it is not refused.
        """
        name = _split(f'//{headers.get("host", "")}').hostname or ''
        if self._is_own(name):
            return ''
        return (f'expected this machine as Host, got {name!r:.80}; open the address that was '
                'printed')

    def _is_own(self, name: str) -> bool:
        try:
            # A foreign page has a name; none can be at an address that is ours.
            return ip_address(name).is_loopback or not self.is_local
        except ValueError:
            return name.lower() in self._names

    def request_problem(self, method: str, headers: Mapping[str, str]) -> str:
        """
        Say why a request by HTTP is refused.

        :param method: such as ``GET``.
        :param headers: of the request, by name in lower case.
        :return: the reason; empty if it is not refused.
        """
        if problem := self.problem(headers):
            return problem
        # Whoever follows a link to the page opens the page, and nothing else.
        is_opened = method in READING and headers.get('sec-fetch-mode') == 'navigate'
        if headers.get('sec-fetch-site', 'none') not in ('none', 'same-origin') and not is_opened:
            return 'expected a request of the page of this server, got one of another page'
        return '' if method in READING else self._writing_problem(headers)

    def _writing_problem(self, headers: Mapping[str, str]) -> str:
        """Say why a request that may write is refused: browsers send an origin with each."""
        if not self._is_own_page(headers):
            return ('expected a request of the page of this server, got one of '
                    f'{headers.get("origin", "no page")!r:.80}')
        if not headers.get('content-type', '').startswith('application/json'):
            return 'expected JSON, got another content'
        length = headers.get('content-length', '')
        if not length.isdecimal() or int(length) > MAX_BODY:
            return f'expected a body of at most {MAX_BODY} bytes, got {length or "no length"}'
        return ''

    def socket_problem(self, headers: Mapping[str, str]) -> str:
        """
        Say why a WebSocket is refused: a page of another server asks for it.

        :param headers: of the request, by name in lower case.
        :return: the reason; empty if it is not refused.
        """
        if self._is_own_page(headers):
            return ''
        return ('expected a page of this server, got one of '
                f'{_split(headers.get("origin", "")).netloc!r:.80}')

    def token_problem(self, query: str) -> str:
        """
        Say why a WebSocket of our own page is refused.

        :param query: of its address.
        :return: the reason; empty if it is not refused.
        """
        given = parse_qs(query).get('token', [''])[0]
        if self.token and not secrets.compare_digest(given.encode(), self.token.encode()):
            return 'expected the token of the address that was printed'
        return ''

    @staticmethod
    def _is_own_page(headers: Mapping[str, str]) -> bool:
        origin = _split(headers.get('origin', ''))
        return origin.scheme in ('http', 'https') and origin.netloc == headers.get('host', '')


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit('')
