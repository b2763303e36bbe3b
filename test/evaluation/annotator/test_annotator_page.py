# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The annotator's page in a real browser: by the keyboard alone, by pointer, and on failures."""

import re

from annotator_server import serving
from imrs_ros.evaluation.ground_truth.annotation_file import read_annotations
from imrs_ros.evaluation.offline.recording_result import evaluate_recording
import pytest
from sample_recordings import camera_frames, make_job, TOPIC, write_bag
from samples import write_tiny_model

expect = pytest.importorskip('playwright.sync_api').expect
OTHER = '/rear/image_raw'
SAVED = '#state.saved'


@pytest.fixture
def bag(tmp_path):
    return write_bag(tmp_path / 'walk', list(camera_frames(101)))


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def frame_of(page, number):
    """Wait until a frame is drawn."""
    page.wait_for_selector(f'#canvas[data-frame="{number}"]')


def lines_of(bag):
    return [(a.start_sec, a.end_sec, a.label) for a in read_annotations(bag / 'annotations.csv')]


def test_mark_label_save_and_reload_by_keys_and_evaluate_reads_it(serve, open_page, bag, tmp_path):
    card = write_tiny_model(tmp_path / 'tiny')
    server = serve(bag, labels=card.labels)
    page = open_page(server)
    assert page.inner_text('#state') == 'not annotated yet'
    press(page, 'Shift+ArrowRight', 'ArrowLeft', 'ArrowLeft')
    frame_of(page, 23)
    press(page, 'i', '2', 'Shift+ArrowRight', 'ArrowRight', 'o')
    page.wait_for_selector(SAVED)
    # From the first frame to the end of the last: 49 is shown until 1.96 + 0.04.
    assert lines_of(bag) == [(0.92, 2.0, 'fall')]
    # A number changes the label of the new line; the next mark keeps it.
    press(page, '1')
    expect(page.locator('#lines b')).to_have_text('wave')
    press(page, 'Shift+ArrowRight', 'i', 'Shift+ArrowRight', 'o')
    expect(page.locator('#lines button')).to_have_count(2)
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.92, 2.0, 'wave'), (2.96, 4.0, 'wave')]
    page.reload()
    page.wait_for_selector('body[data-ready]')
    assert page.locator('#lines time').all_inner_texts() == ['0.92 – 2.00', '2.96 – 4.00']
    result = evaluate_recording(bag, make_job(card))
    assert result.error == ''
    (_, track), = result.cameras
    assert [(*segment.sec, segment.label) for segment in track.annotated] == [
        (0.92, 2.0, 'wave'), (2.96, 4.0, 'wave')]


def test_space_plays_in_real_time_or_slower_and_stops_at_the_end(serve, open_page, bag):
    server = serve(bag)
    page = open_page(server)
    frame_of(page, 0)
    page.select_option('#rate', '8')
    press(page, 'Escape', 'Space')
    page.wait_for_selector('#play[aria-label=Pause]')
    frame_of(page, 100)
    page.wait_for_selector('#play[aria-label=Play]')
    press(page, 'Home', 'Space')
    expect(page.locator('#canvas')).to_have_attribute(
        'data-frame', re.compile('^([6-9]|[1-9][0-9])$'))
    press(page, 'Space')
    page.wait_for_selector('#play[aria-label=Play]')


def test_edit_trim_delete_undo_and_redo(serve, open_page, bag):
    (bag / 'annotations.csv').write_text('start,end,label\n0.4,1.0,wave\n2.0,3.0,fall\n')
    server = serve(bag)
    page = open_page(server)
    press(page, 'ArrowDown')
    frame_of(page, 10)
    press(page, 'Shift+ArrowRight', ']', 'ArrowDown')
    frame_of(page, 50)
    press(page, 'ArrowLeft', 'ArrowLeft', '[')
    expect(page.locator('#lines time').last).to_have_text(re.compile('^1'))
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.44, 'wave'), (1.92, 3.0, 'fall')]
    press(page, 'Delete')
    expect(page.locator('#lines button')).to_have_count(1)
    press(page, 'Control+z', 'Control+z')
    expect(page.locator('#lines time').last).to_have_text(re.compile('^2'))
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.44, 'wave'), (2.0, 3.0, 'fall')]
    press(page, 'Control+Shift+z')
    expect(page.locator('#lines time').last).to_have_text(re.compile('^1'))
    # By its field.
    page.get_by_label('End', exact=True).fill('2.5')
    press(page, 'Enter')
    expect(page.locator('#lines time').last).to_have_text('1.92 – 2.50')
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.44, 'wave'), (1.92, 2.5, 'fall')]


