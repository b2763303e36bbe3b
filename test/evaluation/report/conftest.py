# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Fixtures for the tests of pages."""

import subprocess

from browser_page import BROWSER, Page, Proxy
import pytest


@pytest.fixture
def browse(tmp_path):
    """Open a file; return the page and its network requests."""
    if BROWSER is None:
        pytest.skip('needs Chromium: apt-get install chromium')

    def open_page(path):
        with Proxy() as proxy:
            done = subprocess.run([
                BROWSER, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
                '--no-first-run', '--disable-background-networking', '--disable-component-update',
                '--disable-sync', f'--user-data-dir={tmp_path / "profile"}',
                f'--proxy-server={proxy.address}', '--proxy-bypass-list=<-loopback>',
                '--virtual-time-budget=5000', '--dump-dom', path.as_uri()],
                capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        # The browser itself may make requests of its own, whatever the page.
        requests = [line for line in proxy.requests if 'page-asks-for-this' in line]
        return Page(done.stdout), requests
    return open_page
