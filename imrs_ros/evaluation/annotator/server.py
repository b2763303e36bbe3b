# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The server of the annotator: its page, frames, checks and file, for this machine only."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import socket
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from imrs_ros.evaluation.annotator.annotation_table import FileChangedError
from imrs_ros.evaluation.annotator.workspace import OtherRecordingError, Workspace
from imrs_ros.local_pages.access import Access
from imrs_ros.local_pages.guard import Guard
import uvicorn

STATIC = Path(__file__).parent / 'static'
HOST, PORT = '127.0.0.1', 8740
KINDS = {'.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript',
         '.svg': 'image/svg+xml'}
T = TypeVar('T')


def create_app(workspace: Workspace) -> FastAPI:
    """
    Create the application.

    :param workspace: what is annotated.
    :return: an ASGI application.
    """
    app = FastAPI(title='imrs_ros annotator', docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, access=Access(HOST))
    _add_page(app)
    _add_reading(app, workspace)
    _add_writing(app, workspace)

    @app.exception_handler(FileChangedError)
    async def changed(request: Request, error: FileChangedError) -> Response:
        return JSONResponse({'error': str(error), 'version': error.version}, 409)

    @app.exception_handler(OtherRecordingError)
    async def other(request: Request, error: OtherRecordingError) -> Response:
        return JSONResponse({'error': str(error)}, 409)

    async def wrong(request: Request, error: Exception) -> Response:
        return JSONResponse({'error': str(error)}, 422)

    async def failed(request: Request, error: Exception) -> Response:
        return JSONResponse({'error': str(error)}, 500)

    async def unexpected(request: Request, error: Exception) -> Response:
        return JSONResponse({'error': f'expected no failure of the server, got '
                                      f'{type(error).__name__}: {error}'}, 500)
    app.add_exception_handler(ValueError, wrong)
    app.add_exception_handler(OSError, failed)
    app.add_exception_handler(Exception, unexpected)
    return app


async def _run(workspace: Workspace, function: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.wrap_future(workspace.call(function, *arguments))


async def _body(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise ValueError(f'expected JSON, got: {error}') from error


def _add_page(app: FastAPI) -> None:
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in KINDS}

    @app.get('/')
    async def page() -> Response:
        return Response(files['annotate.html'].read_bytes(), media_type='text/html')

    @app.get('/static/{name}')
    async def static(name: str) -> Response:
        if name not in files:
            return JSONResponse({'error': f'expected a file of the page, got {name}'}, 404)
        return Response(files[name].read_bytes(), media_type=KINDS[files[name].suffix])

    @app.get('/favicon.ico')
    async def icon() -> Response:
        return Response(files['icon.svg'].read_bytes(), media_type=KINDS['.svg'])


def _add_reading(app: FastAPI, workspace: Workspace) -> None:
    @app.get('/api/session')
    async def session() -> dict[str, Any]:
        return await _run(workspace, workspace.session)

    @app.get('/api/recordings/{number}')
    async def recording(number: int) -> dict[str, Any]:
        return await _run(workspace, workspace.describe, number)

    @app.get('/api/recordings/{number}/frames/{camera}/{index}')
    async def frame(number: int, camera: int, index: int, small: bool = False) -> Response:
        jpeg = await _run(workspace, workspace.frame, number, camera, index, small)
        return Response(jpeg, media_type='image/jpeg')


def _add_writing(app: FastAPI, workspace: Workspace) -> None:
    @app.post('/api/recordings/{number}/check')
    async def check(number: int, request: Request) -> dict[str, Any]:
        return await _run(workspace, workspace.check, number, await _body(request))

    @app.put('/api/recordings/{number}/annotations')
    async def save(number: int, request: Request) -> dict[str, Any]:
        return await _run(workspace, workspace.save, number, await _body(request))


def listen(port: int | None) -> socket.socket:
    """
    Open the port of the server.

    :param port: a number, 0 for any free one; None for ``PORT``, or any if that is in use.
    :return: a listening socket, on this machine only.
    :raises ValueError: if there is no such port.
    :raises OSError: if the port is in use.
    """
    if port is not None and not 0 <= port <= 65535:
        raise ValueError(f'expected a --port from 0 to 65535, got {port}')
    try:
        return socket.create_server((HOST, PORT if port is None else port))
    except OSError as error:
        if port is None:
            return socket.create_server((HOST, 0))
        raise OSError(f'expected a free port, got {port}: {error.strerror}; choose another with '
                      '--port, 0 for any') from error


def serve(app: FastAPI, listening: socket.socket) -> None:
    """
    Serve until interrupted.

    :param app: the application.
    :param listening: of ``listen``.
    """
    uvicorn.Server(uvicorn.Config(
        app, log_level='warning', access_log=False, lifespan='off',
        timeout_graceful_shutdown=1)).run(sockets=[listening])
