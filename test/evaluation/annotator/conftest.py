# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A browser for the annotator: no error on its console, and no other host asked."""

from contextlib import ExitStack

from annotator_server import serving
import pytest


@pytest.fixture
def serve():
    """Serve recordings until the test, and its pages, have ended."""
    with ExitStack() as stack:
        yield lambda *paths, **settings: stack.enter_context(serving(*paths, **settings))


@pytest.fixture
def open_page(chromium, serve):
    """Open an address; at the end, no error was on the console, and no other host was asked."""
    contexts, problems, addresses, allowed = [], [], [], []

    def watch(page):
        page.on('console', lambda message: message.type in ('error', 'warning')
                and problems.append(message.text))
        page.on('pageerror', lambda error: problems.append(str(error)))
        page.on('request', lambda request: addresses.append(request.url))

    def go(server, expected=(), **options):
        context = chromium.new_context(
            **{'viewport': {'width': 1280, 'height': 800}, **options})
        contexts.append(context)
        page = context.new_page()
        allowed.extend(expected)
        watch(page)
        page.goto(server.address)
        page.wait_for_selector('body[data-ready]')
        return page
    yield go
    for context in contexts:
        context.close()
    assert [text for text in problems if not any(part in text for part in allowed)] == []
    hosts = {address.split('/')[2].split(':')[0] for address in addresses
             if not address.startswith(('blob:', 'data:'))}
    assert hosts <= {'127.0.0.1'}
