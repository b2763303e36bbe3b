# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Recordings played to the real node, and its outputs recorded."""

import json
import os
import signal
import subprocess
import sys

from imrs_ros.evaluation.offline.recording_result import evaluate_recording, Job
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.files import read_report
from imrs_ros.node.messages import decode_image, stamp_to_ns
from imrs_ros.parameter_file import read_settings
import numpy as np
import pytest
from ros_support import EAGER, frames
from samples import write_video
import yaml

rosgraph_msgs = pytest.importorskip('rosgraph_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
from imrs_ros.evaluation.live.recorder import LiveRecorder  # noqa: E402
from imrs_ros.evaluation.play import RecordingPlayer  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402

TOPICS = ('/front/image_raw', '/rear/image_raw/compressed')


@pytest.fixture
def bag(tmp_path):
    """Return an annotated bag of 1.5 s from two cameras."""
    with BagWriter(tmp_path / 'walk') as bag:
        for frame in frames(38):
            for topic in TOPICS:
                bag.image(topic, frame, frame.stamp_ns)
    (tmp_path / 'walk' / 'annotations.csv').write_text('start,end,label\n0.8,1.4,wave\n')
    return tmp_path / 'walk'


def test_a_bag_is_published_unchanged_with_its_clock(graph, bag):
    raw = graph.collect(sensor_msgs.Image, TOPICS[0])
    jpeg = graph.collect(sensor_msgs.CompressedImage, TOPICS[1])
    clock = graph.collect(rosgraph_msgs.Clock, '/clock')
    with open_recording(bag) as recording:
        player = RecordingPlayer(graph.node, recording, rate=4.0, has_clock=True)
        with pytest.raises(RuntimeError, match='expected a subscriber of /clock within 0.1 s'):
            player.wait(0.1, num_clock_subscribers=2)
        player.wait(60, num_clock_subscribers=1)
        assert player.play() == 76
    graph.wait(lambda: len(raw) == len(jpeg) == 38)
    sent = frames(38)
    assert [decode_image(m).stamp_ns for m in raw] == [f.stamp_ns for f in sent]
    assert (decode_image(raw[5]).image_HWC == sent[5].image_HWC).all()
    assert np.abs(decode_image(jpeg[5]).image_HWC.astype(int) - sent[5].image_HWC).mean() < 50
    times = [stamp_to_ns(m.clock) for m in clock]
    assert times == sorted(times)
    graph.wait(lambda: stamp_to_ns(clock[-1].clock) == sent[-1].stamp_ns)


def test_a_video_is_published_and_a_topic_without_subscriber_is_named(graph, tmp_path):
    with open_recording(write_video(tmp_path / 'clip.avi', 5)) as recording:
        player = RecordingPlayer(graph.node, recording, rate=10.0)
        with pytest.raises(RuntimeError, match='expected a subscriber of /video within 0.1 s'):
            player.wait(0.1)
        got = graph.collect(sensor_msgs.Image, '/video')
        player.wait(60)
        player.play()
        graph.wait(lambda: len(got) == 5)
        with pytest.raises(ValueError, match='expected a rate above 0'):
            RecordingPlayer(graph.node, recording, rate=0.0)


@pytest.fixture
def params(tiny_card, tmp_path):
    """Return a parameter file of the tiny model, with a camera that is in no bag."""
    values = {'model': str(tiny_card.folder), 'cameras': [*TOPICS, '/none/image_raw'], 'hop': 4,
              'backend': 'torch', 'num_threads': 1, 'reliability': 'reliable',
              'queue_size': 100, **EAGER}
    path = tmp_path / 'recognizer.yaml'
    path.write_text(yaml.safe_dump({'recognizer': {'ros__parameters': values}}))
    return path


def record(graph, bag, params, out):
    """Start ``record --alone`` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, '-m', 'imrs_ros.evaluation', 'record', str(bag), '--params', str(params),
         '--out', str(out), '--alone'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}, start_new_session=True)


def test_live_and_offline_agree_on_the_same_windows(
        graph, bag, params, tiny_card, tmp_path):
    out = tmp_path / 'report'
    process = record(graph, bag, params, out)
    output = process.communicate(timeout=240)
    assert process.returncode == 0, output
    live = json.loads((out / 'report.json').read_text())['live']
    assert live['notes'] == []
    assert [camera['camera'] for camera in live['cameras']] == ['front', 'rear']
    for camera in live['cameras']:
        found = camera['differences']
        assert 1 <= found['windows_live'] <= found['windows_offline'] == 6
        # Windows scored by both agree, whatever the live node skipped under load.
        assert found['score_difference'] in (None, 0.0) or found['score_difference'] < 1e-4
        assert found['age_median_sec'] >= 0
        assert found['num_dropped'] == 0
    job = Job(card=tiny_card, settings=read_settings(params))
    results = [evaluate_recording(bag, job)]
    offline = build_report(results, job)
    add_curve(offline, results, job)
    made = read_report(out)
    del made['live']
    assert made == offline


@pytest.mark.parametrize('to_all', [True, False], ids=['as_ctrl_c', 'recorder_alone'])
def test_an_interrupted_replay_is_reported_up_to_there(graph, params, tmp_path, to_all):
    with BagWriter(tmp_path / 'long') as bag:
        for frame in frames(1500, size=(24, 32)):
            bag.image(TOPICS[0], frame, frame.stamp_ns)
    annotations = tmp_path / 'long' / 'annotations.csv'
    annotations.write_text('start,end,label\n0.2,50,wave\n51,55,wave\n')
    received = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    process = record(graph, tmp_path / 'long', params, tmp_path / 'report')
    # The recorder may receive them a little later than this process.
    graph.wait(lambda: len(received) > 15 or process.poll() is not None, 120)
    if to_all:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130, out + errors
    assert 'Traceback' not in errors, errors
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    made = read_report(tmp_path / 'report')
    (recording,) = made['recordings']
    (camera,) = recording['cameras']
    assert recording['notes'][0].startswith('interrupted after ')
    assert f'{recording["duration_sec"]:.1f} s of 60.0 s' in recording['notes'][0]
    assert made['figures']['num_windows'] == len(camera['windows']['time_sec']) > 5
    # The second action was not played; the first counts as far as it was.
    assert camera['truth'] == [[0.2, pytest.approx(recording['duration_sec'], abs=1e-3), 'wave']]
    assert 'live' not in made
    assert (tmp_path / 'report' / 'report.html').is_file()


def test_an_interrupt_before_any_scores_is_reported(graph, bag, params, tmp_path):
    process = subprocess.Popen(
        [sys.executable, '-m', 'imrs_ros.evaluation', 'record', str(bag), '--params', str(params),
         '--out', str(tmp_path / 'report')], stderr=subprocess.PIPE, text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)})
    graph.wait(lambda: graph.node.count_subscribers('/diagnostics') == 1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == 'record: interrupted, no result\n'
    assert not (tmp_path / 'report').exists()


def test_the_recorder_waits_for_the_node_but_not_for_cameras_it_lacks(graph, monkeypatch):
    monkeypatch.setattr('imrs_ros.evaluation.live.recorder.START_LIMIT_SEC', 0.2)
    recorder = LiveRecorder(graph.node, ['front', 'rear'], ['wave'])
    recorder.wait_for_node(lambda: True)
    with pytest.raises(RuntimeError, match='publisher of /recognizer/front/classification within'):
        recorder.wait_for_node(lambda: False)
    publish = graph.reliable_publisher(
        vision_msgs.Classification, '/recognizer/rear/classification').publish
    monkeypatch.setattr('imrs_ros.evaluation.live.recorder.START_LIMIT_SEC', 60.0)
    monkeypatch.setattr('imrs_ros.evaluation.live.recorder.OTHERS_LIMIT_SEC', 0.2)
    recorder.wait_for_node(lambda: False)
    publish(vision_msgs.Classification())
    graph.wait(lambda: len(recorder.windows['rear']) == 1)
    assert recorder.windows['front'] == []


def test_messages_that_cannot_be_used_are_counted_and_named(graph):
    recorder = LiveRecorder(graph.node, ['front'], ['wave'])
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    scores, action = (
        graph.node.create_publisher(vision_msgs.Classification, f'/recognizer/front/{name}', qos)
        for name, qos in (('classification', 10), ('action', latched)))
    graph.wait(lambda: scores.get_subscription_count() and action.get_subscription_count())

    def result(label, score):
        found = vision_msgs.Classification()
        found.results = [vision_msgs.ObjectHypothesis(class_id=label, score=score)]
        return found
    for message in (result('wave', float('nan')), result('dance', 0.5), result('wave', 0.5)):
        scores.publish(message)
    graph.wait(lambda: len(recorder.windows['front']) == 1)
    action.publish(vision_msgs.Classification())
    graph.wait(lambda: len(recorder.problems) == 3)
    assert recorder.notes() == [
        '1 messages not used: front: an action without a label and its score',
        '1 messages not used: front: scores of dance, which the model of --params does not know; '
        'start the node with the same model',
        '1 messages not used: front: scores that are no numbers']
