# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The page in a real browser, over the real node with a tiny model on a real graph."""

import json

import pytest
from ros_support import EAGER
from sample_lessons import bank_of, write_action
from samples import write_tiny_model

PEOPLE = (('ann', (40, 60, 60, 110)), ('bob', (120, 60, 60, 110)))


def wait_for(page, script, argument=None):
    """Wait until a script of the page returns something true, and return that."""
    return page.wait_for_function(script, arg=argument).json_value()


def picture_has_content(page):
    return wait_for(page, """() => {
      const canvas = document.querySelector('.camera[data-pictures] canvas');
      if (!canvas) return 0;
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      return new Set(data).size > 8 ? canvas.width : 0; }""")


@pytest.mark.parametrize('topic', ['/front/image_raw', '/front/image_raw/compressed'])
def test_picture_label_scores_and_timeline_appear(start_view, start_camera, start_recognizer,
                                                  open_page, tiny_card, topic):
    start_camera(topic)
    start_recognizer(**EAGER)
    page = open_page(start_view())
    assert picture_has_content(page) == 160
    label = wait_for(page, """() => {
      const label = document.querySelector('.label');
      return label && !('idle' in label.dataset)
        && label.querySelector('strong').textContent; }""")
    assert label in tiny_card.labels
    names = wait_for(page, """() => [...document.querySelectorAll('.scores .value')].every(
      (value) => /^[01][.][0-9]{2}$/.test(value.textContent))
      && [...document.querySelectorAll('.scores .name')].map((name) => name.textContent)""")
    assert {*names} == {*tiny_card.labels, 'none'}
    wait_for(page, "() => document.querySelector('.timeline .piece')")
    assert 'Decisions of the last minute' in page.locator('.timeline').get_attribute('aria-label')
    wait_for(page, """() => /[0-9] windows.s · [0-9]+ ms latency/.test(
      document.querySelector('.rates').textContent)""")
    assert wait_for(page, """() => document.querySelector('.health').textContent === 'OK'
      && document.querySelector('.model').textContent""").startswith('tiny · torch')


def test_a_recognizer_that_comes_and_goes(start_view, start_camera, start_process, open_page):
    page = open_page(start_view())
    page.wait_for_selector('#empty:not([hidden])')
    assert 'ros2 run imrs_ros recognizer' in page.locator('#empty').text_content()
    start_camera()
    process = start_process()
    picture_has_content(page)
    assert not page.locator('#empty').is_visible()
    wait_for(page, "() => document.querySelector('.state').textContent === 'Running'")
    process.terminate()
    wait_for(page, "() => document.querySelector('.state').textContent === 'Stopped'")
    assert page.locator('.cover').text_content() == 'Stopped: the recognizer has left'
    page.locator('.toggle').press('Enter')
    assert page.locator('#toast').text_content() == 'The recognizer has left'
    process = start_process()
    wait_for(page, """() => document.querySelector('.state').textContent === 'Running'
      && document.querySelector('.cover').textContent === ''
      && document.querySelector('.health').textContent !== 'No news'""")
    process.kill()
    wait_for(page, """() => document.querySelector('.state').textContent.startsWith(
      'No sign of life for')""")


def test_stop_and_start(graph, start_view, start_camera, start_recognizer, open_page):
    start_camera()
    node = start_recognizer()
    page = open_page(start_view())
    toggle = page.locator('.toggle')
    page.locator('.toggle:has-text("Stop")').click()
    wait_for(page, "() => document.querySelector('.state').textContent === 'Paused'")
    assert node._state_machine.current_state[1] == 'inactive'
    wait_for(page, "() => document.querySelector('.toggle').textContent === 'Start'")
    toggle.focus()
    page.keyboard.press('Enter')
    wait_for(page, "() => document.querySelector('.state').textContent === 'Running'")
    assert node._state_machine.current_state[1] == 'active'


def test_a_node_that_is_not_configured_is_started(
        graph, start_view, start_camera, start_recognizer, open_page):
    start_camera()
    start_recognizer(autostart=False)
    page = open_page(start_view())
    wait_for(page, "() => document.querySelector('.state')?.textContent === 'Not started'")
    page.locator('.toggle').click()
    picture_has_content(page)


