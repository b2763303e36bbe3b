# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Single cameras of the real node: odd images, silence, warnings, diagnostics."""

from array import array
from dataclasses import replace
import threading
import time
import zlib

import cv2
from imrs_ros.backends import BackendDescription, load
from imrs_ros.backends.load import NUM_WARM_UP_CLIPS
from imrs_ros.backends.torch_backend import TorchBackend
from imrs_ros.images.raw import Encoding, ENCODINGS
from imrs_ros.node.messages import jpeg_message, raw_message, stamp_to_ns
from imrs_ros.node.topics import RECOGNIZER, status_name
import numpy as np
import pytest
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_support import (
    change_state, EAGER, frames, publish_all, publish_window, state, STATES, tiny_parameters,
    TRANSITIONS)

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
OK, WARN, ERROR = (
    getattr(diagnostic_msgs.DiagnosticStatus, name) for name in ('OK', 'WARN', 'ERROR'))


def png_message(frame, with_odd_chunk=False):
    png = cv2.imencode('.png', frame.image_HWC)[1].tobytes()
    if with_odd_chunk:
        body = b'pHYs\0'
        png = png[:33] + b'\0\0\0\1' + body + zlib.crc32(body).to_bytes(4, 'big') + png[33:]
    return sensor_msgs.CompressedImage(
        header=raw_message(frame).header, format='png', data=array('B', png))


def test_png_with_an_odd_chunk_is_decoded_without_it(graph, tiny_card, capfd):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image/compressed'))
    camera = graph.reliable_publisher(sensor_msgs.CompressedImage, '/front/image/compressed')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
    messages = [png_message(frame, with_odd_chunk=i == 8) for i, frame in enumerate(frames(16))]
    publish_window(graph, camera, messages, scores)
    assert state(graph) == STATES.PRIMARY_STATE_ACTIVE
    assert 'image dropped' not in capfd.readouterr().err


def test_any_exception_drops_the_image_and_names_its_type(graph, tiny_card, monkeypatch, capfd):
    # A colour conversion that OpenCV does not know: it raises what no one expects.
    monkeypatch.setitem(ENCODINGS, 'bgr8', Encoding(3, -7))
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
    messages = [raw_message(frame) for frame in frames(17)]
    messages[5].encoding = 'bgr8'
    publish_window(graph, camera, messages, scores)
    graph.wait(lambda: any('images dropped since the last report: 1' in s.message
                           for s in statuses(diagnostics, 'front')))
    assert 'camera front: image dropped: error: OpenCV' in capfd.readouterr().err


def test_every_camera_and_kind_of_problem_is_logged(graph, tiny_card, capfd):
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw', '/rear/image_raw'))
    cameras = {name: graph.reliable_publisher(sensor_msgs.Image, f'/{name}/image_raw')
               for name in ('front', 'rear')}
    printed = []
    for publisher in cameras.values():
        messages = [raw_message(frame) for frame in [*frames(2), *frames(2, first=500)]]
        messages[1].encoding = messages[3].encoding = 'holographic'
        publish_all(publisher, messages)

    def all_warned():
        printed.append(capfd.readouterr().err)
        text = ''.join(printed)
        return all(text.count(f'camera {name}: {problem}: ') == 1 for name in cameras
                   for problem in ('image dropped', 'window restarted'))
    graph.wait(all_warned)
    time.sleep(0.5)
    assert all_warned()


def statuses(diagnostics, camera=None):
    name = status_name(RECOGNIZER, camera)
    return [s for m in diagnostics for s in m.status if s.name == name]


def live_frames():
    """Yield frames stamped with the present time."""
    image = frames(1)[0]
    while True:
        yield replace(image, stamp_ns=time.time_ns())


def test_late_results_and_slow_cameras_are_reported(graph, tiny_card):
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_window(graph, camera, map(raw_message, frames(16)), scores)
    graph.wait(lambda: any('longer than a window of 0.64 s' in status.message
                           for status in statuses(diagnostics, 'front')))

    def slow():
        camera.publish(raw_message(next(live)))
        time.sleep(0.2)
        status = statuses(diagnostics, 'front')[-1]
        values = {v.key: v.value for v in status.values}
        return (values if 'give a window fewer than 4 different frames' in status.message
                and float(values['frame_age_sec']) < 1 else None)
    live = live_frames()
    values = graph.wait(slow)
    assert values['topic'] == '/front/image_raw'
    assert float(values['frames_hz']) < 8
    assert float(values['frames_per_window']) < 6


def test_incompatible_publisher_is_named(graph, tiny_card, capfd):
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    graph.node.create_publisher(
        sensor_msgs.Image, '/front/image_raw',
        QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT),
        event_callbacks=PublisherEventCallbacks(use_default_callbacks=False))
    words = ('no images: incompatible QoS reliability; set the parameter reliability to '
             'best_effort, or the publisher to reliable')
    graph.wait(lambda: any(status.level == ERROR and words in status.message
                           for status in statuses(diagnostics, 'front')))
    assert f'camera front: {words}' in capfd.readouterr().err


