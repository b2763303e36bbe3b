# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The annotator's server on a port of its own, and requests to it."""

from contextlib import contextmanager
import json
import threading
import urllib.error
import urllib.request

from imrs_ros.evaluation.annotator.annotation_table import AnnotationStore
from imrs_ros.evaluation.annotator.server import create_app, listen
from imrs_ros.evaluation.annotator.workspace import AnnotatorSettings, workspace_of
import uvicorn

LABELS = ('wave', 'fall', 'lift')


class Server:
    """An address, and requests to it."""

    def __init__(self, port, files):
        self.port, self.address = port, f'http://127.0.0.1:{port}'
        self.files = files

    def ask(self, path, method='GET', body=None, **headers):
        """Return status, headers and content of an answer; of JSON, the value."""
        given = {'Origin': self.address} if method != 'GET' else {}
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(
            body).encode()
        if data is not None:
            given['Content-Type'] = 'application/json'
        given |= {name.replace('_', '-'): value for name, value in headers.items()}
        request = urllib.request.Request(
            self.address + path, data, {k: v for k, v in given.items() if v}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, found, content = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, found, content = error.code, error.headers, error.read()
        is_json = (found['content-type'] or '').startswith('application/json')
        return status, found, json.loads(content) if is_json else content

    def get(self, path):
        status, _, value = self.ask(path)
        assert status == 200, value
        return value

    def save(self, table, number=0):
        """Put a table, as of the file of that recording unless it names another."""
        if isinstance(table, dict):
            table = {'file': self.files[number], **table}
        return self.ask(f'/api/recordings/{number}/annotations', 'PUT', table)


@contextmanager
def serving(*paths, labels=LABELS, port=0, **settings):
    """Serve recordings; yield the server."""
    workspace = workspace_of(AnnotatorSettings(paths=paths, labels=labels, **settings), ())
    files = [str(AnnotationStore(path, settings.get('file')).path) for path in paths]
    with listen(port) as listening:
        server = uvicorn.Server(uvicorn.Config(
            create_app(workspace), log_level='warning', lifespan='off'))
        thread = threading.Thread(target=server.run, kwargs={'sockets': [listening]})
        thread.start()
        try:
            yield Server(listening.getsockname()[1], files)
        finally:
            server.should_exit = True
            thread.join()
            workspace.close()