def test_problems_are_shown_at_once_and_lead_to_their_line(serve, open_page, bag):
    (bag / 'annotations.csv').write_text('start,end,label\n0.4,1.0,wave\n0.8,1.6,sing\n')
    server = serve(bag)
    page = open_page(server)
    texts = page.locator('#problems button').all_inner_texts()
    assert "got 'sing'" in texts[0]
    assert 'line 2: wave 0.4 to 1 s overlaps line 3: sing' in texts[1]
    page.locator('#problems button').first.click()
    frame_of(page, 20)
    press(page, '3', *['ArrowRight'] * 15, '[')
    page.wait_for_selector('#checks[hidden]', state='attached')
    assert 'wrong' not in page.locator('#lines button').first.get_attribute('class')
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.0, 'wave'), (1.4, 1.6, 'lift')]


def test_a_person_and_a_box_by_pointer_and_by_keys(serve, open_page, bag):
    (bag / 'annotations.csv').write_text('start,end,label,note\n0.4,1.0,wave,kept\n')
    server = serve(bag)
    page = open_page(server)
    # Its size is known with the first frame; before, nothing can be drawn on it.
    page.wait_for_selector('#canvas[data-frame]')
    press(page, 'ArrowDown', 'b')
    area = page.locator('#overlay.drawing').bounding_box()
    page.mouse.move(area['x'] + 0.25 * area['width'], area['y'] + 0.5 * area['height'])
    page.mouse.down()
    page.mouse.move(area['x'] + 0.75 * area['width'], area['y'] + 0.9 * area['height'])
    page.mouse.up()
    page.wait_for_selector('.box.selected')
    press(page, 'Tab')
    page.locator('.box.selected').focus()
    press(page, 'ArrowRight', 'Shift+ArrowUp')
    page.locator('#line-person').fill('ann')
    press(page, 'Enter', 'Escape')
    expect(page.locator('.box span')).to_have_text('ann: wave')
    page.wait_for_selector(SAVED)
    text = (bag / 'annotations.csv').read_text()
    head, row = text.splitlines()
    assert head == 'start,end,label,note,person,left,top,right,bottom'
    values = row.split(',')
    assert values[:5] == ['0.4', '1.0', 'wave', 'kept', 'ann']
    assert [float(value) for value in values[5:]] == pytest.approx(
        [0.26, 0.5, 0.76, 0.89], abs=0.01)


def test_dragging_an_edge_on_the_timeline_moves_it_to_a_frame(serve, open_page, bag):
    (bag / 'annotations.csv').write_text('start,end,label\n1.0,2.0,wave\n')
    server = serve(bag)
    page = open_page(server)
    area = page.locator('#tracks').bounding_box()

    def at(sec):
        return area['x'] + sec / 4 * area['width']
    y = area['y'] + 34
    page.mouse.move(at(2.0) - 3, y)
    page.mouse.down()
    page.mouse.move(at(2.7), y)
    page.mouse.move(at(3.0), y)
    frame_of(page, 75)
    page.mouse.up()
    expect(page.locator('#lines time')).to_have_text('1.00 – 3.00')
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(1.0, 3.0, 'wave')]
    # Elsewhere, the pointer scrubs.
    page.mouse.click(at(3.52), area['y'] + 8)
    frame_of(page, 88)


