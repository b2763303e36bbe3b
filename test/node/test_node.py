# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The real node over the real middleware."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from imrs_ros.backends import load_backend
from imrs_ros.decision import softmax
from imrs_ros.model_card import ModelCard
from imrs_ros.node.messages import jpeg_message, raw_message, stamp_to_ns
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Frame, NO_ACTION
from imrs_ros.settings import BackendSettings, WindowSettings
from imrs_ros.video import read_video
import numpy as np
import pytest
import rclpy
from rclpy.qos import qos_profile_sensor_data
from ros_support import (
    change_state, EAGER, frames, publish_all, publish_in_turn, publish_window, START_NS, state,
    STATES, tiny_parameters, TRANSITIONS)
from training.clips.windows import video_windows
from training.data_set.splits import LabelledVideo
from training.scoring.scored_model import backend_scorer

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
parameter_msgs = pytest.importorskip('rcl_interfaces.msg')
parameter_srvs = pytest.importorskip('rcl_interfaces.srv')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')


def test_scores_labels_stamps_and_frame_ids(graph, tiny_card):
    topic = '/recognizer/front/classification'
    scores = graph.collect(vision_msgs.Classification, topic)
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw', top_k=2))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    graph.wait(lambda: graph.node.count_publishers(topic))
    sent = frames(20)
    publish_all(camera, [raw_message(frame) for frame in sent[:15]])
    publish_in_turn(graph, camera, [raw_message(frame) for frame in sent[15:]], scores)
    assert [stamp_to_ns(m.header.stamp) for m in scores] == [f.stamp_ns for f in sent[15:]]
    assert {m.header.frame_id for m in scores} == {'optical_frame'}
    assert all(len(m.results) == 2 for m in scores)
    assert all(m.results[0].score >= m.results[1].score for m in scores)
    late = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    graph.wait(lambda: late)
    labels = graph.collect(vision_msgs.LabelInfo, '/recognizer/labels', latched=True)
    graph.wait(lambda: labels)
    assert [c.class_name for c in labels[0].class_map] == [*tiny_card.labels, NO_ACTION]


def test_annotated_images_are_published_while_subscribed(graph, tiny_card):
    topic = '/recognizer/front/annotated'
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    # On a busy machine, waiting for a window is no silence of the camera.
    node = graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw', **EAGER), max_gap_sec=60.0)
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    sent = frames(500, size=(120, 160))
    publish_window(graph, camera, [raw_message(frame) for frame in sent[:16]], scores)
    shown, later = [], iter(sent[16:])

    def publish_until(condition):
        graph.wait(lambda: condition() or publish_in_turn(
            graph, camera, [raw_message(next(later))], scores))
    look = graph.node.create_subscription(
        sensor_msgs.Image, topic, shown.append, qos_profile_sensor_data)
    publish_until(lambda: shown)
    frame = next(f for f in sent if f.stamp_ns == stamp_to_ns(shown[-1].header.stamp))
    image = np.frombuffer(shown[-1].data, np.uint8).reshape(120, 160, 3)
    assert (image[20:] == frame.image_HWC[20:]).all()
    assert (image[:12] != frame.image_HWC[:12]).any()
    assert shown[-1].header.frame_id == 'optical_frame'
    assert labels
    kept = node._configured.cameras['front'].outputs.annotated._frames
    assert kept
    graph.node.destroy_subscription(look)
    publish_until(lambda: not kept)


def test_raw_and_compressed_cameras_are_kept_apart(graph, tiny_card):
    received = {name: graph.collect(
        vision_msgs.Classification, f'/recognizer/{name}/classification')
        for name in ('front', 'rear')}
    graph.start_recognizer(**tiny_parameters(
        tiny_card, '/front/image_raw', '/rear/image_raw/compressed'))
    front = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    rear = graph.reliable_publisher(sensor_msgs.CompressedImage, '/rear/image_raw/compressed')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/rear/classification'))
    publish_all(front, [raw_message(f) for f in frames(16, frame_id='front_frame')])
    publish_all(rear, [jpeg_message(f) for f in frames(16, 1000, frame_id='rear_frame')])
    graph.wait(lambda: received['front'] and received['rear'])
    for name, first in (('front', 0), ('rear', 1000)):
        assert {m.header.frame_id for m in received[name]} == {f'{name}_frame'}
        assert stamp_to_ns(received[name][-1].header.stamp) == (
            START_NS + 40_000_000 * (first + 15))