def test_failed_backend_is_reported_until_replaced(graph, tiny_card, monkeypatch, capfd):
    class Failing:
        description = BackendDescription('openvino', '1', 'none', 'none')
        num_calls = 0

        def infer(self, clips):
            self.num_calls += 1
            if self.num_calls > NUM_WARM_UP_CLIPS:
                raise RuntimeError('device lost')
            return np.zeros((len(clips), len(tiny_card.labels)), np.float32)

        def close(self):
            pass
    next_works = threading.Event()

    def load_next(card, settings):
        if not next_works.is_set():
            raise RuntimeError('busy')
        return TorchBackend(card, settings)
    monkeypatch.setitem(load.LOADERS, 'openvino', lambda card, settings: Failing())
    for name in ('torch', 'onnx'):
        monkeypatch.setitem(load.LOADERS, name, load_next)
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw') | {'backend': 'auto'})
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')

    def latest(level):
        found = statuses(diagnostics)
        return found and found[-1].level == level and found[-1]
    publish_all(camera, map(raw_message, frames(16)))
    status = graph.wait(lambda: latest(ERROR))
    assert 'windows lost: RuntimeError: backend torch unavailable' in status.message
    assert scores == []
    next_works.set()
    publish_window(graph, camera, map(raw_message, frames(1, 16)), scores)
    status = graph.wait(lambda: latest(WARN))
    assert 'backend openvino failed: RuntimeError: device lost' in status.message
    values = {v.key: v.value for v in status.values}
    assert values['backend'].startswith('torch 2')
    assert values['model_sha256'] == tiny_card.weights_sha256
    assert float(values['rss_mb']) > 50
    assert 'window lost: RuntimeError' in capfd.readouterr().err


def test_transport_is_found_and_followed(graph, tiny_card):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    node = graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))

    def subscribed():
        return [s.topic_name for s in node.subscriptions if s.topic_name.startswith('/front')]
    assert subscribed() == ['/front/image_raw']
    compressed = graph.reliable_publisher(
        sensor_msgs.CompressedImage, '/front/image_raw/compressed')
    assert subscribed() == ['/front/image_raw/compressed']
    publish_window(graph, compressed, map(jpeg_message, frames(16)), scores)
    raw = graph.node.create_publisher(sensor_msgs.Image, '/front/image_raw', 100)
    time.sleep(1.2)
    assert subscribed() == ['/front/image_raw/compressed'], 'a topic in use is kept'
    graph.node.destroy_publisher(compressed)
    graph.wait(lambda: raw.get_subscription_count())
    # The window continues over the change of transport.
    publish_window(graph, raw, map(raw_message, frames(1, 16)), scores)
    assert len(scores) == 2
    assert subscribed() == ['/front/image_raw']


@pytest.mark.parametrize(('transport', 'topic', 'subscribed'), [
    ('raw', '/front/image', '/front/image'), ('compressed', '/front/image',
                                              '/front/image/compressed'),
    ('raw', '/front/image/compressed', '/front/image/compressed')])
def test_transport_may_be_chosen(graph, tiny_card, transport, topic, subscribed):
    node = graph.start_recognizer(**tiny_parameters(tiny_card, topic), transport=transport)
    assert subscribed in [s.topic_name for s in node.subscriptions]


def test_diagnostics_warn_of_missing_images(graph, tiny_card):
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw', '/rear/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')

    def latest(name):
        found = statuses(diagnostics, name)
        return found and (found[-1].level, found[-1].message)

    def reported(name, level, message):
        camera.publish(raw_message(next(sent)))
        return latest(name) == (level, message)
    sent = live_frames()
    graph.wait(lambda: reported('front', OK, 'active'))
    graph.wait(lambda: reported('rear', WARN, 'active: no frames since the last report'))
    assert latest(None) == (OK, 'active')
    bad = raw_message(frames(1)[0])
    bad.encoding = 'holographic'
    camera.publish(bad)

    def told():
        # In one report only, which others may have followed on a busy machine.
        camera.publish(raw_message(next(sent)))
        return any((status.level, status.message) == (
            WARN, 'active: images dropped since the last report: 1')
            for status in statuses(diagnostics, 'front'))
    graph.wait(told)
    graph.wait(lambda: reported('front', OK, 'active'))
    graph.wait(lambda: latest('front') == (WARN, 'active: no frames since the last report'))
    graph.wait(lambda: latest('front')[0] == ERROR)
    assert latest('front')[1].startswith('active: no frames for ')
    assert change_state(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
    for name in ('front', 'rear', None):
        graph.wait(lambda name=name: latest(name) == (OK, 'inactive'))


def test_camera_that_falls_silent_ends_its_action(graph, tiny_card):
    actions, labels = (
        graph.collect(kind, f'/recognizer/front/{topic}', latched=True)
        for kind, topic in ((vision_msgs.Classification, 'action'), (std_msgs.String, 'label')))
    others = graph.collect(std_msgs.String, '/recognizer/rear/label', latched=True)
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw', '/rear/image_raw', **EAGER),
        max_gap_sec=1.5)
    front, rear = (graph.reliable_publisher(sensor_msgs.Image, f'/{name}/image_raw')
                   for name in ('front', 'rear'))
    first, later = frames(16), frames(2, first=16)
    # The other camera keeps sending, and its action stands.
    others_sent = iter(frames(5000))

    def wait_for(condition):
        def check():
            rear.publish(raw_message(next(others_sent)))
            return condition()
        graph.wait(check)
    publish_all(front, [raw_message(frame) for frame in first])
    wait_for(lambda: len(labels) == len(actions) == 2)
    decided = [message.results[0].class_id for message in actions]
    assert decided == [message.data for message in labels]
    assert decided[0] != decided[1] == 'no_action'
    assert {stamp_to_ns(m.header.stamp) for m in actions} == {first[-1].stamp_ns}
    wait_for(lambda: others)
    # A frame without a gap in its stamps continues the window, and a new decision follows.
    num_scores = len(scores)
    publish_all(front, [raw_message(later[0])])
    wait_for(lambda: len(actions) >= 3)
    assert len(scores) == num_scores + 1
    assert actions[2].results[0].class_id != 'no_action'
    assert stamp_to_ns(actions[2].header.stamp) == later[0].stamp_ns
    assert 'no_action' not in {message.data for message in others}