def test_what_the_node_refuses_is_told(graph, start_view, start_recognizer, open_page):
    start_recognizer(autostart=False, model='/none/such')
    page = open_page(start_view())
    wait_for(page, "() => document.querySelector('.state')?.textContent === 'Not started'")
    page.locator('.toggle').click()
    page.wait_for_selector('#toast[data-tone=bad]:not([hidden])')
    assert '/recognizer refused to configure' in page.locator('#toast').text_content()


def test_thresholds_are_those_of_the_node(graph, start_view, start_camera, start_recognizer,
                                          open_page):
    start_camera()
    node = start_recognizer()
    page = open_page(start_view())
    page.locator('.tune').click()
    slider = page.get_by_label('Start threshold', exact=True)
    wait_for(page, "() => document.querySelector('.slider output').textContent.includes('model')")
    assert node.get_parameter('enter_threshold').value == 0.0
    slider.fill('0.55')
    graph.wait(lambda: node.get_parameter('enter_threshold').value == 0.55)
    wait_for(page, "() => document.querySelector('.slider output').textContent === '0.55'")
    slider.press('ArrowRight')
    graph.wait(lambda: node.get_parameter('enter_threshold').value == pytest.approx(0.56))
    page.get_by_label('End threshold', exact=True).fill('0.9')
    page.wait_for_selector('#toast[data-tone=bad]:not([hidden])')
    assert 'leave_threshold must be in [0.001, enter_threshold' in (
        page.locator('#toast').text_content())
    page.get_by_role('button', name='Use the model’s start threshold').click()
    graph.wait(lambda: node.get_parameter('enter_threshold').value == 0.0)
    assert node.get_parameter('leave_threshold').value == 0.0


def test_people_have_boxes_and_labels(start_view, start_camera, start_recognizer, open_page,
                                      tiny_card):
    start_camera(people=PEOPLE)
    start_recognizer(people=True, **EAGER)
    page = open_page(start_view())
    wait_for(page, "() => document.querySelectorAll('.box').length === 2")
    box = wait_for(page, """() => {
      const box = [...document.querySelectorAll('.box')].find((b) => b.dataset.key === 'bob');
      return box && box.style.left ? ['left', 'top', 'width', 'height'].map(
        (side) => parseFloat(box.style[side])) : null; }""")
    assert box == pytest.approx([100 * 90 / 160, 100 * 5 / 120, 100 * 60 / 160, 100 * 110 / 120],
                                abs=0.5)
    text = wait_for(page, """() => [...document.querySelectorAll('.people li.acting')].map(
      (chip) => chip.textContent).find((text) => text.startsWith('ann'))""")
    assert text.split()[1] in tiny_card.labels
    wait_for(page, """() => [...document.querySelectorAll('.timeline .row b')].some(
      (name) => name.textContent === 'bob')""")


def test_several_cameras_and_none_costs_images_while_nobody_looks(
        graph, start_view, start_camera, start_recognizer, open_page):
    names = ('front', 'left', 'rear', 'right')
    topics = [f'/{name}/image_raw' for name in names]
    cameras = [start_camera(topic) for topic in topics]
    start_recognizer(*topics)
    view = start_view()
    graph.wait(lambda: all(camera.num_subscribers == 1 for camera in cameras))
    page = open_page(view)
    wait_for(page, "() => document.querySelectorAll('.camera[data-pictures]').length === 4")
    assert tuple(page.locator('.camera h3').all_text_contents()) == names
    assert all(camera.num_subscribers == 2 for camera in cameras)
    page.close()
    graph.wait(lambda: all(camera.num_subscribers == 1 for camera in cameras))


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_a_phone_shows_it_without_scrolling_sideways(start_view, start_camera, start_recognizer,
                                                     open_page, scheme):
    start_camera(people=PEOPLE)
    start_recognizer(people=True, **EAGER)
    page = open_page(start_view(), width=360, height=740, color_scheme=scheme)
    picture_has_content(page)
    page.locator('.tune').click()
    assert wait_for(page, '() => document.documentElement.scrollWidth') == 360
    page.locator('.record').click()
    assert page.locator('#record').bounding_box()['width'] <= 360
    assert wait_for(page, CONTRAST) == []


CONTRAST = """() => {
  const channels = (colour) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d');
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255).map(
    (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce(
    (sum, c, i) => sum + [0.2126, 0.7152, 0.0722][i] * c, 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (channels(colour)[3] > 250) return colour;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  return [...document.querySelectorAll('body *')].filter((element) =>
    element.checkVisibility() && !element.closest('.shot') && !element.closest('template')
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
  ).map((element) => {
    const [a, b] = [light(channels(getComputedStyle(element).color)),
      light(channels(behind(element)))].sort((x, y) => y - x);
    return [element.className || element.tagName, element.textContent.trim(),
      (a + 0.05) / (b + 0.05)];
  }).filter(([, , ratio]) => ratio < 4.5); }"""
