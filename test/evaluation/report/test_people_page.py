# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""People on the pages, in a real browser: a timeline each, boxes on images, figures."""

from dataclasses import replace

from browser_page import HOSTILE, write
from imrs_ros.evaluation.compare import changes
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.live.live_people import LivePeople, LivePeopleMessage, LivePerson
from imrs_ros.evaluation.live.live_track import live_section
from imrs_ros.evaluation.live_report import add_live_people
from imrs_ros.evaluation.metrics.figure import format_figure, format_interval, PEOPLE_FIGURES
from imrs_ros.evaluation.metrics.figure_table import summary
from imrs_ros.evaluation.offline.recording_result import evaluate_recording
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.page import fill
from imrs_ros.people.detection import Box, Detection
import pytest
from sample_recordings import camera_frames, make_job, SEC, START_NS, TOPIC
from samples import write_tiny_model

LEFT, RIGHT = Box(-0.1, 0.0, 0.4, 1.0), Box(0.6, 0.25, 1.0, 0.75)

POINT = """<script>
const drawings = document.querySelectorAll('[data-live-people] svg.timeline');
const drawing = drawings[1], box = drawing.getBoundingClientRect();
drawing.dispatchEvent(new PointerEvent('pointermove', {
  clientX: box.left + box.width * 0.6, clientY: box.top + 50}));
</script></body>"""


@pytest.fixture(scope='module')
def evaluated(tmp_path_factory):
    """Return a report, its results and its job: two annotated people, and a stranger who acts."""
    folder = tmp_path_factory.mktemp('people')
    card = write_tiny_model(folder / 'tiny')
    found = [Detection(LEFT, 0.9, 'ann'), Detection(RIGHT, 0.9, HOSTILE),
             Detection(Box(0.45, 0, 0.55, 1), 0.9, 'stray')]
    with BagWriter(folder / 'walk') as bag:
        for log_ns, frame in camera_frames(75):
            bag.image(TOPIC, frame, log_ns)
            bag.detections('/front/detections', frame, found, log_ns)
    job = replace(make_job(card, min_person_px=8, annotations=(
        Annotation(0.2, 1.5, 'wave', person='ann', box=LEFT.inside()),
        Annotation(0.7, 2.4, 'fall', person=HOSTILE, box=RIGHT))), people='topic')
    results = [evaluate_recording(folder / 'walk', job)]
    return build_report(results, job), results, job


def test_everybody_has_a_timeline_and_boxes_on_the_images(browse, evaluated, tmp_path):
    made, results, _ = evaluated
    page, requests = browse(write(made, results, tmp_path))
    assert page.is_ready
    assert requests == []
    people = made['recordings'][0]['cameras'][0]['people']
    assert [person['id'] for person in people] == ['ann', HOSTILE, 'stray']
    shown = [values['data-person'] for tag, values in page.tags if 'data-person' in values]
    assert shown == ['ann', HOSTILE, 'stray']
    drawn = [values for tag, values in page.tags if values.get('class') == 'timeline'
             and 'style' not in values]
    # The whole picture, and three people.
    assert len(drawn) == 4
    assert not any(tag == 'img' and values.get('src') == 'x' for tag, values in page.tags)
    boxes = [values for _, values in page.tags if 'data-box' in values]
    styles = {(values['data-box'], values['class']): values['style'] for values in boxes}
    # Cut at the edge of the image.
    assert styles['ann', 'box'] == 'left:0.00%;top:0.00%;width:40.00%;height:100.00%'
    assert styles[HOSTILE, 'box'] == 'left:60.00%;top:25.00%;width:40.00%;height:50.00%'
    assert ('stray', 'box other') in styles
    assert 'followed, but nobody annotated' in page.text


def test_the_page_shows_the_figures_of_people(browse, evaluated, tmp_path):
    made, results, _ = evaluated
    page, _ = browse(write(made, results, tmp_path))
    assert all(figure.words in page.text for figure in PEOPLE_FIGURES)
    found = made['people']
    assert page.people_figures == {
        figure.name: format_figure(found['figures'][figure.name], figure.unit)
        for figure in PEOPLE_FIGURES}
    assert page.people_intervals == {
        name: format_interval(limits) for name, limits in found['intervals'].items()}
    assert 'Classes of people' in page.text


def test_the_page_draws_the_curve_of_people(browse, evaluated, tmp_path):
    made, results, job = evaluated
    made = {**made, 'people': {**made['people']}}
    add_curve(made, results, job)
    # The annotations are of people alone: there is no other curve.
    assert 'curve' not in made
    curve = made['people']['curve']
    page, _ = browse(write(made, results, tmp_path))
    assert page.is_ready
    assert 'People: recall against false actions, by threshold' in page.text
    lines = [values['data-label'] for tag, values in page.tags
             if tag == 'path' and values.get('class') == 'curve']
    assert lines == [*reversed(curve['per_class']), '']


