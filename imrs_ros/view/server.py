# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The web server: the page, its files, and a WebSocket."""

from collections.abc import Callable
import os
from pathlib import Path
import socket
import sys
import threading
import webbrowser

from fastapi import FastAPI, WebSocket
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from imrs_ros.local_pages.access import Access
from imrs_ros.local_pages.guard import Guard
from imrs_ros.view.commands import Commands
from imrs_ros.view.live_state import LiveState
from imrs_ros.view.node_link import NodeLink
from imrs_ros.view.options import ViewOptions
from imrs_ros.view.viewers import Viewers
from starlette.types import ASGIApp
import uvicorn

STATIC = Path(__file__).parent / 'static'
NUM_PORTS = 20
"""Ports that are tried, from the one that is asked for."""
MAX_MESSAGE_BYTES = 16_384
"""Of what a browser sends."""
OPEN_TO_OTHERS = (
    'view: warning: {host} can be reached from other machines. Whoever has the address below sees '
    'the cameras and controls the recognizer, and nothing is encrypted; leave --host out and use '
    'ssh -L {port}:localhost:{port} <this machine> where you can')


class ViewServer:
    """The server of one view."""

    def __init__(self, options: ViewOptions, state: LiveState,
                 link: Callable[[str], NodeLink]) -> None:
        """
        Bind a port.

        :param options: where to serve, and where files go.
        :param state: what is shown.
        :param link: returns the way to a recognizer, or raises ``RuntimeError``.
        :raises OSError: when the address cannot be bound, or no port is free.
        """
        self._options = options
        self._access = Access(options.host)
        self._bound = bind(options.host, options.port)
        self._commands = Commands(state, link, options.examples, options.taught)
        self._viewers = Viewers(state, self._commands.run, self._commands.as_json)
        self.is_watched = self._viewers.is_watched
        """Returns whether anyone looks; on any thread."""
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """Return the address of the page, as a user opens it."""
        host, port = self._bound.getsockname()[:2]
        shown = socket.gethostname() if host in ('0.0.0.0', '::') else host
        query = f'?token={self._access.token}' if self._access.token else ''
        return f'http://{f"[{shown}]" if ":" in shown else shown}:{port}/{query}'

    def run(self) -> None:
        """Serve until the process is interrupted."""
        started = self._announce

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started()
        self._server = Server(uvicorn.Config(
            make_app(self._viewers, self._access), log_level='warning', access_log=False,
            lifespan='off', server_header=False, ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False, timeout_graceful_shutdown=1))
        self._server.run(sockets=[self._bound])

    def stop(self, *_: object) -> None:
        """End ``run``, on any thread; also handles a signal."""
        if self._server is not None:
            self._server.should_exit = True

    def _announce(self) -> None:
        if not self._access.is_local:
            print(OPEN_TO_OTHERS.format(host=self._options.host,
                                        port=self._bound.getsockname()[1]),
                  file=sys.stderr, flush=True)
        print(f'view: {self.url}   (Ctrl-C ends it)', flush=True)
        # Without a display, a browser for terminals would take this one over.
        has_display = os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')
        if self._options.browser and has_display:
            threading.Thread(target=webbrowser.open, args=(self.url,), daemon=True).start()

    def close(self) -> None:
        """End what browsers started, and free the port."""
        self._commands.close()
        self._bound.close()


def make_app(viewers: Viewers, access: Access) -> ASGIApp:
    """
    Make the application.

    :param viewers: serve the WebSockets.
    :param access: who may connect.
    :return: the application.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get('/')
    async def page() -> FileResponse:
        return FileResponse(STATIC / 'index.html')

    @app.websocket('/live')
    async def live(browser: WebSocket) -> None:
        await viewers.serve(browser)

    app.mount('/static', StaticFiles(directory=STATIC))
    return Guard(app, access)


def bind(host: str, port: int) -> socket.socket:
    """
    Bind the first port that is free.

    :param host: address to bind.
    :param port: first port to try; 0 for any.
    :return: the socket.
    :raises OSError: when the address cannot be bound, or no port is free.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError as error:
        raise OSError(f'--host: expected an address of this machine, got {host}: {error}'
                      ) from error
    last: OSError | None = None
    for number in range(port, min(port + NUM_PORTS, 65536)) if port else (0,):
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, number))
            bound.listen(64)
            return bound
        except OSError as error:
            bound.close()
            last = error
    raise OSError(f'expected a free port of {host} from {port} on, got: {last}; give another as '
                  '--port')