def test_lifecycle_round_trips(graph, tiny_card):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    node = graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw', autostart=False))
    assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
    camera = graph.node.create_publisher(sensor_msgs.Image, '/front/image_raw', 100)
    for trip in range(3):
        assert change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
        for _ in range(2):
            assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)
            assert state(graph) == STATES.PRIMARY_STATE_ACTIVE
            graph.wait(lambda: camera.get_subscription_count() == 1)
            graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
            time.sleep(0.2)
            # Fifteen frames before the deactivation and one after it make no window.
            before = len(scores)
            publish_all(camera, [raw_message(f) for f in frames(15, first=100 * trip)])
            time.sleep(0.2)
            assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
            assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)
            graph.wait(lambda: camera.get_subscription_count() == 1)
            time.sleep(0.2)
            camera.publish(raw_message(frames(1, first=100 * trip + 15)[0]))
            time.sleep(0.3)
            assert len(scores) == before
            publish_window(graph, camera, [
                raw_message(f) for f in frames(15, first=100 * trip + 16)], scores)
            assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
        assert change_state(graph, TRANSITIONS.TRANSITION_CLEANUP)
        assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
        assert list(node.publishers) == [] or all(
            'front' not in p.topic_name for p in node.publishers)
    assert change_state(graph, TRANSITIONS.TRANSITION_UNCONFIGURED_SHUTDOWN)


@pytest.mark.parametrize(('changes', 'words'), [
    ({'hop': -3}, 'hop'), ({'model': '/no/such/model'}, '/no/such/model'),
    ({'cameras': ['/front camera/image']}, 'front camera'),
    ({'cameras': ['/front/{foo}']}, "got '/front/{foo}': "), ({'cameras': ['~']}, 'names of'),
    ({'leave_threshold': 0.9}, 'leave_threshold'), ({'backend': 7}, 'backend')])
def test_refused_configuration_names_the_reason_and_can_be_corrected(
        graph, tiny_card, changes, words, capfd):
    graph.start_recognizer(**{**tiny_parameters(tiny_card, '/front/image_raw'), **changes})
    assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
    printed = capfd.readouterr().err
    assert 'not configured' in printed
    assert words in printed
    name = next(iter(changes))
    right = tiny_parameters(tiny_card, '/front/image_raw', leave_threshold=0.1)[name]
    request = parameter_srvs.SetParameters.Request(
        parameters=[rclpy.Parameter(name, value=right).to_parameter_msg()])
    (result,) = graph.call(
        parameter_srvs.SetParameters, '/recognizer/set_parameters', request).results
    assert result.successful, result.reason
    assert change_state(graph, TRANSITIONS.TRANSITION_CONFIGURE)
    assert change_state(graph, TRANSITIONS.TRANSITION_ACTIVATE)


def damaged_messages():
    """Return one message for every way to be wrong."""
    good = frames(1)[0]
    bad_step, bad_length, unknown, tiny, no_stamp = (raw_message(good) for _ in range(5))
    bad_step.step = 7
    bad_length.data = bad_length.data[:100]
    unknown.encoding = 'holographic'
    tiny.width = tiny.height = 1
    no_stamp.header.stamp.sec = 0
    return [bad_step, bad_length, unknown, tiny, no_stamp]


def test_broken_images_are_survived_and_counted(graph, tiny_card, capfd):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
    messages = [raw_message(frame) for frame in frames(16)]
    # Resolution and encoding change on the way; the window continues.
    messages[8:12] = [raw_message(f) for f in frames(4, first=8, size=(200, 300))]
    mono = messages[12]
    mono.encoding, mono.step, mono.data = 'mono8', 80, mono.data[:80 * 60]
    sent = messages[:8] + damaged_messages() + messages[8:]
    publish_window(graph, camera, sent, scores)
    assert stamp_to_ns(scores[0].header.stamp) == frames(16)[-1].stamp_ns

    def dropped():
        return [v.value for m in diagnostics for s in m.status
                if s.name == '/recognizer: camera front' for v in s.values
                if v.key == 'num_dropped' and v.value == '5']
    graph.wait(dropped)
    # One throttled warning says what was expected and what came.
    printed = capfd.readouterr().err
    assert printed.count('image dropped: expected') == 1
    assert 'got a step of 7' in printed


