# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The page as people work with it: the picture follows the pointer, and clips of errors play."""

from dataclasses import replace
from html.parser import HTMLParser
import json
import re

from browser_page import write
from imrs_ros.evaluation.compare import changes
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.offline.recording_result import evaluate_recording
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.page import fill
import pytest
from sample_recordings import camera_frames, make_job, write_bag
from samples import write_tiny_model

expect = pytest.importorskip('playwright.sync_api').expect


@pytest.fixture(scope='module')
def evaluated(tmp_path_factory):
    """Return a report, its results and its job: an action that was missed, others decided."""
    folder = tmp_path_factory.mktemp('film')
    card = write_tiny_model(folder / 'tiny')
    bag = write_bag(folder / 'walk', list(camera_frames(251)))
    job = make_job(card, annotations=(Annotation(2.0, 5.0, 'wave'), Annotation(6.0, 8.0, 'fall'),
                                      Annotation(8.5, 9.5, 'lift')))
    results = [evaluate_recording(bag, job)]
    made = build_report(results, job)
    add_curve(made, results, job)
    return made, results, job


@pytest.fixture
def open_file(chromium):
    """Open a page from disk; nothing else is loaded, and no error is on its console."""
    problems, addresses, contexts = [], [], []

    def go(path, **options):
        context = chromium.new_context(**{'viewport': {'width': 1280, 'height': 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on('console', lambda message: problems.append(message.text))
        page.on('pageerror', lambda error: problems.append(str(error)))
        page.on('request', lambda request: addresses.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector('body[data-ready=yes]')
        return page
    yield go
    for context in contexts:
        context.close()
    assert problems == []
    assert {address.split(':')[0] for address in addresses} <= {'file', 'data'}


def films_of(path):
    """Return times and images that a page holds of its first camera."""
    class Data(HTMLParser):
        text, is_data = '', False

        def handle_starttag(self, tag, attributes):
            self.is_data = dict(attributes).get('id') == 'data'

        def handle_data(self, data):
            self.text += data if self.is_data else ''
    parser = Data()
    parser.feed(path.read_text())
    return json.loads(parser.text)['films'][0][0]


def point(page, share):
    """Move the pointer to a share of the time of the first timeline."""
    box = page.locator('svg.timeline').first.bounding_box()
    page.mouse.move(box['x'] + 128 + share * (box['width'] - 136), box['y'] + 60)


def test_the_picture_is_the_frame_nearest_to_the_pointer(open_file, evaluated, tmp_path):
    made, results, _ = evaluated
    path = write(made, results, tmp_path)
    film = films_of(path)
    page = open_file(path)
    image = page.locator('.pane img').first
    for share in (0.73, 0.1, 0.999, 0.401):
        point(page, share)
        shown = page.locator('.says .time').first.inner_text()
        time = float(shown.split()[0])
        assert time == pytest.approx(10 * share, abs=0.05)
        at, source = min(film, key=lambda one: abs(one[0] - time))
        expect(image).to_have_attribute('src', source)
        assert float(image.get_attribute('data-time')) == at
        head = page.locator('.playhead').first.get_attribute('transform')
        box = page.locator('svg.timeline').first.bounding_box()
        assert float(re.search(r'translate\(([\d.]+)', head)[1]) == pytest.approx(
            128 + time / 10 * (box['width'] - 136), abs=1.5)


def test_keys_move_the_time_and_lead_to_errors(open_file, evaluated, tmp_path):
    made, results, _ = evaluated
    page = open_file(write(made, results, tmp_path))
    line = page.locator('svg.timeline').first
    line.focus()
    for key, time in (('ArrowRight', 1), ('ArrowRight', 2), ('Shift+ArrowLeft', 1.9), ('End', 10),
                      ('Home', 0)):
        page.keyboard.press(key)
        expect(page.locator('.says .time').first).to_have_text(f'{time:.2f} s')
    assert float(line.get_attribute('aria-valuenow')) == 0
    assert line.get_attribute('aria-valuetext').startswith('0.0 s, annotated no_action')
    page.get_by_label('On to what was wrong next').first.click()
    time = float(page.locator('.says .time').first.inner_text().split()[0])
    assert time > 0
    page.get_by_label('Play, 4 times as fast').first.click()
    expect(page.locator('.says .time').first).not_to_have_text(f'{time:.2f} s')


def test_a_miss_plays_under_the_pointer_and_with_the_focus_and_says_why(
        open_file, evaluated, tmp_path):
    made, results, _ = evaluated
    page = open_file(write(made, results, tmp_path))
    miss = page.locator('.strip figure.bad').first
    image = miss.locator('img')
    still = image.get_attribute('src')
    miss.focus()
    expect(image).not_to_have_attribute('src', still)
    page.locator('h1').click()
    miss.blur()
    expect(image).to_have_attribute('src', still)
    miss.hover()
    expect(image).not_to_have_attribute('src', still)
    causes = [one[3] for one in made['recordings'][0]['cameras'][0]['missed']]
    text = page.locator('.strip').first.inner_text()
    assert all(f'missed, {cause}' in text for cause in causes)
    # A decision says by how much.
    assert re.search(r'(wrong|false action|correct)', text)
    # It leads to its place on the timeline.
    miss.press('Enter')
    expect(page.locator('.says .time').first).not_to_have_text('0.00 s')


def test_without_motion_nothing_plays_but_the_pointer_chooses(open_file, evaluated, tmp_path):
    made, results, _ = evaluated
    page = open_file(write(made, results, tmp_path), reduced_motion='reduce')
    miss = page.locator('.strip figure.bad').first
    image = miss.locator('img')
    still = image.get_attribute('src')
    miss.focus()
    page.wait_for_timeout(700)
    assert image.get_attribute('src') == still
    page.keyboard.press('ArrowRight')
    expect(image).not_to_have_attribute('src', still)
    box = miss.bounding_box()
    shown = set()
    for share in (0.02, 0.5, 0.98):
        page.mouse.move(box['x'] + share * box['width'], box['y'] + 20)
        shown.add(image.get_attribute('src'))
    assert len(shown) == 3


def test_kinds_are_filtered(open_file, evaluated, tmp_path):
    made, results, _ = evaluated
    page = open_file(write(made, results, tmp_path))
    button = page.locator('.filter').first
    words, number = button.inner_text().split()
    kind = page.locator(f'figure[data-kind={words}]')
    assert kind.count() == int(number)
    expect(kind.first).to_be_visible()
    button.click()
    expect(kind.first).to_be_hidden()
    assert button.get_attribute('aria-pressed') == 'false'


def test_intervals_and_times_are_drawn(open_file, evaluated, tmp_path):
    made, results, _ = evaluated
    page = open_file(write(made, results, tmp_path))
    drawn = [name for name, limits in made['intervals']['figures'].items()
             if None not in limits and made['figures'][name] is not None]
    assert page.locator('td[data-interval] .whisker').count() == len(drawn)
    low, high = made['intervals']['figures']['frame_accuracy']
    marks = page.locator('td[data-interval=frame_accuracy] .range').first
    assert float(marks.get_attribute('x1')) == pytest.approx(6 + 108 * low, abs=0.1)
    assert float(marks.get_attribute('x2')) == pytest.approx(6 + 108 * high, abs=0.1)
    assert page.locator('.plot .cross').count() >= 3
    text = page.inner_text('body')
    assert 'Time of the model for a window, on this machine' in text
    assert re.search(r'would keep \d+ % of a core busy in real time', text)


def test_the_report_does_not_hold_what_differs_at_every_run(evaluated):
    made, results, job = evaluated
    again = [replace(results[0], wall_sec=123.0, cpu_sec=45.0)]
    assert json.dumps(build_report(again, job)) == json.dumps(
        {name: value for name, value in made.items() if name != 'curve'})


def test_a_live_node_has_a_histogram_of_ages(open_file, evaluated, tmp_path):
    from imrs_ros.evaluation.live.live_track import live_section
    made, results, _ = evaluated
    (_, track), = results[0].cameras
    late = replace(track, known_N=track.times_N + 120_000_000)
    live = live_section([('front', track, late)], {}, [])
    assert live['cameras'][0]['ages_sec'] == [0.12] * len(track.times_N)
    page = open_file(write({**made, 'live': live}, results, tmp_path))
    text = page.inner_text('body')
    assert 'Age of results, front' in text
    assert 'median 120.0 ms, 95th percentile 120.0 ms' in text


@pytest.mark.parametrize('options', [
    {}, {'viewport': {'width': 390, 'height': 844}, 'color_scheme': 'dark'}], ids=['wide', 'dark'])
def test_the_page_fits_its_window(open_file, evaluated, tmp_path, options):
    made, results, _ = evaluated
    page = open_file(write(made, results, tmp_path), **options)
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')
    nameless = page.evaluate("""() => [...document.querySelectorAll('button, [tabindex]')].filter(
      one => !(one.getAttribute('aria-label') || one.textContent.trim())).length""")
    assert nameless == 0


def test_the_comparison_says_in_a_sentence_what_is_better(open_file, evaluated, tmp_path):
    made, _, _ = evaluated
    path = tmp_path / 'compare.html'
    found = changes(made, made)
    path.write_text(fill('compare', {**found, 'names': ['a', 'b']}))
    page = open_file(path)
    assert page.inner_text('.headline') == found['headline']