def test_a_file_changed_on_disk_is_kept_until_somebody_chooses(serve, open_page, bag):
    file = bag / 'annotations.csv'
    file.write_text('start,end,label\n0.4,1.0,wave\n')
    server = serve(bag)
    page = open_page(server, expected=['409'])
    file.write_text('start,end,label\n0.4,1.0,lift\n')
    press(page, 'ArrowDown', '2')
    banner = page.get_by_role('alert')
    banner.get_by_text('it was changed meanwhile').wait_for()
    assert lines_of(bag) == [(0.4, 1.0, 'lift')]
    # Theirs; and mine comes back by undoing that.
    banner.get_by_role('button', name='Load it').click()
    expect(page.locator('#lines b')).to_have_text('lift')
    assert page.inner_text('#state') == 'saved'
    press(page, 'Control+z')
    expect(page.locator('#lines b')).to_have_text('fall')
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.0, 'fall')]
    # Replaced, if that is chosen.
    file.write_text('start,end,label\n')
    press(page, 'ArrowDown', '1')
    banner.get_by_role('button', name='Replace it').click()
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.0, 'wave')]


def test_work_that_could_not_be_saved_is_restored_in_a_new_page(serve, open_page, bag):
    server = serve(bag)
    page = open_page(server, expected=['ERR_FAILED', 'Failed to load'])
    press(page, '1', 'i', 'Shift+ArrowRight')
    # As if the server had ended.
    page.route('**/api/**', lambda route: route.abort())
    press(page, 'o')
    page.get_by_role('alert').get_by_text('The server does not answer').wait_for()
    # Leaving asks first.
    page.on('dialog', lambda dialog: dialog.accept())
    page.unroute('**/api/**')
    page.close(run_before_unload=False)
    again = page.context.new_page()
    again.goto(server.address)
    again.get_by_role('button', name='Restore them').click()
    again.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.0, 1.04, 'wave')]


def test_an_end_marked_before_a_label_waits_for_one(serve, open_page, bag):
    server = serve(bag)
    page = open_page(server)
    press(page, 'i', 'Shift+ArrowRight', 'o', 'ArrowRight', 'ArrowRight', '2')
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.0, 1.04, 'fall')]
    page.reload()
    page.wait_for_selector('body[data-ready]')
    # A new start drops it.
    press(page, 'End', 'i', 'ArrowLeft', 'o', 'Shift+ArrowLeft', 'i', '1', 'ArrowRight', 'o')
    expect(page.locator('#lines button')).to_have_count(2)
    page.wait_for_selector(SAVED)
    assert lines_of(bag)[1:] == [(2.96, 3.04, 'wave')]


def test_a_page_of_another_recording_is_loaded_again(serve, open_page, tmp_path):
    one, other = (write_bag(tmp_path / name, list(camera_frames(20))) for name in 'ab')
    with serving(one) as server:
        page = open_page(server, expected=['409', 'Failed to load'])
        frame_of(page, 0)
    with serving(other, port=server.port):
        press(page, '1', 'i', 'ArrowRight', 'o')
        banner = page.get_by_role('alert')
        banner.get_by_text('the server has another').wait_for()
        assert banner.get_by_role('button').all_inner_texts() == ['Load the page again']
        # More changes wait, too.
        press(page, '2')
        expect(page.locator('#lines b')).to_have_text('fall')
        with page.expect_navigation():
            banner.get_by_role('button').click()
        page.wait_for_selector('body[data-ready]')
        assert page.inner_text('#name') == 'b'
        assert page.locator('#lines button').count() == 0
        assert not (other / 'annotations.csv').exists()
    assert not (one / 'annotations.csv').exists()
    # They are kept for their recording.
    with serving(one, port=server.port):
        page.reload()
        page.get_by_role('button', name='Restore them').click()
        page.wait_for_selector(SAVED)
    assert lines_of(one) == [(0.0, 0.08, 'fall')]
    assert not (other / 'annotations.csv').exists()


def test_a_spoiled_file_is_replaced_by_the_page(serve, open_page, bag):
    file = bag / 'annotations.csv'
    file.write_text('start,end,label\n0.4,1.0,wave\n')
    server = serve(bag)
    page = open_page(server, expected=['409', '422'])
    banner = page.get_by_role('alert')
    file.unlink()
    press(page, 'ArrowDown', '2')
    banner.get_by_role('button', name='Replace it').click()
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.0, 'fall')]
    file.write_bytes(b'\xff')
    press(page, '3')
    banner.get_by_role('button', name='Load it').click()
    banner.get_by_text('expected an annotation file in UTF-8').wait_for()
    banner.get_by_role('button', name='Replace it').click()
    page.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.0, 'lift')]


