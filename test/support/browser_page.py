# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A real browser for the tests of pages: what a page shows, and what it asks the network for."""

from html.parser import HTMLParser
import shutil
import socket
import threading

from imrs_ros.evaluation.report.page import report_page

BROWSER = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))),
               None)
HOSTILE = '</script><img src=x onerror=alert(1)>'


class Proxy:
    """Records every request of a browser, and answers none."""

    def __enter__(self):
        self.requests = []
        self._server = socket.create_server(('127.0.0.1', 0))
        self.address = f'http://127.0.0.1:{self._server.getsockname()[1]}'
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def _listen(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(4096).split(b'\r\n')[0].decode())

    def __exit__(self, *_):
        self._server.close()


class Page(HTMLParser):
    """Content of a page after its script has run."""

    def __init__(self, text):
        super().__init__()
        self.figures, self.intervals, self.tags, self.text = {}, {}, [], ''
        self.people_figures, self.people_intervals, self.live_people_figures = {}, {}, {}
        self._live_figure = None
        self._figure = self._interval = self._person_figure = self._person_interval = None
        self._tag = None
        self.is_ready = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._tag, values = tag, dict(attributes)
        self.tags.append((tag, values))
        self.is_ready |= values.get('data-ready') == 'yes'
        self._figure, self._interval = values.get('data-figure'), values.get('data-interval')
        self._person_figure = values.get('data-people-figure')
        self._person_interval = values.get('data-people-interval')
        self._live_figure = values.get('data-live-people-figure')

    def handle_endtag(self, tag):
        self._tag = None

    def handle_data(self, data):
        if self._figure:
            self.figures[self._figure] = data
            self._figure = None
        if self._interval:
            self.intervals[self._interval] = data
            self._interval = None
        if self._person_figure:
            self.people_figures[self._person_figure] = data
            self._person_figure = None
        if self._person_interval:
            self.people_intervals[self._person_interval] = data
            self._person_interval = None
        if self._live_figure:
            self.live_people_figures[self._live_figure] = data
            self._live_figure = None
        if self._tag not in ('script', 'style'):
            self.text += data


def write(report, results, folder):
    path = folder / 'report.html'
    path.write_text(report_page(report, results), encoding='utf-8')
    return path