"""Texts with less contrast than WCAG 2.2 asks for (1.4.3, level AA)."""


def test_every_control_has_a_name_and_takes_the_keyboard(start_view, start_camera,
                                                         start_recognizer, open_page):
    start_camera()
    start_recognizer()
    page = open_page(start_view())
    picture_has_content(page)
    page.locator('.tune').click()
    snapshot = page.context.new_cdp_session(page).send('Accessibility.getFullAXTree')['nodes']
    named = [node for node in snapshot if not node.get('ignored') and node['role']['value'] in (
        'button', 'slider', 'textbox', 'checkbox', 'spinbutton', 'image', 'img', 'canvas')]
    assert len(named) >= 8
    assert all(node['name']['value'] for node in named), json.dumps(
        [node for node in named if not node['name']['value']])
    reached = set()
    for _ in range(12):
        page.keyboard.press('Tab')
        reached.add(page.evaluate('document.activeElement.className'))
    assert {'toggle', 'tune', 'teach', 'record'} <= reached
    page.locator('.teach').press('Enter')
    assert page.locator('#toast').text_content() == 'Record examples of an action first'
    page.locator('.record').press('Enter')
    assert page.evaluate('document.activeElement.name') == 'label'
    page.keyboard.press('Escape')
    assert not page.locator('#record').is_visible()


def test_examples_are_recorded_in_two_clicks(start_view, start_camera, start_recognizer, open_page,
                                             graph, options, monkeypatch):
    monkeypatch.setenv('ROS_DOMAIN_ID', str(graph.domain))
    start_camera()
    start_recognizer()
    page = open_page(start_view())
    page.locator('.record').click()
    page.locator('#record input[name=label]').fill('wave')
    page.locator('#record input[name=seconds]').fill('0.5')
    page.locator('#record input[name=count]').fill('1')
    page.get_by_role('button', name='Record', exact=True).click()
    page.wait_for_selector('.job .made:not([hidden])')
    assert len(list((options.examples / 'wave').glob('*.mp4'))) == 1
    wait_for(page, "() => !document.querySelector('.teach').dataset.reason")
    page.get_by_role('button', name='Close').click()
    assert not page.locator('.job').count()


def test_a_model_is_taught_in_two_clicks_and_used(
        graph, start_view, start_camera, start_recognizer, open_page, options, tmp_path):
    card = write_tiny_model(tmp_path / 'tiny')
    bank_of(card.labels, 64).save(card, 'test')
    for kind, label in enumerate(('nod', 'bow', 'no_action')):
        for seed in range(3):
            write_action(options.examples / label / f'{label}{seed}.avi', kind, seed)
    start_camera()
    node = start_recognizer(model=str(card.folder), backend='openvino')
    page = open_page(start_view())
    picture_has_content(page)
    wait_for(page, "() => !document.querySelector('.teach').dataset.reason")
    page.locator('.teach').click()
    assert 'bow (3), no_action (3), nod (3)' in page.locator('#teach .examples').text_content()
    page.get_by_role('dialog').get_by_role('button', name='Teach').click()
    page.set_default_timeout(200_000)
    page.locator('.job .use:not([hidden])').click()
    graph.wait(lambda: node.get_parameter('model').value == str(options.taught / 'mine'), 120)
    wait_for(page, "() => document.querySelector('.state').textContent === 'Running'")
    assert wait_for(page, """() => [...document.querySelectorAll('.scores .name')].some(
      (name) => name.textContent === 'nod')""")


def test_a_connection_that_is_lost_is_told_and_mended(start_view, start_camera, start_recognizer,
                                                      browser, graph):
    start_camera()
    start_recognizer()
    view = start_view()
    context = browser.new_context()
    page = context.new_page()
    page.goto(view.url)
    picture_has_content(page)
    view.server.stop()
    view._thread.join()
    wait_for(page, """() => document.getElementById('connection').textContent
      === 'Connection lost, trying again' """)
    page.locator('.toggle').press('Enter')
    assert page.locator('#toast').text_content() == 'No connection to the view'
    context.close()