def test_an_edit_while_the_next_recording_opens_is_saved(serve, open_page, tmp_path):
    one, other = (write_bag(tmp_path / name, list(camera_frames(20))) for name in 'ab')
    server = serve(one, other)
    page = open_page(server, expected=['ERR_FAILED', 'Failed to load'])
    held = []

    def hold_the_next():
        held.clear()
        press(page, 'n')
        while not held:
            page.wait_for_timeout(20)
    page.route('**/api/recordings/1', lambda route: held.append(route))
    hold_the_next()
    press(page, '1', 'i', 'ArrowRight', 'o')
    held[0].continue_()
    page.wait_for_selector('body[data-ready="1"]')
    assert lines_of(one) == [(0.0, 0.08, 'wave')]
    # What cannot be saved stays open.
    press(page, 'Shift+n')
    page.wait_for_selector('body[data-ready="0"]')
    hold_the_next()
    page.route('**/annotations', lambda route: route.abort())
    press(page, 'ArrowDown', '2')
    held[0].continue_()
    page.get_by_role('alert').get_by_text('The server does not answer').wait_for()
    expect(page.locator('#name')).to_have_text('a')
    expect(page.locator('#lines b')).to_have_text('fall')
    page.unroute('**/annotations')
    page.wait_for_selector(SAVED)
    assert lines_of(one) == [(0.0, 0.08, 'fall')]


LATE_ANSWER = """async file => {
  const {Saver} = await import('/static/saver.js'), saver = new Saver();
  saver.open(0, {file, version: ''});
  saver.change({columns: ['start', 'end', 'label'], rows: []});
  const saving = saver.save();
  const kept = localStorage.getItem(saver.key), key = saver.key;
  saver.open(1, {file: 'other', version: ''});
  await saving;
  return [kept !== null, localStorage.getItem(key)];
}"""


def test_what_was_saved_after_a_switch_is_no_draft(serve, open_page, bag):
    server = serve(bag)
    page = open_page(server)
    assert page.evaluate(LATE_ANSWER, server.files[0]) == [True, None]
    assert (bag / 'annotations.csv').read_text().split() == ['start,end,label']


def test_a_failure_without_json_says_so(serve, open_page, bag):
    server = serve(bag)
    page = open_page(server, expected=['500'])
    page.route('**/annotations', lambda route: route.fulfill(status=500, body='no JSON'))
    press(page, '1', 'i', 'ArrowRight', 'o')
    page.get_by_role('alert').get_by_text('expected an answer, got status 500').wait_for()
    page.unroute('**/annotations')
    page.get_by_role('button', name='Try again').click()
    page.wait_for_selector(SAVED)


def test_restoring_over_a_newer_file_says_so_and_can_be_undone(serve, open_page, bag):
    server = serve(bag)
    page = open_page(server, expected=['ERR_FAILED', 'Failed to load'])
    page.route('**/annotations', lambda route: route.abort())
    press(page, '1', 'i', 'Shift+ArrowRight', 'o')
    page.wait_for_selector('#state.error')
    page.close(run_before_unload=False)
    (bag / 'annotations.csv').write_text('start,end,label\n0.4,1.0,lift\n')
    again = page.context.new_page()
    again.goto(server.address)
    again.get_by_role('alert').get_by_text('The file was changed after that').wait_for()
    again.get_by_role('button', name='Restore them').click()
    again.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.0, 1.04, 'wave')]
    press(again, 'Control+z')
    expect(again.locator('#lines b')).to_have_text('lift')
    again.wait_for_selector(SAVED)
    assert lines_of(bag) == [(0.4, 1.0, 'lift')]


