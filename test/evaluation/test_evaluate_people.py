# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Whole evaluations of people with a small model: where they come from, and what is reported."""

from dataclasses import replace
import json

from imrs_ros.evaluation.command import main
from imrs_ros.evaluation.compare import changes, format_changes
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import write_annotations
from imrs_ros.evaluation.jobs import evaluate_all
from imrs_ros.evaluation.metrics.figure import PEOPLE_FIGURES
from imrs_ros.evaluation.metrics.figure_table import summary
from imrs_ros.evaluation.metrics.people_figures import people_figures
from imrs_ros.evaluation.offline.people_source import FoundPeople, people_topics
from imrs_ros.evaluation.offline.recording_result import evaluate_recording
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.parameter_file import read_settings
from imrs_ros.people.detection import Box, Detection, Detections
from imrs_ros.records import Frame
import numpy as np
import pytest
from sample_recordings import camera_frames, EAGER, image, make_job, SEC, TOPIC
import yaml

WHOLE = Box(0.125, 0.0, 0.875, 1.0)
"""Centre square of the images of the samples, 64 x 48."""
LEFT, RIGHT = Box(0.0, 0.0, 0.45, 1.0), Box(0.55, 0.0, 1.0, 1.0)
SMALL = {'min_person_px': 8, 'person_margin': 1.0}


def write_people(path, people, number=75, topic='/front/detections', annotations=()):
    """
    Write frames and who is in each.

    :param people: called with the number of a frame.
    """
    with BagWriter(path) as bag:
        for i, (log_ns, frame) in enumerate(camera_frames(number)):
            bag.image(TOPIC, frame, log_ns)
            bag.detections(topic, frame, people(i), log_ns)
    if annotations:
        write_annotations(path / 'annotations.csv', annotations)
    return path


def two(i):
    """Return ann on the left, and bob on the right from the 20th to the 49th frame."""
    found = [Detection(LEFT, 0.9, 'ann')]
    return [*found, Detection(RIGHT, 0.9, 'bob')] if 20 <= i < 50 else found


TRUTH = (Annotation(0.7, 1.5, 'wave', person='ann', box=LEFT),
         Annotation(0.0, 2.9, 'no_action', person='ann', box=LEFT),
         Annotation(0.8, 2.0, 'fall', person='bob', box=RIGHT),
         Annotation(0.8, 2.0, 'no_action', person='bob'))


def evaluate(path, card, people='topic', detections=(), **changes):
    job = make_job(card, **{**SMALL, **changes})
    return evaluate_recording(path, replace(job, people=people, detections=detections))


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    """Return three seconds with two people; not to be changed."""
    return write_people(tmp_path_factory.mktemp('bags') / 'walk', two, annotations=TRUTH)


def test_a_person_in_the_middle_is_scored_as_the_whole_picture(tiny_card, tmp_path):
    path = write_people(tmp_path / 'walk', lambda i: [Detection(WHOLE, 1.0, 'ann')])
    result = evaluate(path, tiny_card)
    (_, whole), = result.cameras
    person, = result.people
    assert (person.times_N == whole.times_N).all()
    assert np.array_equal(person.probabilities_NK, whole.probabilities_NK)
    assert person.decided_labels == whole.decided_labels
    assert person.decided == whole.decided
    # Without people, the whole picture is what it was.
    alone = evaluate(path, tiny_card, people='')
    assert np.array_equal(alone.cameras[0][1].probabilities_NK, whole.probabilities_NK)
    assert alone.people == []


def test_everybody_is_followed_and_those_who_left_end(bag, tiny_card):
    result = evaluate(bag, tiny_card, person_timeout_sec=0.2)
    assert not result.error
    ann, bob = result.people
    assert [(p.name, p.is_annotated, p.seen) for p in (ann, bob)] == [
        ('ann', True, (0, 2.9 * SEC)), ('bob', True, (0.8 * SEC, 2 * SEC))]
    assert [s.label for s in ann.annotated] == ['wave']
    assert ann.times_N[0] == 0.6 * SEC
    assert {round(box.right, 6) for box in ann.boxes} == {LEFT.right}
    assert bob.times_N[0] >= 0.8 * SEC
    # Last seen at 1.96 s.
    assert 1.96 * SEC <= bob.times_N[-1] <= 2.17 * SEC
    assert bob.departed == {1}
    assert bob.decided[-1].end_ns == bob.known_N[-1] + 1
    assert (ann.num_switches, bob.num_switches) == (0, 0)
    # The annotations are of people alone.
    assert result.cameras[0][1].annotated is None
    lines = summary(build_report([result], replace(make_job(tiny_card), people='topic')))
    picture, _, of_people = lines.partition('people (topic):')
    assert [line.split('  ')[0] for line in picture.splitlines()] == [
        'label changes per minute', 'windows scored', 'windows skipped', 'frames',
        'frames dropped', 'window restarts']
    assert 'delay' in of_people