@pytest.mark.parametrize('jump', [-500, 500])
def test_stamps_that_jump_restart_the_window(graph, tiny_card, capfd, jump):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
    after = frames(16, first=1000 + jump)
    publish_all(camera, [raw_message(frame) for frame in frames(15, first=1000)])
    publish_window(graph, camera, [raw_message(frame) for frame in after], scores)
    assert [stamp_to_ns(m.header.stamp) for m in scores] == [after[-1].stamp_ns]
    assert 'window restarted: expected' in capfd.readouterr().err


def test_node_recognizer_and_evaluation_give_the_same_scores(graph, dataset, shipped_model):
    card = ModelCard.load(shipped_model)
    video = sorted((dataset / 'videos' / 'BabyCrawling').iterdir())[0]
    backend = load_backend(card, BackendSettings()).backend
    windows = video_windows(num_frames=16, fps=card.spec.fps, size_px=card.spec.size_px)(
        LabelledVideo(video, 0, None))
    evaluated = [softmax(logits, card.temperature)[:len(card.labels)]
                 for logits in backend_scorer(backend)(windows)]
    sent = [Frame(START_NS + f.stamp_ns, 'camera', f.image_HWC) for f in read_video(video)]

    recognizer = Recognizer(card, backend, ['front'], window=WindowSettings(hop=16))
    offline = []
    for frame in sent:
        recognizer.push('front', frame)
        offline += recognizer.step()

    live = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    # On a busy machine a window may take longer than the default gap, which ends the action.
    graph.start_recognizer(
        model=str(shipped_model), cameras=['/front/image_raw'], hop=16, reliability='reliable',
        top_k=len(card.labels), max_gap_sec=60.0)
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
    ends = {decision.scores.stamp_ns for decision in offline}
    for frame in sent:
        before = len(live)
        publish_all(camera, [raw_message(frame)])
        if frame.stamp_ns in ends:
            graph.wait(lambda before=before: len(live) > before)

    assert len(evaluated) == len(offline) == len(live) >= 3
    for probabilities, decision, message in zip(evaluated, offline, live):
        assert stamp_to_ns(message.header.stamp) == decision.scores.stamp_ns
        assert np.abs(decision.probabilities_K - probabilities).max() <= 1e-4
        by_label = {result.class_id: result.score for result in message.results}
        published = np.array([by_label[label] for label in card.labels])
        assert np.abs(published - probabilities).max() <= 1e-4


def test_labels_of_real_clips(graph, dataset, shipped_model):
    """The clips are test clips; what is decided for most of a clip is its class."""
    received = {name: graph.collect(
        vision_msgs.Classification, f'/recognizer/{name}/action', latched=True)
        for name in ('raw', 'jpeg')}
    scores = {name: graph.collect(
        vision_msgs.Classification, f'/recognizer/{name}/classification')
        for name in ('raw', 'jpeg')}
    graph.start_recognizer(
        model=str(shipped_model), cameras=['/raw/image', '/jpeg/image/compressed'],
        reliability='reliable')
    cameras = {'raw': (graph.reliable_publisher(sensor_msgs.Image, '/raw/image'), raw_message),
               'jpeg': (graph.reliable_publisher(
                   sensor_msgs.CompressedImage, '/jpeg/image/compressed'), jpeg_message)}
    decided = {}
    for name, class_name in (('raw', 'PlayingViolin'), ('jpeg', 'PlayingViolin'),
                             ('raw', 'Punch'), ('jpeg', 'Punch')):
        video = dataset / 'videos' / class_name / f'v_{class_name}_g01_c01.mp4'
        play(*cameras[name], video)
        time.sleep(0.5)
        assert scores[name]
        # Between clips the camera is silent, which ends the action.
        actions = [message.results[0].class_id for message in received[name]]
        decided[name, class_name] = [a for a in actions if a != NO_ACTION][-1]
    assert decided == {key: key[1] for key in decided}


def play(publisher, to_message, video):
    """Publish a video in real time."""
    start_ns, begin = time.time_ns(), time.monotonic()
    for frame in read_video(video):
        time.sleep(max(0.0, begin + frame.stamp_ns / 1e9 - time.monotonic()))
        publisher.publish(to_message(
            Frame(start_ns + frame.stamp_ns, 'camera', frame.image_HWC)))


def test_without_vision_msgs_the_label_is_still_published(
        graph, tiny_card, monkeypatch, capfd):
    for module in ('configured', 'outputs'):
        monkeypatch.setattr(f'imrs_ros.node.{module}.HAS_VISION_MSGS', False)
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    assert capfd.readouterr().err.count('vision_msgs is not installed') == 1
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_window(graph, camera, [raw_message(frame) for frame in frames(16)], labels)
    assert graph.node.count_publishers('/recognizer/front/classification') == 0


