# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The documentation site builds without a warning, and works in a browser without a network."""

from html.parser import HTMLParser
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
import yaml

pytest.importorskip('sphinx', reason='needs Sphinx: requirements/doc.txt')
pytest.importorskip('furo', reason='needs furo: requirements/doc.txt')
pytest.importorskip('myst_parser', reason='needs myst-parser: requirements/doc.txt')

BROWSER = shutil.which('chromium')
PHONE_PX, WIDE_PX = 360, 1440
LEAST_FONT_PX = 9.0
LOADS = {'script': 'src', 'img': 'src', 'iframe': 'src', 'source': 'src', 'link': 'href'}
"""Elements that make a browser load something, and the attribute that says what."""
ILLEGIBLE = f"""
[...document.querySelectorAll('svg.drawing')].flatMap(drawing => {{
  const outer = drawing.getBoundingClientRect();
  return [...drawing.querySelectorAll('text')].filter(text => {{
    const box = text.getBoundingClientRect();
    const px = parseFloat(getComputedStyle(text).fontSize) * drawing.getScreenCTM().a;
    return px < {LEAST_FONT_PX} || box.left < outer.left - 1 || box.right > outer.right + 1
      || box.bottom > outer.bottom + 1;
  }}).map(text => `${{drawing.id}}: ${{text.textContent}}`);
}})"""
"""Texts of drawings that are small, or reach out of their drawing."""


