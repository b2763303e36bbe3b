# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the page does with what is not as it should be, without a recognizer."""

from contextlib import ExitStack
import sys

from imrs_ros.view.background_command import BackgroundCommand
from imrs_ros.view.live_state import SeenPerson
import pytest

NODE = '/recognizer'


@pytest.fixture
def view(start_view):
    """Return a view that knows of a camera, whatever is on the graph."""
    view = start_view()
    view.watcher.find = lambda: {NODE: ['front']}
    view.state.see_nodes({NODE: ['front']})
    yield view
    for job in view.server._commands._jobs.values():
        job.stop()


def see(view, *names):
    view.state.take_people(NODE, 'front', [
        SeenPerson(name, (0, 0, 1, 1), 'wave', 0.5) for name in names])


def wait_for(page, script):
    page.wait_for_function(script)


def test_people_with_the_same_name_are_drawn_and_forgotten(graph, view, open_page):
    page = open_page(view)
    page.wait_for_selector('.camera')
    for names in (('dup', 'dup', 'dup (2)', ''), ('dup',), ('dup', 'dup')):
        def is_drawn(names=names):
            see(view, *names)
            return page.locator('.people li').count() == len(names)
        graph.wait(is_drawn)
    view.state.take_scores(NODE, 'front', view.state.now_sec(), [(' rest', 0.5), ('wave', 0.25)])
    wait_for(page, "() => document.querySelectorAll('.scores li').length === 3")
    for _ in range(2):
        view.state.take_action(NODE, 'front', '', 'after', 0.5, view.state.now_sec())
    wait_for(page, "() => document.querySelector('.label').textContent.startsWith('after')")


def test_an_update_that_cannot_be_drawn_does_not_end_them(graph, view, browser):
    context = browser.new_context()
    page = context.new_page()
    errors = []
    page.on('pageerror', lambda error: errors.append(str(error)))
    page.goto(view.url)
    page.wait_for_selector('.camera')
    more = view.server._viewers._more
    view.server._viewers._more = lambda: {}
    graph.wait(lambda: page.title() and errors)
    view.server._viewers._more = more
    view.state.take_action(NODE, 'front', '', 'after', 0.5, view.state.now_sec())
    wait_for(page, "() => document.querySelector('.label').textContent.startsWith('after')")
    context.close()


def test_a_page_too_many_is_told_why(view, open_page):
    from imrs_ros.view.viewers import MAX_VIEWERS
    with ExitStack() as sockets:
        for _ in range(MAX_VIEWERS):
            sockets.enter_context(view.connect())
        page = open_page(view)
        wait_for(page, f"""() => document.getElementById('connection').textContent
          === '{MAX_VIEWERS} browsers are connected already'""")
    wait_for(page, "() => document.getElementById('connection').textContent === 'Connected'")


def test_a_threshold_that_is_not_known_has_no_place(view, open_page):
    page = open_page(view)
    page.wait_for_selector('.camera')
    page.locator('.tune').click()
    places = """() => [...document.querySelectorAll('.slider input')].map(
      (input) => input.classList.contains('unknown')).join()"""
    wait_for(page, f"() => ({places})() === 'true,true'")
    view.state.update_node(NODE, threshold=0.4, parameters={
        'enter_threshold': 0.0, 'leave_threshold': 0.0})
    wait_for(page, f"() => ({places})() === 'false,true'")
    unknown = page.locator('.slider input.unknown')
    before = unknown.screenshot()
    # Wherever its thumb is, it is not seen.
    unknown.evaluate('(input) => { input.value = 0.9; }')
    assert unknown.screenshot() == before
    view.state.update_node(NODE, parameters={'enter_threshold': 0.5, 'leave_threshold': 0.3})
    wait_for(page, f"() => ({places})() === 'false,false'")


def start(view, name, title, code):
    view.server._commands._jobs[name] = BackgroundCommand(title, [sys.executable, '-c', code])


def test_what_was_recorded_makes_way_for_the_next_job(view, open_page):
    start(view, 'capture', 'Record wave', 'print("warning: too dark"); print("all")')
    page = open_page(view)
    wait_for(page, """() => document.querySelector('.job .progress')?.textContent === 'Done'""")
    assert page.locator('.job .warnings').is_visible()
    assert page.locator('.job .warnings').text_content() == 'warning: too dark'
    start(view, 'teach', 'Teach mine', 'import time; time.sleep(600)')
    wait_for(page, """() => [...document.querySelectorAll('.job h2')].map(
      (title) => title.textContent).join() === 'Teach mine'""")
    assert page.locator('.job .warnings').is_hidden()
    # What is recorded meanwhile is shown to its end.
    start(view, 'capture', 'Record fall', 'print("all")')
    wait_for(page, """() => [...document.querySelectorAll('.job')].some((job) =>
      job.textContent.includes('Record fall') && job.textContent.includes('Done'))""")
