# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""People of a recording, followed by the real node, and what it says of them recorded."""

import json
import os
import subprocess
import sys

from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import write_annotations
from imrs_ros.evaluation.metrics.figure import LIVE_FIGURES, PEOPLE_FIGURES
from imrs_ros.evaluation.offline.recording_result import evaluate_recording, Job
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.parameter_file import read_settings
from imrs_ros.people.detection import Box, Detection
import pytest
from ros_support import EAGER, frames
import yaml

vision_msgs = pytest.importorskip('vision_msgs.msg')
if not hasattr(vision_msgs, 'Detection2DArray'):
    pytest.skip('needs vision_msgs with detections: `make setup`', allow_module_level=True)
from imrs_ros.evaluation.live.recorder import LiveRecorder  # noqa: E402
from imrs_ros.node.messages import ns_to_stamp  # noqa: E402

TOPIC = '/front/image_raw'
LEFT, RIGHT = Box(0.0, 0.0, 0.45, 1.0), Box(0.55, 0.0, 1.0, 1.0)


@pytest.fixture
def bag(tmp_path):
    """Return four seconds of ann, and of bob on the right from 0.8 to 2 s; both annotated."""
    with BagWriter(tmp_path / 'walk') as bag:
        for i, frame in enumerate(frames(100)):
            bag.image(TOPIC, frame, frame.stamp_ns)
            bob = [Detection(RIGHT, 0.9, 'bob')] if 20 <= i < 50 else []
            bag.detections('/front/detections', frame, [Detection(LEFT, 0.9, 'ann'), *bob],
                           frame.stamp_ns)
    write_annotations(tmp_path / 'walk' / 'annotations.csv', [
        Annotation(0.7, 1.5, 'wave', person='ann', box=LEFT),
        Annotation(0.8, 2.0, 'fall', person='bob', box=RIGHT)])
    return tmp_path / 'walk'


@pytest.fixture
def params(tiny_card, tmp_path):
    values = {'model': str(tiny_card.folder), 'cameras': [TOPIC], 'hop': 4, 'backend': 'torch',
              'num_threads': 1, 'reliability': 'reliable', 'queue_size': 100, 'people': True,
              'min_person_px': 8, 'person_timeout_sec': 0.2, **EAGER}
    path = tmp_path / 'recognizer.yaml'
    path.write_text(yaml.safe_dump({'recognizer': {'ros__parameters': values}}))
    return path


def test_people_live_and_offline_agree_on_the_same_windows(
        graph, bag, params, tiny_card, tmp_path):
    out = tmp_path / 'report'
    done = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.evaluation', 'record', str(bag), '--params', str(params),
         '--out', str(out), '--alone'], capture_output=True, text=True, timeout=240,
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)})
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads((out / 'report.json').read_text())
    live = made.pop('live')
    assert live['notes'] == []
    assert list(live['people']['figures']) == [row.name for row in PEOPLE_FIGURES]
    camera, = live['people']['cameras']
    found = camera['differences']
    assert 1 <= found['windows_live'] <= found['windows_offline']
    assert 0 <= found['age_median_sec'] <= found['age_max_sec'] < 5
    assert set(found) < {row.name for row in LIVE_FIGURES}
    offline = {person['id']: person for person in made['recordings'][0]['cameras'][0]['people']}
    ann, bob = camera['people']
    for person in (ann, bob):
        other = offline[person['id']]
        assert (person['truth'], person['seen']) == (other['truth'], other['seen'])
        at = dict(zip(other['windows']['time_sec'], other['windows']['decided']))
        windows = person['windows']
        shared = [t for t in windows['time_sec'] if t in at]
        assert len(shared) > 2
        # The scenes of both are still, apart from the noise: their squares are the same.
        assert [d for t, d in zip(windows['time_sec'], windows['decided']) if t in at] == [
            at[t] for t in shared]
        assert windows['box'][0] == other['windows']['box'][0]
        assert set(windows['followed_as']) == {windows['followed_as'][0]}
        assert person['decided'][0][0] >= windows['time_sec'][0]
    # Ann was there to the end, after which the node has no frames.
    assert ann['decided'][-1][1] == pytest.approx(
        made['recordings'][0]['duration_sec'], abs=0.05)
    # Bob left at 2 s, and his action with him, while the recording goes on to 4 s.
    assert bob['decided'][-1][1] < 2.8
    assert 'people (topic):' in done.stdout
    assert 'live node, front, people:' in done.stdout
    # What is said offline is what ``evaluate`` says.
    job = Job(card=tiny_card, settings=read_settings(params), people='topic')
    results = [evaluate_recording(bag, job)]
    expected = build_report(results, job)
    add_curve(expected, results, job)
    assert made == expected