def test_true_boxes_need_no_topic(bag, tiny_card, tmp_path):
    result = evaluate(bag, tiny_card, people='true')
    ann, bob = result.people
    by_topic, _ = evaluate(bag, tiny_card).people
    assert (ann.times_N == by_topic.times_N).all()
    assert np.array_equal(ann.probabilities_NK, by_topic.probabilities_NK)
    assert bob.boxes[0] == RIGHT
    nobody = evaluate(bag, tiny_card, people='true', annotations=(
        replace(TRUTH[0], box=None),))
    assert 'expected annotated boxes of people for "--people true", got none' in nobody.error


def test_people_without_ids_are_tracked_and_matched_by_box(tiny_card, tmp_path):
    pytest.importorskip('trackers')
    path = write_people(tmp_path / 'walk', lambda i: [replace(p, id='') for p in two(i)],
                        annotations=TRUTH)
    ann, bob, *strays = evaluate(path, tiny_card).people
    assert len(ann.times_N) > 10
    assert len(bob.times_N) > 3
    assert not any(stray.decided for stray in strays if stray.is_annotated)


def test_whoever_does_not_count_takes_no_id_from_others(tiny_card, tmp_path):
    pytest.importorskip('trackers')
    # While both are there, nobody knows who is who.
    path = write_people(tmp_path / 'walk', lambda i: [
        Detection(LEFT, 0.9), *([Detection(LEFT, 0.3)] if i < 30 else [])])
    (ann,) = evaluate(path, tiny_card, min_person_score=0.5).people
    assert ann.name == 'track-1'


def test_strangers_who_act_are_false_actions(tiny_card, tmp_path):
    path = write_people(tmp_path / 'walk', two, annotations=[TRUTH[2]])
    result = evaluate(path, tiny_card)
    bob, ann = result.people
    assert (ann.name, ann.is_annotated, ann.annotated) == ('ann', False, ())
    made = build_report([result], replace(make_job(tiny_card), people='topic'))
    found = made['people']['figures']
    assert (found['num_people'], found['num_unmatched']) == (1, 1)
    # The small model always acts.
    assert found['false_actions'] >= len(ann.decided) > 0


def test_somebody_followed_twice_is_excused_while_right(tiny_card, tmp_path):
    def twice(i):
        return [Detection(LEFT, 0.9, 'ann'), Detection(LEFT, 0.9, 'double')]
    label = evaluate(write_people(tmp_path / 'a', twice), tiny_card).people[0].decided[0].label
    truth = [Annotation(0.0, 2.9, label, person='ann', box=LEFT)]
    ann, double = evaluate(write_people(tmp_path / 'b', twice, annotations=truth),
                           tiny_card).people
    assert [double.decided[0].start_ns] == sorted(double.excused)[:1]
    assert not ann.excused
    found = people_figures([ann, double])
    assert found['false_actions'] == len(double.decided) - len(double.excused)
    assert found['num_unmatched'] == 1


def test_without_annotations_people_are_listed(tiny_card, tmp_path):
    path = write_people(tmp_path / 'walk', two)
    result = evaluate(path, tiny_card)
    assert [p.annotated for p in result.people] == [None, None]
    made = build_report([result], replace(make_job(tiny_card), people='topic'))
    assert f'walk {TOPIC} ann, not annotated, decided: ' in summary(made)
    assert made['people']['figures']['recall'] is None


def test_annotations_of_people_that_nobody_asked_for_are_noted(bag, tiny_card):
    result = evaluate(bag, tiny_card, people='')
    assert result.notes == [f'{TOPIC}: people are annotated, and none are followed; name where '
                            'they come from with --people']
    made = build_report([result], make_job(tiny_card))
    assert 'people' not in made
    assert 'people' not in made['recordings'][0]['cameras'][0]


def test_people_who_cannot_be_matched_and_detections_not_used_are_noted(tiny_card, tmp_path):
    path = write_people(tmp_path / 'walk', two, annotations=[
        Annotation(0.5, 1.0, 'wave', person='eve')])
    notes = evaluate(path, tiny_card, max_people=1).notes
    assert any('eve: annotated without a box, and nobody detected has that id' in n for n in notes)
    assert any(n.endswith('detections of people not used: beyond max_people') for n in notes)
    nobody = write_people(tmp_path / 'empty', lambda i: [])
    assert f'{TOPIC}: nobody was followed long enough for a window' in evaluate(
        nobody, tiny_card).notes


