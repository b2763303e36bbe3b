# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The real person finder over the real middleware, on pictures of a real clip."""

from itertools import islice
import os
import signal
import subprocess
import sys
import time

import cv2
from imrs_ros.node.messages import jpeg_message, raw_message, stamp_to_ns
from imrs_ros.records import Frame
from imrs_ros.video import read_video
import numpy as np
import pytest
import rclpy
from sros2_policy import check_policy

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
pytest.importorskip('trackers', reason='needs the library trackers: `make setup`')

IMAGE, DETECTIONS = '/front/image_raw', '/front/detections'
START_NS = 1_000_000_000_000
PERIOD_NS = 100_000_000
TRUE_BOX = (0.50, 0.03, 0.67, 0.91)
"""Left, top, right and bottom of the woman who stands in the corridor, by hand, in shares."""
FIRST_FRAME = 100
EAGER = {'rate_hz': 0.0, 'reliability': 'reliable', 'cameras': [IMAGE]}


@pytest.fixture(scope='session')
def corridor(dataset):
    """Return pictures of a woman who stands in a corridor, 640 x 360."""
    video = dataset.parent / 'sample-videos' / 'one-by-one-person-detection.mp4'
    return [image.image_HWC for image in islice(read_video(video, FIRST_FRAME), 12)]


def as_frames(images, first=0):
    return [Frame(START_NS + PERIOD_NS * (first + i), 'optical_frame', image)
            for i, image in enumerate(images)]


@pytest.fixture
def start_finder_node(graph):
    """Return a function that starts the node in this process."""
    from imrs_ros.node.entities import start
    from imrs_ros.person_finder.finder_node import FinderNode
    started = []

    def start_node(**parameters):
        node = FinderNode(context=graph.context, parameter_overrides=[
            rclpy.Parameter(name, value=value) for name, value in {**EAGER, **parameters}.items()])
        start(node)
        graph.spin_beside(node)
        started.append(node)
        return node
    return start_node


def send(graph, publisher, messages, received):
    """Publish one message after the other, each when the one before was answered."""
    for message in messages:
        before = len(received)
        publisher.publish(message)
        graph.wait(lambda before=before: len(received) > before)
    return received[-len(messages):]


def overlap(detection, size_px, true_box=TRUE_BOX):
    """Return intersection over union of a detection and the true box."""
    height, width = size_px
    box = detection.bbox
    x, y = box.center.position.x / width, box.center.position.y / height
    half_x, half_y = box.size_x / width / 2, box.size_y / height / 2
    found = (x - half_x, y - half_y, x + half_x, y + half_y)
    common = (max(0, min(found[2], true_box[2]) - max(found[0], true_box[0]))
              * max(0, min(found[3], true_box[3]) - max(found[1], true_box[1])))
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (found, true_box))
    return common / (area - common)


def newest_values(diagnostics, name='camera front'):
    return next(({v.key: v.value for v in status.values} | {'message': status.message}
                 for message in reversed(diagnostics) for status in message.status
                 if name in status.name), {})


@pytest.mark.parametrize(('kind', 'make', 'topic'), [
    ('Image', raw_message, IMAGE), ('CompressedImage', jpeg_message, f'{IMAGE}/compressed')])
@pytest.mark.parametrize('size_px', [(360, 640), (480, 480), (720, 300)])
def test_people_are_found_where_they_are(
        graph, start_finder_node, corridor, kind, make, topic, size_px):
    received = graph.collect(vision_msgs.Detection2DArray, DETECTIONS)
    start_finder_node()
    camera = graph.reliable_publisher(getattr(sensor_msgs, kind), topic)
    graph.wait(lambda: graph.node.count_publishers(DETECTIONS))
    height, width = size_px
    # On black: stretched to another shape, people are not what the network knows.
    scale = min(height / 360, width / 640)
    new = round(360 * scale), round(640 * scale)
    images = []
    for image in corridor[:4]:
        canvas = np.zeros((height, width, 3), np.uint8)
        canvas[:new[0], :new[1]] = cv2.resize(image, new[::-1], interpolation=cv2.INTER_AREA)
        images.append(canvas)
    sent = as_frames(images)
    answers = send(graph, camera, [make(frame) for frame in sent], received)
    assert [stamp_to_ns(m.header.stamp) for m in answers] == [f.stamp_ns for f in sent]
    assert {m.header.frame_id for m in answers} == {'optical_frame'}
    assert not answers[0].detections
    for message in answers[1:]:
        (person,) = message.detections
        assert person.header == message.header
        assert person.results[0].hypothesis.class_id == 'person'
        assert 0.2 <= person.results[0].hypothesis.score <= 1
        assert person.id == answers[1].detections[0].id != ''
        assert overlap(person, new) > 0.6