class PageParser(HTMLParser):
    """What a page loads, links to in its sidebar, and draws."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.listed, self.drawings = [], set(), set()
        self._in_sidebar = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag in LOADS and values.get(LOADS[tag]):
            self.loaded.append(values[LOADS[tag]])
        if tag == 'svg' and values.get('class') == 'drawing':
            self.drawings.add(values['id'])
        if tag == 'div' and (self._in_sidebar or 'sidebar-tree' in values.get('class', '')):
            self._in_sidebar += 1
        if tag == 'a' and self._in_sidebar:
            self.listed.add(values['href'])

    def handle_endtag(self, tag):
        if tag == 'div' and self._in_sidebar:
            self._in_sidebar -= 1


@pytest.fixture(scope='module')
def site(root, tmp_path_factory):
    """Build the site as ``make docs`` does."""
    out = tmp_path_factory.mktemp('site')
    done = subprocess.run(
        [sys.executable, '-m', 'sphinx', '-n', '-W', '--keep-going', '--quiet',
         '-d', str(out.with_name('doctrees')), str(root / 'docs'), str(out)],
        cwd=root, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope='module')
def pages(site):
    """Return what every page holds, by its path below the site."""
    return {path.relative_to(site).as_posix(): PageParser(path.read_text(encoding='utf-8'))
            for path in site.rglob('*.html')}


def sources(root):
    """Return all pages as they are written, below ``docs/``, without suffix."""
    docs = root / 'docs'
    return sorted(path.relative_to(docs).with_suffix('').as_posix()
                  for path in docs.rglob('*.md'))


def test_every_page_is_listed_in_the_sidebar(root, pages):
    expected = {f'{name}.html' for name in sources(root)} - {'index.html'}
    assert len(expected) > 25
    assert expected <= pages['index.html'].listed


def test_nothing_is_loaded_from_elsewhere(site, pages):
    loaded = {link for page in pages.values() for link in page.loaded}
    assert len(loaded) > 3
    assert [link for link in loaded if re.match('(?:https?:)?//', link)] == []
    styles = '\n'.join(path.read_text(encoding='utf-8') for path in site.rglob('*.css'))
    assert re.findall(r'(?:url\(|@import\s)\s*["\']?(?:https?:)?//[^)]*', styles) == []


def test_no_link_leads_to_a_file_outside(site):
    text = '\n'.join(path.read_text(encoding='utf-8') for path in site.glob('*.html'))
    assert re.search(r'<span class="source-file">.*imrs_ros/examples/react.py', text)
    assert not re.findall(r'href="\.\./[^"]*"', text)
    downloads = {path.name for path in (site / '_downloads').rglob('*') if path.is_file()}
    assert downloads == {'results.json'}


def test_drawings_are_in_the_page_with_title_and_description(root, pages):
    files = {path.stem: path for path in (root / 'docs' / 'drawings').glob('*.svg')}
    assert {*files} == {name for page in pages.values() for name in page.drawings}
    for name, path in files.items():
        drawing = ElementTree.parse(path).getroot()
        texts = {item.get('id'): item.text for item in drawing.iter() if item.get('id')}
        described_by = drawing.get('aria-labelledby').split()
        assert described_by == [f'{name}-title', f'{name}-desc']
        assert all(texts[item].strip() for item in described_by)


def test_rosdoc2_finds_the_pages(root):
    about, config = yaml.safe_load_all((root / 'rosdoc2.yaml').read_text())
    assert about == {'type': 'rosdoc2 config', 'version': 1}
    (builder,) = config['builders']
    assert (root / builder['sphinx']['sphinx_sourcedir'] / 'conf.py').is_file()


def test_commands_page_is_up_to_date(root):
    pytest.importorskip('rclpy', reason='some commands need it to say what their options are')
    done = subprocess.run(
        [sys.executable, str(root / 'docs' / 'extensions' / 'commands_page.py')], cwd=root,
        env={**os.environ, 'MODEL': 'mine', 'PEOPLE': '1'}, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (root / 'docs' / 'commands.md').read_text(encoding='utf-8'), \
        'python docs/extensions/commands_page.py > docs/commands.md'


def test_commands_page_has_every_program(root):
    page = (root / 'docs' / 'commands.md').read_text(encoding='utf-8')
    programs = re.findall(r"^        '(\w+) = ", (root / 'setup.py').read_text(), re.MULTILINE)
    assert len(programs) > 5
    assert [name for name in programs if f'ros2 run imrs_ros {name}' not in page] == []
    modules = [path.stem for path in (root / 'training').glob('*.py')
               if "__name__ == '__main__'" in path.read_text(encoding='utf-8')]
    assert [name for name in modules if f'### training.{name}\n' not in page] == []


@pytest.fixture(scope='module')
def browser():
    """Return Chromium."""
    if BROWSER is None:
        pytest.skip('needs Chromium: apt-get install chromium')
    playwright = pytest.importorskip('playwright.sync_api', reason='needs Playwright')
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=BROWSER, args=['--no-sandbox'])
        yield chromium
        chromium.close()


@pytest.mark.parametrize(('width_px', 'scheme'), [(WIDE_PX, 'dark'), (PHONE_PX, 'light')])
def test_every_page_in_a_browser(browser, site, pages, width_px, scheme):
    context = browser.new_context(
        viewport={'width': width_px, 'height': 800}, color_scheme=scheme)
    page = context.new_page()
    problems, requests = [], []
    page.on('console', lambda message: problems.append(message.text)
            if message.type in ('error', 'warning') else None)
    page.on('pageerror', lambda error: problems.append(str(error)))
    # An icon may be overtaken by the next page.
    page.on('requestfailed', lambda request: problems.append(request.url)
            if request.failure != 'net::ERR_ABORTED' else None)
    page.on('request', lambda request: requests.append(request.url))
    too_wide, illegible = {}, []
    for name in pages:
        page.goto((site / name).as_uri())
        needed_px = page.evaluate('document.documentElement.scrollWidth')
        if needed_px > width_px:
            too_wide[name] = needed_px
        illegible += page.evaluate(ILLEGIBLE)
    context.close()
    assert problems == []
    assert [url for url in requests if not url.startswith(('file:', 'data:'))] == []
    assert too_wide == {}
    assert illegible == []


def test_search_finds_a_page(browser, site):
    page = browser.new_page()
    page.goto((site / 'search.html').as_uri() + '?q=liveliness')
    page.wait_for_selector('ul.search a[href^="topics.html"]')
    page.close()