def test_detections_of_another_class_are_named(bag, tiny_card):
    notes = evaluate(bag, tiny_card, person_class='human').notes
    assert any(note.endswith(
        'detections of people not used: of class person, not human (person_class)')
        for note in notes)
    assert f'{TOPIC}: nobody was followed long enough for a window' in notes


def test_missing_topics_are_errors_of_that_recording(tiny_card, tmp_path):
    path = write_people(tmp_path / 'walk', two, topic='/yolo')
    assert 'expected people on /front/detections' in evaluate(path, tiny_card).error
    assert len(evaluate(path, tiny_card, detections=('yolo',)).people) == 2


def test_topics_of_people_follow_their_cameras():
    cameras = ('/front/image_raw/compressed', '/rear/image_raw')
    plain = read_settings(None)
    assert people_topics(cameras, plain) == {
        cameras[0]: '/front/detections', cameras[1]: '/rear/detections'}
    assert people_topics(cameras, plain, ('a', '/b')) == {cameras[0]: '/a', cameras[1]: '/b'}
    with pytest.raises(RecordingError, match='expected --detections for each of the cameras'):
        people_topics(cameras, plain, ('a',))
    of_node = read_settings(None, {'cameras': ['rear/image_raw', 'x/image'],
                                   'detections': '/yolo, /other'})
    assert people_topics(cameras, of_node) == {
        cameras[0]: '/front/detections', cameras[1]: '/yolo'}


def test_two_runs_report_the_same_and_processes_too(bag, tiny_card):
    job = replace(make_job(tiny_card, **SMALL), people='topic')
    texts = [json.dumps(build_report(evaluate_all([bag, bag], job, num_jobs), job))
             for num_jobs in (1, 2)]
    assert texts[0] == texts[1]
    made = json.loads(texts[0])
    assert set(made['people']['figures']) == {figure.name for figure in PEOPLE_FIGURES}
    people = made['recordings'][0]['cameras'][0]['people']
    assert [person['id'] for person in people] == ['ann', 'bob']
    windows = people[0]['windows']
    assert len(windows['time_sec']) == len(windows['box']) == len(windows['scores'])
    assert windows['box'][0] == [0.0, 0.0, 0.45, 1.0]


def test_reports_of_people_are_compared(bag, tiny_card, tmp_path):
    made = []
    for threshold in (0.01, 0.99):
        job = replace(make_job(tiny_card, **SMALL, enter_threshold=threshold), people='topic')
        made.append(build_report([evaluate_recording(bag, job)], job))
    found = changes(*made)
    row = {name: values for name, *values in found['people']}
    assert row['num_found'][1] == 0
    assert row['num_people'] == [2, 2, None, '']
    assert found['people_intervals'].endswith('both reports have the same actions')
    text = format_changes(found)
    assert 'people (topic -> topic):' in text
    assert 'id switches per minute of a person' in text
    without = {name: value for name, value in made[1].items() if name != 'people'}
    assert 'people' not in changes(made[0], without)


def test_the_command(bag, tiny_card, tmp_path, capsys):
    params = tmp_path / 'recognizer.yaml'
    params.write_text(yaml.safe_dump({'recognizer': {'ros__parameters': {
        'model': str(tiny_card.folder), **EAGER, **SMALL, 'people': True}}}))

    def run(*options):
        with pytest.raises(SystemExit) as done:
            main(['evaluate', str(bag), '--params', str(params), '--out', str(tmp_path / 'out'),
                  *options])
        return done.value.code, capsys.readouterr().out
    # The parameter file asks for people.
    code, text = run()
    assert code == 0
    assert 'people (topic):' in text
    assert 'annotated people                                 2' in text
    assert 'not annotated, decided' not in text
    assert 'people (true):' in run('--people', 'true')[1]
    assert 'expected --people topic with --detections, got true' in run(
        '--people', 'true', '--detections', '/x')[0]


def test_a_finder_sees_every_image_and_its_people_get_ids():
    pytest.importorskip('trackers')
    seen = []

    def find(image_HWC):
        seen.append(image_HWC.shape)
        return (Detection(LEFT, 0.9), Detection(RIGHT, 0.8))
    source = FoundPeople(find)
    found = [source.at(Frame(i * 40_000_000 + SEC, 'front', image(i)), 0, 0) for i in range(10)]
    assert seen == [(48, 64, 3)] * 10
    assert all(isinstance(one, Detections) for (one,) in found)
    ids = [{person.id for person in one.people} for (one,) in found[-3:]]
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == 2