def live_messages(person):
    """Return what a node would say of somebody, 0.1 s after each frame."""
    return LivePeople([LivePeopleMessage(
        arrival_ns=START_NS + time_ns + SEC // 10, people=(LivePerson(
            id=person.name, stamp_ns=START_NS + time_ns, label=label, confidence=confidence,
            box_px=box.scaled(64, 48)),))
        for time_ns, label, confidence, box in zip(
            person.times_N.tolist(), person.decided_labels, person.confidences_N.tolist(),
            person.boxes)])


def test_the_page_shows_people_live_beside_offline(browse, evaluated, tmp_path):
    made, results, job = evaluated
    (camera, track), = results[0].cameras
    hostile = results[0].people[1]
    made = {**made, 'live': live_section([('front', track, track)], {}, [])}
    add_live_people(made, results[0], {'front': live_messages(hostile)}, {TOPIC: (64, 48)},
                    START_NS, job)
    page, requests = browse(write(made, results, tmp_path))
    assert page.is_ready
    assert requests == []
    live = made['live']['people']
    assert page.live_people_figures == {
        figure.name: format_figure(live['figures'][figure.name], figure.unit)
        for figure in PEOPLE_FIGURES}
    assert live['cameras'][0]['people'][1]['decided'][0][0] == pytest.approx(
        hostile.decided[0].start_ns / 1e9 + 0.1, abs=1e-3)
    # Annotated people have a timeline, heard of or not; the stranger was not.
    shown = [values['data-person'] for _, values in page.tags if 'data-person' in values]
    assert shown == ['ann', HOSTILE, 'stray', 'ann', HOSTILE]
    assert [values['data-live-people'] for _, values in page.tags
            if 'data-live-people' in values] == ['front']
    # A row of what was decided offline, and one of what was live.
    assert page.text.count('annotatedofflinelive') == 2
    assert 'result age, median0.100 s' in page.text
    assert not any(tag == 'img' and values.get('src') == 'x' for tag, values in page.tags)
    text = summary(made)
    assert 'live node, front, people:' in text
    assert 'fraction of live windows labelled as offline     1.000' in text


def test_the_pointer_shows_what_a_live_node_decided(browse, evaluated, tmp_path):
    made, results, job = evaluated
    (camera, track), = results[0].cameras
    made = {**made, 'live': live_section([('front', track, track)], {}, [])}
    add_live_people(made, results[0], {'front': live_messages(results[0].people[1])},
                    {TOPIC: (64, 48)}, START_NS, job)
    path = write(made, results, tmp_path)
    path.write_text(path.read_text().replace('</body>', POINT))
    page, _ = browse(path)
    shown = page.text.rpartition(' sannotated: ')[2]
    assert 'decided: ' in shown
    # Without scores, no window has a best class.
    assert 'window: ' not in shown


def test_a_stranger_without_an_action_is_only_counted(browse, evaluated, tmp_path):
    made, results, _ = evaluated
    recording = made['recordings'][0]
    camera = recording['cameras'][0]
    idle = [{**person, 'decided': []} for person in camera['people']]
    page, _ = browse(write({**made, 'recordings': [{**recording, 'cameras': [
        {**camera, 'people': idle}]}]}, results, tmp_path))
    assert [values['data-person'] for _, values in page.tags if 'data-person' in values] == [
        'ann', HOSTILE]
    assert '1 more followed who match nobody annotated, without an action.' in page.text


def test_a_page_without_people_has_none(browse, evaluated, tmp_path):
    _, _, job = evaluated
    plain = replace(job, people='', annotations=(Annotation(0.7, 1.5, 'wave'),))
    with BagWriter(tmp_path / 'walk') as bag:
        for log_ns, frame in camera_frames(30):
            bag.image(TOPIC, frame, log_ns)
    results = [evaluate_recording(tmp_path / 'walk', plain)]
    page, _ = browse(write(build_report(results, plain), results, tmp_path))
    assert page.is_ready
    assert 'People' not in page.text
    assert not any('data-box' in values for _, values in page.tags)


def test_the_comparison_shows_people(browse, evaluated, tmp_path):
    made, _, _ = evaluated
    path = tmp_path / 'compare.html'
    path.write_text(fill('compare', {**changes(made, made), 'names': ['a', 'b']}))
    page, _ = browse(path)
    assert page.is_ready
    assert 'People, topic → topic' in page.text
    assert 'id switches per minute of a person' in page.text
    assert 'paired: both reports have the same actions' in page.text
