# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Requests of foreign pages refused: only the page of this server reads and writes.

Any page that a browser shows can send requests to this machine. Three headers, which pages cannot
forge, tell them apart: ``Host`` (a name that an attacker made resolve to 127.0.0.1, DNS
rebinding), ``Sec-Fetch-Site`` and ``Origin``.
"""

from collections.abc import Awaitable, Callable, MutableMapping
import json
from typing import Any

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_Application = Callable[[_Message, _Receive, _Send], Awaitable[None]]

LOCAL = ('127.0.0.1', 'localhost', '[::1]')
READING = ('GET', 'HEAD')
MAX_BODY = 32 << 20
"""Bytes of a request."""
HEADERS = {
    'Content-Security-Policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer', 'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin', 'Cache-Control': 'no-store'}
"""Of every answer."""


class LocalPagesOnly:
    """An ASGI application around another one."""

    def __init__(self, app: _Application) -> None:
        """
        Wrap an application.

        :param app: the application.
        """
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """
        Pass a request on, or refuse it.

        :param scope: of the request.
        :param receive: for its body.
        :param send: for the answer.
        """
        if scope['type'] == 'lifespan':
            await self._app(scope, receive, send)
            return
        if scope['type'] != 'http':
            return
        given = {name.decode('latin-1').lower(): value.decode('latin-1')
                 for name, value in scope['headers']}

        async def answer(message: _Message) -> None:
            if message['type'] == 'http.response.start':
                message['headers'] = [*message.get('headers', ()), *(
                    (name.lower().encode(), value.encode()) for name, value in HEADERS.items())]
            await send(message)
        problem = refusal(str(scope['method']), given)
        if problem:
            body = json.dumps({'error': problem}).encode()
            await answer({'type': 'http.response.start', 'status': 403,
                          'headers': [(b'content-type', b'application/json')]})
            await answer({'type': 'http.response.body', 'body': body})
            return
        await self._app(scope, receive, answer)


def refusal(method: str, headers: MutableMapping[str, str]) -> str:
    """
    Return why a request is refused.

    :param method: of HTTP.
    :param headers: by name in lower case.
    :return: a sentence; nothing if it is not refused.
    """
    host = headers.get('host', '')
    if host.rpartition(':')[0] not in LOCAL and host not in LOCAL:
        return f'expected a request to {" or ".join(LOCAL)}, got one to {host!r}'
    if headers.get('sec-fetch-site', 'none') not in ('none', 'same-origin'):
        return 'expected a request of the page of this server, got one of another page'
    if method in READING:
        return ''
    # Browsers send it with everything that may write.
    if headers.get('origin') != f'http://{host}':
        return (f'expected a request of the page at http://{host}, got one of '
                f'{headers.get("origin", "no page")}')
    if not headers.get('content-type', '').startswith('application/json'):
        return 'expected JSON, got another content'
    length = headers.get('content-length', '')
    if not length.isdecimal() or int(length) > MAX_BODY:
        return f'expected a body of at most {MAX_BODY} bytes, got {length or "no length"}'
    return ''