def test_an_empty_picture_gives_an_empty_array_and_a_damaged_one_is_survived(
        graph, start_finder_node, corridor, capfd):
    received = graph.collect(vision_msgs.Detection2DArray, DETECTIONS)
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    start_finder_node(track=False)
    camera = graph.reliable_publisher(sensor_msgs.Image, IMAGE)
    graph.wait(lambda: graph.node.count_publishers(DETECTIONS))
    black = np.zeros((240, 320, 3), np.uint8)
    empty, full = as_frames([black, corridor[0]])
    (answer,) = send(graph, camera, [raw_message(empty)], received)
    assert len(answer.detections) == 0
    damaged = raw_message(empty)
    damaged.width = 100_000
    unstamped = raw_message(empty)
    unstamped.header.stamp.sec = unstamped.header.stamp.nanosec = 0
    for bad in (damaged, unstamped, sensor_msgs.Image()):
        camera.publish(bad)
        time.sleep(0.2)
    (answer,) = send(graph, camera, [raw_message(full)], received)
    # Without ids, someone is published at once.
    (person,) = answer.detections
    assert person.id == ''
    assert overlap(person, (360, 640)) > 0.6
    values = graph.wait(lambda: (found := newest_values(diagnostics)).get('num_people') == '1'
                        and found)
    assert values['num_dropped'] == '3'
    assert values['last_reason']
    assert 'front: image dropped: ' in capfd.readouterr().err


def test_the_newest_image_wins(graph, start_finder_node, corridor, monkeypatch):
    from imrs_ros.person_finder import finder as module
    import threading
    entered, gate = threading.Event(), threading.Event()
    real = module.Finder.find

    def find(self, *arguments):
        entered.set()
        assert gate.wait(30)
        return real(self, *arguments)
    monkeypatch.setattr(module.Finder, 'find', find)
    received = graph.collect(vision_msgs.Detection2DArray, DETECTIONS)
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    start_finder_node()
    camera = graph.reliable_publisher(sensor_msgs.Image, IMAGE)
    graph.wait(lambda: graph.node.count_publishers(DETECTIONS))
    sent = as_frames(corridor[:8])
    camera.publish(raw_message(sent[0]))
    assert entered.wait(30)
    for frame in sent[1:]:
        camera.publish(raw_message(frame))
        time.sleep(0.05)
    graph.wait(lambda: newest_values(diagnostics).get('num_overtaken') == '6')
    gate.set()
    graph.wait(lambda: len(received) == 2)
    assert [stamp_to_ns(m.header.stamp) for m in received] == [
        sent[0].stamp_ns, sent[-1].stamp_ns]


def test_lifecycle_and_changes_of_parameters(graph, start_finder_node, corridor, capfd):
    from rclpy.lifecycle import TransitionCallbackReturn
    received = graph.collect(vision_msgs.Detection2DArray, DETECTIONS)
    node = start_finder_node(autostart=False)
    done = TransitionCallbackReturn.SUCCESS
    for _ in range(2):
        assert node.trigger_configure() == done
        (result,) = node.set_parameters([rclpy.Parameter('min_score', value=0.5)])
        assert 'cannot change while the node is configured' in result.reason
        assert node.trigger_activate() == done
        camera = graph.reliable_publisher(sensor_msgs.Image, IMAGE)
        graph.wait(lambda: graph.node.count_publishers(DETECTIONS))
        send(graph, camera, [raw_message(f) for f in as_frames(corridor[:2])], received)
        assert node.trigger_deactivate() == done
        graph.wait(lambda camera=camera: not camera.get_subscription_count())
        assert node.trigger_cleanup() == done
        graph.node.destroy_publisher(camera)
    (result,) = node.set_parameters([rclpy.Parameter('transport', value='pigeon')])
    assert result.successful
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert "must be one of auto, raw, compressed, got 'pigeon'" in capfd.readouterr().err


@pytest.mark.parametrize(('given', 'words'), [
    ({'model': 'nobody'}, 'expected the path of a model folder'),
    ({'model': 'ucf10'}, 'expected the weights of MoveNet MultiPose Lightning, got others')])
def test_a_folder_without_a_finder_is_refused(start_finder_node, capfd, given, words):
    start_finder_node(**given)
    assert words in capfd.readouterr().err


def test_without_the_library_configuring_is_refused(start_finder_node, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, 'trackers', None)
    start_finder_node()
    assert 'not configured: expected the library trackers' in capfd.readouterr().err


def run_process(graph, *arguments):
    return subprocess.Popen(
        [sys.executable, '-m', 'imrs_ros.person_finder', '--ros-args', *arguments],
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_the_process_starts_and_ends_on_a_signal(graph):
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    process = run_process(graph, '-p', 'cameras:=[/left/image_raw]', '-p', 'num_threads:=1')
    graph.wait(lambda: newest_values(diagnostics, 'camera left').get('message', ''), 120)
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert 'Traceback' not in text


@pytest.mark.parametrize('wrong', ['rate_hz:=-1.0', 'cameras:=image_raw', 'min_score:=1.5'])
def test_a_wrong_parameter_ends_the_process_with_the_reason(graph, wrong):
    process = run_process(graph, '-p', wrong)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f'person_finder: parameter {wrong.partition(":")[0]}: ' in text
    assert 'Traceback' not in text


def test_policy_is_what_the_finder_uses(root, graph, start_finder_node):
    check_policy(root, graph, start_finder_node())