SIGNAL_WHILE_STARTING = '''
import os, sys, threading, time
import rclpy
from imrs_ros.__main__ import main

def interrupt():
    while not rclpy.ok():
        time.sleep(0.0005)
    time.sleep({delay_sec})
    os.kill(os.getpid(), {stop})

threading.Thread(target=interrupt).start()
main(['--ros-args', '-p', 'model:={model}', '-p', 'cameras:=[/front/image_raw]'])
'''
SIGNAL_WHILE_IMPORTING = '''
import builtins, os
from imrs_ros.__main__ import main
import_module = builtins.__import__

def interrupt(name, *arguments, **others):
    if name.startswith('imrs_ros.node.worker'):
        os.kill(os.getpid(), {stop})
    return import_module(name, *arguments, **others)

builtins.__import__ = interrupt
main()
'''
SIGNAL_WHILE_CREATING = '''
import os
from imrs_ros.__main__ import main
from rclpy.lifecycle import LifecycleNode
declare = LifecycleNode.declare_parameter

def interrupt(self, name, *arguments, **others):
    if name == 'cameras':
        os.kill(os.getpid(), {stop})
    return declare(self, name, *arguments, **others)

LifecycleNode.declare_parameter = interrupt
main(['--ros-args', '-p', 'model:={model}', '-p', 'cameras:=[/front/image_raw]'])
'''
SIGNAL_WHILE_LOADING = '''
import os, threading, time
from imrs_ros.__main__ import main
from imrs_ros.backends import load

def load_for_an_hour(card, settings):
    threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), {stop}))).start()
    time.sleep(3600)

load.LOADERS['openvino'] = load_for_an_hour
main(['--ros-args', '-p', 'model:={model}', '-p', 'cameras:=[/front/image_raw]'])
'''


def run_until_it_ends(graph, code):
    done = subprocess.run(
        [sys.executable, '-c', code], env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)},
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for words in ('Traceback', 'not configured', 'Failed to complete transition'):
        assert words not in done.stderr


@pytest.mark.parametrize('delay_sec', [0.0, 0.02, 0.05, 0.5])
@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_process_ends_cleanly_while_it_starts(graph, tiny_card, stop, delay_sec):
    run_until_it_ends(graph, SIGNAL_WHILE_STARTING.format(
        delay_sec=delay_sec, stop=int(stop), model=tiny_card.folder))


@pytest.mark.parametrize(
    'code', [SIGNAL_WHILE_IMPORTING, SIGNAL_WHILE_CREATING, SIGNAL_WHILE_LOADING])
@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_process_ends_cleanly_wherever_it_is(graph, tiny_card, stop, code):
    """Loading takes an hour; the process does not wait for it."""
    run_until_it_ends(graph, code.format(stop=int(stop), model=tiny_card.folder))


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_process_ends_cleanly(graph, tiny_card, stop):
    process = subprocess.Popen(
        [sys.executable, '-m', 'imrs_ros', '--ros-args', '-p',
         f'model:={tiny_card.folder}', '-p', 'cameras:=[/front/image_raw]'],
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)},
        stderr=subprocess.PIPE, text=True)
    try:
        camera = graph.node.create_publisher(sensor_msgs.Image, '/front/image_raw', 10)
        graph.wait(lambda: camera.get_subscription_count() == 1)
        process.send_signal(stop)
        _, printed = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert 'Traceback' not in printed


def test_demo_recognises_real_clips(dataset, tmp_path, root):
    folder = tmp_path / 'PlayingViolin'
    folder.mkdir()
    clip = dataset / 'videos' / 'PlayingViolin' / 'v_PlayingViolin_g01_c01.mp4'
    (folder / clip.name).symlink_to(clip)
    done = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.demo', '--video', str(folder)], cwd=Path(root),
        text=True, capture_output=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith('demo: playing VIDEO=')
    assert '(truth: PlayingViolin)' in done.stdout
    assert done.stdout.splitlines()[-1] == 'demo: 1 of 1 clips named right'
    failed = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.demo', '--video', str(tmp_path / 'missing')],
        text=True, capture_output=True, timeout=200)
    assert failed.returncode == 1
    assert 'expected a video or a folder of videos' in failed.stderr