def test_leaving_with_unsaved_work_asks(serve, open_page, bag):
    asked = []
    server = serve(bag)
    page = open_page(server, expected=['ERR_FAILED', 'Failed to load'])
    page.on('dialog', lambda dialog: (asked.append(dialog.type), dialog.accept()))
    press(page, '1', 'i', 'ArrowRight')
    page.route('**/annotations', lambda route: route.abort())
    press(page, 'o')
    page.wait_for_selector('#state.error')
    page.reload()
    page.wait_for_selector('body[data-ready]')
    assert asked == ['beforeunload']


def test_a_recording_without_any_action(serve, open_page, bag):
    server = serve(bag)
    page = open_page(server)
    page.get_by_role('button', name='It shows no action').click()
    page.wait_for_selector(SAVED)
    assert (bag / 'annotations.csv').read_text() == 'recording,topic,start,end,label\n'
    assert 'shows no action' in page.inner_text('#none')


def test_recordings_and_cameras_are_switched(serve, open_page, tmp_path):
    two = write_bag(tmp_path / 'a', list(camera_frames(30)), topics=(TOPIC, OTHER))
    one = write_bag(tmp_path / 'b', list(camera_frames(20)))
    server = serve(two, one)
    page = open_page(server)
    assert page.inner_text('#name') == 'a'
    press(page, '1', 'i', 'ArrowRight', 'o')
    page.get_by_label('Camera').last.select_option(OTHER)
    page.wait_for_selector(SAVED)
    press(page, 'Escape', 'Escape')
    # It is a line of the other camera, which is not shown.
    assert page.locator('#tracks .seg').count() == 0
    press(page, 'c')
    page.wait_for_selector('#tracks .seg')
    press(page, 'n')
    page.wait_for_selector('body[data-ready="1"]')
    assert page.inner_text('#name') == 'b'
    assert 'frame 1 of 20' in page.inner_text('#clock')
    assert read_annotations(two / 'annotations.csv')[0].topic == OTHER
    assert not (one / 'annotations.csv').exists()


def test_labels_and_names_are_no_markup(serve, open_page, bag):
    hostile = '<img src=x onerror=alert(1)>'
    (bag / 'annotations.csv').write_text(f'start,end,label,person\n0.4,1.0,{hostile},{hostile}\n')
    server = serve(bag, labels=(hostile, 'wave'))
    page = open_page(server)
    press(page, 'ArrowDown')
    page.wait_for_selector('#lines button[aria-current=true]')
    assert hostile in page.inner_text('#lines')
    assert page.locator('img[src="x"]').count() == 0


NAMELESS = """() => [...document.querySelectorAll('button, input, select, [role=slider]')].filter(
  one => one.checkVisibility() && !(one.getAttribute('aria-label')
  || one.labels?.[0]?.textContent.trim() || one.textContent.trim())).map(one => one.outerHTML)"""
TOO_WIDE = """() => [...document.querySelectorAll('header *, main *')].filter(
  one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1
  && !one.closest('svg, .film, .unseen, .overview')).map(one => one.outerHTML.slice(0, 120))"""
PHONE = {'viewport': {'width': 390, 'height': 844}, 'color_scheme': 'dark'}


@pytest.mark.parametrize('options', [{}, PHONE], ids=['wide', 'phone'])
def test_controls_have_names_and_fit(serve, open_page, bag, options):
    (bag / 'annotations.csv').write_text('start,end,label\n0.4,1.0,wave\n0.8,1.6,sing\n')
    server = serve(bag)
    page = open_page(server, **options)
    press(page, 'ArrowDown')
    page.wait_for_selector('#editor:not([hidden])')
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(TOO_WIDE) == []
    # Every control can be reached by Tab, and a focused button takes Space for itself.
    page.get_by_label('Zoom in').focus()
    press(page, 'Shift+Tab', 'Tab', 'Space')
    page.wait_for_selector('#overview:not([hidden])')
    assert page.get_attribute('#play', 'aria-label') == 'Play'
    press(page, '?')
    page.get_by_role('dialog').get_by_text('Action starts here').wait_for()
    press(page, 'Escape')
    page.get_by_role('dialog').wait_for(state='hidden')
