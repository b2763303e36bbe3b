# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Who may talk to the server: this machine's browser, and no page of anybody else.

A page of another site can make a browser connect to this machine. What keeps it out: its
``Origin`` is not ours (cross-site WebSocket hijacking), and its host name is not ours, even if it
resolves to this machine (DNS rebinding).
"""

from collections.abc import Mapping
from ipaddress import ip_address
import secrets
import socket
from urllib.parse import parse_qs, SplitResult, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_NAMES = ('localhost', 'ip6-localhost')
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
          "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = {
    'content-security-policy': POLICY, 'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-cache'}


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
        Say why a request is refused.

        :param headers: of the request.
        :return: the reason; empty if it is not refused.
        """
        name = _split(f'//{headers.get("host", "")}').hostname or ''
        if self._is_own(name):
            return ''
        return (f'expected this machine as Host, got {name!r:.80}; open the address that the view '
                'printed')

    def _is_own(self, name: str) -> bool:
        try:
            # A foreign page has a name; none can be at an address that is ours.
            return ip_address(name).is_loopback or not self.is_local
        except ValueError:
            return name.lower() in self._names

    def socket_problem(self, headers: Mapping[str, str], query: str) -> str:
        """
        Say why a WebSocket is refused.

        :param headers: of the request.
        :param query: of its address.
        :return: the reason; empty if it is not refused.
        """
        origin = _split(headers.get('origin', ''))
        if origin.scheme not in ('http', 'https') or origin.netloc != headers.get('host', ''):
            return f'expected a page of this server, got one of {origin.netloc!r:.80}'
        given = parse_qs(query).get('token', [''])[0]
        if self.token and not secrets.compare_digest(given.encode(), self.token.encode()):
            return 'expected the token of the address that the view printed'
        return ''


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit('')


class Guard:
    """Refuses requests that ``Access`` refuses, and adds headers to the answers; ASGI."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """
        Guard an application.

        :param app: the application.
        :param access: what is asked for.
        """
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope['type'] not in ('http', 'websocket'):
            await self._app(scope, receive, send)
            return
        headers = {name.decode('latin-1').lower(): value.decode('latin-1')
                   for name, value in scope['headers']}
        problem = self._access.problem(headers)
        if scope['type'] == 'websocket':
            problem = problem or self._access.socket_problem(
                headers, scope['query_string'].decode('latin-1'))
            if problem:
                await receive()
                await send({'type': 'websocket.close', 'code': 1008, 'reason': problem})
            else:
                await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message['type'] == 'http.response.start':
                message['headers'] = [*message.get('headers', ()), *(
                    (name.encode(), value.encode()) for name, value in HEADERS.items())]
            await send(message)
        if problem:
            await send_with_headers({
                'type': 'http.response.start', 'status': 403,
                'headers': [(b'content-type', b'text/plain; charset=utf-8')]})
            await send_with_headers({'type': 'http.response.body', 'body': problem.encode()})
            return
        await self._app(scope, receive, send_with_headers)
