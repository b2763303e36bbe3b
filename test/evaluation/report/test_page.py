# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The pages in a real browser: they open from disk, draw the JSON and load nothing else."""

from dataclasses import replace
import math
import re

from browser_page import HOSTILE, write
from imrs_ros.evaluation.compare import changes
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.metrics.figure import (
    CLASS_FIGURES, FIGURES, format_figure, format_interval)
from imrs_ros.evaluation.offline.recording_result import evaluate_recording
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.page import fill, report_page
import pytest
from sample_recordings import camera_frames, make_job, write_bag
from samples import write_tiny_model

OPENING = '<!--<script>'


@pytest.fixture(scope='module')
def evaluated(tmp_path_factory):
    """Return a report, its results and its job: one recording, one failure, hostile labels."""
    folder = tmp_path_factory.mktemp('page')
    card = write_tiny_model(folder / 'tiny', labels=('wave', HOSTILE, OPENING))
    bag = write_bag(folder / 'walk', list(camera_frames(75)))
    job = make_job(card, annotations=(Annotation(0.7, 1.5, 'wave', 'walk'),
                                      Annotation(1.7, 2.4, HOSTILE, 'walk')))
    results = [evaluate_recording(path, job) for path in (bag, folder / 'none.bag')]
    made = build_report(results, job)
    add_curve(made, results, job)
    return made, results, job


def test_the_report_shows_the_figures_of_the_json_and_loads_nothing(
        browse, evaluated, tmp_path):
    made, results, _ = evaluated
    page, requests = browse(write(made, results, tmp_path))
    assert page.is_ready
    assert page.figures == {
        name: format_figure(made['figures'][name], figure.unit)
        for name, figure in FIGURES.items()}
    assert page.intervals == {name: format_interval(limits)
                              for name, limits in made['intervals']['figures'].items()}
    assert all(figure.words in page.text for figure in (*FIGURES.values(), *CLASS_FIGURES))
    assert requests == []
    assert not any(tag == 'img' and values.get('src') == 'x' for tag, values in page.tags)
    assert HOSTILE in page.text
    assert OPENING in page.text
    assert 'expected a bag or a video, got no such file or folder' in page.text
    sources = [values['src'] for tag, values in page.tags if tag == 'img']
    assert sources
    assert all(source.startswith('data:image/jpeg;base64,') for source in sources)
    num_bars = len(made['recordings'][0]['cameras'][0]['decided']) + 2
    bars = [v for tag, v in page.tags if tag == 'rect' and v.get('height') == '26']
    assert len(bars) == num_bars


ZOOM = """<script>
const drawing = document.querySelector('svg.timeline'), box = drawing.getBoundingClientRect();
for (let i = 0; i < 3; i++) drawing.dispatchEvent(new WheelEvent('wheel', {
  deltaY: -1, ctrlKey: CTRL, cancelable: true,
  clientX: box.left + box.width / 2, clientY: box.top + 50}));
</script></body>"""


def test_the_wheel_zooms_the_timeline_with_ctrl_only(browse, evaluated, tmp_path):
    made, results, _ = evaluated
    path = write(made, results, tmp_path)

    def widest():
        page, _ = browse(path)
        return max(float(values['width']) for tag, values in page.tags
                   if tag == 'rect' and values.get('height') == '26')
    before = widest()
    text = path.read_text()
    path.write_text(text.replace('</body>', ZOOM.replace('CTRL', 'false')))
    assert widest() == before
    path.write_text(text.replace('</body>', ZOOM.replace('CTRL', 'true')))
    # Each step shows four fifths of the time.
    assert widest() == pytest.approx(before / 0.8 ** 3, rel=0.01)


def test_the_page_shows_the_threshold_and_why_an_action_was_missed(browse, tmp_path, tiny_card):
    bag = write_bag(tmp_path / 'walk', list(camera_frames(75)))
    job = make_job(tiny_card, enter_threshold=0.99, annotations=(
        Annotation(0.7, 1.5, 'wave', 'walk'),))
    results = [evaluate_recording(bag, job)]
    made = build_report(results, job)
    (_, _, _, why), = made['recordings'][0]['cameras'][0]['missed']
    (_, track), = results[0].cameras
    best = track.probabilities_NK[(track.times_N >= 700_000_000) & (track.times_N < 15 * 10**8), 0]
    assert why == f'best {best.max():.2f} < 0.99'
    page, _ = browse(write(made, results, tmp_path))
    assert f' missed, {why}, 1.1 s' in page.text
    assert 'dashed: threshold of the best class' in page.text
    line, = (values for tag, values in page.tags if values.get('class') == 'threshold')
    # The plot is 48 high, from 124 down.
    assert line['d'].split('H')[0].split()[1] == f'{124 + 48 * 0.01:.1f}'
    assert 'V' not in line['d']


def test_the_line_of_the_threshold_is_that_of_the_best_class(browse, tmp_path, tiny_card):
    bag = write_bag(tmp_path / 'walk', list(camera_frames(75)))
    own = {'wave': 0.9, 'fall': 0.7, 'lift': 0.5}
    text = ', '.join(f'{label}={value}' for label, value in own.items())
    results = [evaluate_recording(bag, make_job(tiny_card, class_thresholds=text))]
    page, _ = browse(write(build_report(results, make_job(tiny_card, class_thresholds=text)),
                           results, tmp_path))
    (_, track), = results[0].cameras
    best = {track.classes[k] for k in track.probabilities_NK.argmax(axis=1).tolist()}
    line, = (values for tag, values in page.tags if values.get('class') == 'threshold')
    heights = set(re.findall(r'V([\d.]+)|M[\d.]+ ([\d.]+)', line['d']))
    assert {one or other for one, other in heights} == {
        f'{124 + 48 * (1 - own[label]):.1f}' for label in best}


