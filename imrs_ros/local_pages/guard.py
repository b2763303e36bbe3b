# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Answers only whom ``Access`` lets in; what a page loads stays on this machine."""

import json

from imrs_ros.local_pages.access import Access
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    'content-security-policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-store'}
"""Of every answer."""
MOST_DISCARDED = 1 << 20
"""Bytes of a refused request that are read."""


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
        """
        Pass a request on, or refuse it.

        :param scope: of the request.
        :param receive: for its body, or the messages of a socket.
        :param send: for the answer.
        """
        if scope['type'] == 'websocket':
            await self._connect(scope, receive, send)
        elif scope['type'] == 'http':
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        foreign = self._access.problem(headers) or self._access.socket_problem(headers)
        problem = foreign or self._access.token_problem(scope['query_string'].decode('latin-1'))
        if not problem:
            await self._app(scope, receive, send)
            return
        await receive()
        # Only who was accepted is told the reason: our own page, and no other.
        if not foreign:
            await send({'type': 'websocket.accept'})
        await send({'type': 'websocket.close', 'code': 1008, 'reason': problem})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message['type'] == 'http.response.start':
                message['headers'] = [*message.get('headers', ()), *(
                    (name.encode(), value.encode()) for name, value in HEADERS.items())]
            await send(message)
        problem = self._access.request_problem(scope['method'], _headers(scope))
        if not problem:
            await self._app(scope, receive, send_with_headers)
            return
        await _discard(receive)
        await send_with_headers({'type': 'http.response.start', 'status': 403,
                                 'headers': [(b'content-type', b'application/json')]})
        await send_with_headers({
            'type': 'http.response.body', 'body': json.dumps({'error': problem}).encode()})


async def _discard(receive: Receive) -> None:
    """Read the start of a body: were the connection closed before, the answer would be lost."""
    num_bytes, is_more = 0, True
    while is_more and num_bytes < MOST_DISCARDED:
        message = await receive()
        num_bytes += len(message.get('body', b''))
        is_more = message.get('more_body', False)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode('latin-1').lower(): value.decode('latin-1')
            for name, value in scope['headers']}
