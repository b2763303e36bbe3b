# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
One browser that looks, and whether any does.

The browser asks for each update, and gets what is newest then: one that is slow or hidden asks
less, and nothing is queued for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import json
import logging
import struct
import time
from typing import Any

from imrs_ros.view.live_state import LiveState
from starlette.websockets import WebSocket, WebSocketDisconnect

PERIOD_SEC = 0.1
"""Least time between two updates of a browser."""
LOOKING_SEC = 3.0
"""A browser that has not asked for so long does not look: its tab is hidden, or it is gone."""
MAX_VIEWERS = 16
MAX_DOING = 8
"""Most requests of a browser that are done at once."""
Answer = Callable[[dict[str, Any]], Awaitable[str]]


class Viewers:
    """All browsers that are connected; thread-safe, but for ``serve``."""

    def __init__(self, state: LiveState, answer: Answer,
                 more: Callable[[], dict[str, Any]]) -> None:
        """
        Start without viewers.

        :param state: what is shown.
        :param answer: does what a browser asks for, and returns what to tell the user.
        :param more: returns what else is shown.
        """
        self._state, self._answer, self._more = state, answer, more
        self._asked_sec: dict[int, float] = {}
        self._doing: set[asyncio.Task[None]] = set()

    def is_watched(self) -> bool:
        """
        Return whether anyone looks.

        :return: whether a browser asked for an update just now.
        """
        limit_sec = time.monotonic() - LOOKING_SEC
        return any(at > limit_sec for at in tuple(self._asked_sec.values()))

    async def serve(self, browser: WebSocket) -> None:
        """
        Serve one browser until it leaves.

        :param browser: a WebSocket that was not accepted yet.
        """
        # Only who was accepted is told the reason.
        await browser.accept()
        if len(self._asked_sec) >= MAX_VIEWERS:
            await browser.close(1013, f'{MAX_VIEWERS} browsers are connected already')
            return
        key = id(browser)
        self._asked_sec[key] = time.monotonic()
        wanted: asyncio.Event = asyncio.Event()
        sender = asyncio.create_task(self._send_updates(browser, wanted))
        doing: set[asyncio.Task[None]] = set()
        try:
            while True:
                message = json.loads(await browser.receive_text())
                if message.get('type') == 'next':
                    self._asked_sec[key] = time.monotonic()
                    wanted.set()
                elif message.get('type') == 'do' and len(doing) >= MAX_DOING:
                    await _reply(browser, message, False,
                                 f'busy with {MAX_DOING} requests of this page; wait for them')
                elif message.get('type') == 'do':
                    task = asyncio.create_task(self._do(browser, message))
                    for tasks in (doing, self._doing):
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)
        except (WebSocketDisconnect, ValueError, AttributeError, KeyError, RuntimeError):
            # It left, or it is no browser of ours: there is nothing to tell it.
            pass
        finally:
            del self._asked_sec[key]
            # What was asked for is done to its end: half of a change is worse than all of it.
            sender.cancel()

    async def _send_updates(self, browser: WebSocket, wanted: asyncio.Event) -> None:
        seen: dict[str, int] = {}
        try:
            while True:
                await wanted.wait()
                wanted.clear()
                for key, (number, picture) in self._state.pictures_after(seen).items():
                    seen[key] = number
                    head = json.dumps({'camera': key, 'width': picture.width_px,
                                       'height': picture.height_px}).encode()
                    await browser.send_bytes(struct.pack('>H', len(head)) + head + picture.jpeg)
                # Last: the browser asks for the next one when it has drawn this.
                await browser.send_text(json.dumps(
                    {'type': 'state', **self._state.snapshot(), **self._more()},
                    separators=(',', ':'), allow_nan=False))
                await asyncio.sleep(PERIOD_SEC)
        except (WebSocketDisconnect, RuntimeError):
            # The browser left; ``serve`` learns of it as well.
            pass
        # A page that waits for an update for ever would look alive.
        except Exception:
            logging.getLogger(__name__).exception('an update could not be made')
            with suppress(WebSocketDisconnect, RuntimeError):
                await browser.close(1011, 'an update could not be made')

    async def _do(self, browser: WebSocket, message: dict[str, Any]) -> None:
        try:
            is_done, text = True, await self._answer(message)
        except (ValueError, RuntimeError, OSError) as error:
            is_done, text = False, str(error)
        # Whatever a browser sends, the others are served.
        except Exception as error:
            logging.getLogger(__name__).exception('a browser asked for something impossible')
            is_done, text = False, f'{type(error).__name__}: {error}'
        await _reply(browser, message, is_done, text)


async def _reply(browser: WebSocket, message: dict[str, Any], is_done: bool, text: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        await browser.send_text(json.dumps({
            'type': 'reply', 'id': message.get('id'), 'ok': is_done, 'text': text}))