KEYS = """<script>
const plot = document.querySelector('svg.plot');
plot.focus();
for (const key of KEYS) plot.dispatchEvent(new KeyboardEvent('keydown', {key}));
</script></body>"""


def circles(page, name):
    return [(float(values['cx']), float(values['cy'])) for tag, values in page.tags
            if tag == 'circle' and values['class'] == name]


def test_the_page_draws_the_curve_and_marks_the_present_thresholds(browse, evaluated, tmp_path):
    made, results, _ = evaluated
    curve = made['curve']
    page, _ = browse(write(made, results, tmp_path))
    lines = {values['data-label']: values['d'] for tag, values in page.tags
             if tag == 'path' and values.get('class') == 'curve'}
    assert list(lines) == [*reversed(curve['per_class']), '']
    assert HOSTILE in lines
    # Recall 0 lies at 290 and 1 at 14; 0 false actions a minute at 52, the most at 1164.
    now, most = curve['operating_point'], max(1, *curve['figures']['false_per_min'])
    recall, rate = (curve['figures'][name][now] for name in ('recall', 'false_per_min'))
    expected = (52 + 1112 * math.asinh(rate / 0.2) / math.asinh(most / 0.2), 290 - 276 * recall)
    assert circles(page, 'operating')[-1] == pytest.approx(expected)
    assert lines[''].count('L') == len(curve['factor']) - 1
    assert 'enter_threshold 0.010' in page.text


def test_keys_and_pointer_show_the_values_of_the_curve(browse, evaluated, tmp_path):
    made, results, _ = evaluated
    path = write(made, results, tmp_path)
    text = path.read_text()
    # From the present thresholds of all classes to the strictest of the first class and back.
    keys = str(['ArrowDown', *['ArrowRight'] * 30, 'ArrowLeft', 'x'])
    path.write_text(text.replace('</body>', KEYS.replace('KEYS', keys)))
    page, _ = browse(path)
    curve = made['curve']
    (label, row), *_ = curve['per_class'].items()
    shown = page.text.rpartition('fraction of actions found: ')
    assert shown[0].endswith(f'{label}enter_threshold {curve["enter_threshold"][-2]:.3f}')
    assert float(shown[2].split('false')[0]) == pytest.approx(row['recall'][-2], abs=5e-4)
    assert circles(page, 'marker')[0][1] == pytest.approx(290 - 276 * row['recall'][-2])
    # The pointer takes the nearest point; leaving the plot hides it.
    pointer = """<script>
    const plot = document.querySelector('svg.plot'), box = plot.getBoundingClientRect();
    plot.dispatchEvent(new PointerEvent('pointermove', {
      clientX: box.left + box.width * AT_X / 1180, clientY: box.top + box.height * AT_Y / 330}));
    </script></body>"""
    x, y = circles(page, 'operating')[-1]
    path.write_text(text.replace('</body>', pointer.replace('AT_X', str(x + 1)).replace(
        'AT_Y', str(y))))
    page, _ = browse(path)
    assert circles(page, 'marker')[0] == pytest.approx((x, y), abs=2)


def test_a_page_without_annotations_has_no_curve_and_one_without_actions_says_so(
        browse, evaluated, tmp_path):
    made, results, job = evaluated
    page, _ = browse(write({name: value for name, value in made.items() if name != 'curve'},
                           results, tmp_path))
    assert page.is_ready
    assert not any(values.get('class') == 'plot' for _, values in page.tags)
    alone = [replace(results[0], cameras=[
        (camera, replace(track, annotated=())) for camera, track in results[0].cameras])]
    other = build_report(alone, job)
    add_curve(other, alone, job)
    page, _ = browse(write(other, alone, tmp_path))
    assert page.is_ready
    assert 'No annotated actions, or no background.' in page.text


def test_the_test_would_record_a_request(browse, tmp_path):
    path = tmp_path / 'loud.html'
    path.write_text('<img src="http://example.invalid/page-asks-for-this">')
    _, requests = browse(path)
    assert requests


def test_two_reports_compared(browse, evaluated, tmp_path):
    made, _, job = evaluated
    other = {**made, 'figures': {**made['figures'], 'f1@25': 1.0, 'delay_median_sec': 9.0},
             'settings': {**made['settings'], 'hop': 2}}
    del other['units']
    found = changes(made, other)
    verdicts = {name: verdict for name, *_, verdict in found['figures'] if verdict}
    assert verdicts == {'f1@25': 'better, no interval', 'delay_median_sec': 'worse, no interval'}
    path = tmp_path / 'compare.html'
    path.write_text(fill('compare', {**found, 'names': ['a', 'b']}))
    page, requests = browse(path)
    assert page.is_ready
    assert requests == []
    assert f'hop: {job.settings.window.hop} → 2' in page.text
    assert page.text.count('better') == page.text.count('worse') == 1


def test_the_page_is_one_file_without_addresses(evaluated):
    made, results, _ = evaluated
    text = report_page(made, results)
    assert text.count('</script>') == 2
    addresses = set(re.findall(r'https?://[^\s"\'<>]+', text))
    assert addresses == {'http://www.w3.org/2000/svg'}
    assert "default-src 'none'" in text