def test_a_node_without_people_is_noted(graph, bag, params, tmp_path):
    done = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.evaluation', 'record', str(bag), '--params', str(params),
         '--people', 'true', '--out', str(tmp_path / 'report'), '--alone'], capture_output=True,
        text=True, timeout=240, env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)})
    assert done.returncode == 0, done.stdout + done.stderr
    live = json.loads((tmp_path / 'report' / 'report.json').read_text())['live']
    assert live['notes'] == ['front: the node published no people']
    assert live['people']['cameras'] == []
    assert live['people']['figures']['num_followed'] == 0


def test_the_recorder_waits_for_people_and_counts_what_it_cannot_use(graph):
    recorder = LiveRecorder(graph.node, ['front'], ['wave'], has_people=True)
    scores = graph.node.create_publisher(
        vision_msgs.Classification, '/recognizer/front/classification', 10)
    people = graph.node.create_publisher(
        vision_msgs.Detection2DArray, '/recognizer/front/people', 10)
    action = graph.node.create_publisher(
        vision_msgs.Detection2D, '/recognizer/front/person_action', 10)
    recorder.wait_for_node(lambda: False)
    graph.wait(lambda: all(one.get_subscription_count() for one in (scores, people, action)))

    def somebody(name='ann', label='wave', score=0.5, size_x=20.0):
        bbox = vision_msgs.BoundingBox2D(size_x=size_x, size_y=40.0)
        bbox.center.position.x, bbox.center.position.y = 10.0, 20.0
        found = vision_msgs.Detection2D(id=name, bbox=bbox, results=[
            vision_msgs.ObjectHypothesisWithPose(hypothesis=vision_msgs.ObjectHypothesis(
                class_id=label, score=score))])
        found.header.stamp = ns_to_stamp(7_000_000_000)
        return found
    waiting = somebody('eve')
    waiting.results = []
    nan = float('nan')
    people.publish(vision_msgs.Detection2DArray(detections=[
        somebody(), somebody(''), somebody('bob', 'dance'), somebody('bob', score=nan),
        somebody('bob', size_x=nan), waiting]))
    action.publish(somebody(label='no_action'))
    action.publish(waiting)
    heard = recorder.people['front']
    graph.wait(lambda: heard.actions and recorder.notes() and sum(
        int(note.split()[0]) for note in recorder.notes()) == 5)
    message, = heard.messages
    ann, = message.people
    assert (ann.id, ann.stamp_ns, ann.label, ann.confidence) == (
        'ann', 7_000_000_000, 'wave', 0.5)
    assert ann.box_px == Box(0.0, 0.0, 20.0, 40.0)
    assert [one.label for one in heard.actions] == ['no_action']
    assert recorder.notes() == [
        '3 messages not used: front: a person without an action and its score, or without a box',
        '1 messages not used: front: a person without an id',
        '1 messages not used: front: an action dance of a person, which the model of --params '
        'does not know; start the node with the same model']


def test_nothing_is_recorded_of_people_unless_asked_for(graph):
    recorder = LiveRecorder(graph.node, ['front'], ['wave'])
    assert recorder.people == {}
    assert graph.node.count_subscribers('/recognizer/front/people') == 0
