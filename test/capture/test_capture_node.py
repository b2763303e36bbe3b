# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The real node over the real middleware, in this process."""

import threading
import time

from encoded_video import numbers_of, picture
from imrs_ros.capture.capture_node import CaptureNode
from imrs_ros.capture.example_folder import ExampleFolder
from imrs_ros.capture.keyboard import Keyboard
from imrs_ros.capture.options import CaptureOptions
from imrs_ros.capture.session import Stage
from imrs_ros.node.messages import jpeg_message, raw_message
from imrs_ros.records import Frame
from imrs_ros.video import read_video, video_files
import pytest
from rclpy.qos import qos_profile_sensor_data
from ros_support import lifecycle_msgs, lifecycle_srvs
from sros2_policy import check_policy

try:
    from rclpy.event_handler import PublisherEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import PublisherEventCallbacks

sensor_msgs = pytest.importorskip('sensor_msgs.msg')

IMAGE = '/front/image_raw'
START_NS = 1_000_000_000_000
TRANSITIONS = lifecycle_msgs.Transition


class Stream:
    """A camera: pictures 0, 1, 2 and so on, faster than their stamps say."""

    def __init__(self, graph, kind='Image', topic=IMAGE, stamps_ms=None):
        self._publisher = graph.node.create_publisher(getattr(sensor_msgs, kind), topic, 10)
        self._make = raw_message if kind == 'Image' else jpeg_message
        self._stamp_ms = stamps_ms or (lambda number: 40 * number)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        number = 0
        while not self._ended.wait(0.01):
            stamp_ns = START_NS + round(1_000_000 * self._stamp_ms(number))
            self._publisher.publish(self._make(Frame(
                stamp_ns, 'camera', picture(number % 256, 160, 120))))
            number += 1

    def close(self):
        self._ended.set()
        self._thread.join()


@pytest.fixture
def stream(graph):
    """Return a function that starts a camera."""
    started = []

    def start(*arguments, **more):
        started.append(Stream(graph, *arguments, **more))
        return started[-1]
    yield start
    for one in started:
        one.close()


@pytest.fixture
def start_capture(graph, tmp_path):
    """Return a function that starts the node in this process; it says what the user reads."""
    def start(*, activate=True, **changes):
        options = CaptureOptions(**{
            'label': 'wave', 'camera': IMAGE, 'out': tmp_path / 'examples', 'seconds': 1.0,
            'countdown': 0.1, 'reliability': 'reliable', **changes})
        said = []
        node = CaptureNode(options, ExampleFolder(options.out, options.label), Keyboard(),
                           said.append, context=graph.context)
        node.said = said
        node.trigger_configure()
        if activate:
            node.trigger_activate()
        graph.spin_beside(node)
        return node
    return start


def change(graph, transition):
    request = lifecycle_srvs.ChangeState.Request()
    request.transition.id = transition
    return graph.call(lifecycle_srvs.ChangeState, '/capture/change_state', request).success


@pytest.mark.parametrize(('kind', 'topic', 'camera'), [
    ('Image', IMAGE, IMAGE), ('Image', IMAGE, 'front'),
    ('CompressedImage', f'{IMAGE}/compressed', 'front'),
    ('CompressedImage', f'{IMAGE}/compressed', IMAGE)])
def test_examples_have_the_times_of_the_images(
        graph, stream, start_capture, tmp_path, kind, topic, camera):
    # A slow camera, with irregular stamps.
    stream(kind, topic, stamps_ms=lambda number: 100 * number + 7 * (number % 4))
    node = start_capture(camera=camera, count=2)
    graph.wait(lambda: node.is_over)
    assert node.error == ''
    paths = video_files(tmp_path)
    assert len(paths) == node.num_kept == 2
    for path in paths:
        images = list(read_video(path))
        numbers = numbers_of(image.image_HWC for image in images)
        first = numbers[0]
        assert 9 <= len(images) <= 11
        # Some may be lost on a busy machine; the others keep their times.
        stamps = [100 * (n - first) + 7 * (n % 4) - 7 * (first % 4) for n in numbers]
        assert [round(image.stamp_ns / 1e6) for image in images] == stamps
        assert stamps[-1] <= 1000
    assert [text for text in node.said if text.startswith('wave: example')] == [
        'wave: example 1 of 2', 'wave: example 2 of 2']


def test_services_start_pause_and_end(graph, stream, start_capture, tmp_path):
    stream()
    node = start_capture(activate=False, step=True)
    time.sleep(0.5)
    assert video_files(tmp_path) == []
    for number in (1, 2):
        assert change(graph, TRANSITIONS.TRANSITION_ACTIVATE)
        graph.wait(lambda number=number: node.num_kept == number)
        graph.wait(lambda: not node._is_active)
    time.sleep(0.5)
    assert node.num_kept == 2, 'each waits to be started'
    assert any('ros2 lifecycle set /capture activate starts the next' in text
               for text in node.said)
    assert change(graph, TRANSITIONS.TRANSITION_INACTIVE_SHUTDOWN)
    assert node.is_over
    assert (node.num_kept, node.error) == (2, '')


def test_an_interrupted_example_leaves_nothing(graph, stream, start_capture, tmp_path):
    stream()
    node = start_capture(seconds=600.0)
    graph.wait(lambda: any('recording' in text for text in node.said))
    time.sleep(0.2)
    assert change(graph, TRANSITIONS.TRANSITION_DEACTIVATE)
    assert node.said[-1] == '  not kept: interrupted'
    assert [path for path in (tmp_path / 'examples').rglob('*') if path.is_file()] == []
    assert change(graph, TRANSITIONS.TRANSITION_ACTIVATE)
    graph.wait(lambda: node.said[-1].startswith('  recording'))
    node.destroy_node()
    assert [path for path in (tmp_path / 'examples').rglob('*') if path.is_file()] == []


def test_a_camera_that_is_not_there_is_named_with_those_that_are(graph, stream, start_capture):
    stream('Image', '/rear/image_raw')
    stream('CompressedImage', '/left/image/compressed')
    node = start_capture(camera='front', timeout=2.0)
    graph.wait(lambda: node.error)
    assert node.is_over
    assert node.error == (
        'expected images of front within 2 s, got none; image topics that are published: '
        '/left/image/compressed (CompressedImage), /rear/image_raw (Image); give one of them as '
        '--camera')


def test_no_camera_at_all(graph, start_capture):
    node = start_capture(camera='front', timeout=1.0)
    graph.wait(lambda: node.error)
    assert 'published: none; start the camera driver, and compare ROS_DOMAIN_ID' in node.error


def test_images_without_a_stamp_are_explained(graph, stream, start_capture):
    stream(stamps_ms=lambda number: -START_NS / 1e6)
    node = start_capture(timeout=1.0)
    graph.wait(lambda: node.error)
    assert 'expected a header stamp above 0' in node.error
    assert sum('image dropped: expected a header stamp' in text for text in node.said) == 1


def test_images_of_one_stamp_are_explained(graph, stream, start_capture, tmp_path):
    stream(stamps_ms=lambda number: 0)
    node = start_capture(timeout=1.0)
    graph.wait(lambda: node.error)
    assert 'expected images with rising stamps' in node.error
    assert video_files(tmp_path) == []


def test_stamps_that_go_back_begin_the_example_anew(graph, stream, start_capture, tmp_path):
    stream(stamps_ms=lambda number: 40 * (number % 60))
    node = start_capture(seconds=1.4, count=1)
    graph.wait(lambda: node.is_over)
    images = list(read_video(video_files(tmp_path)[0]))
    assert images[-1].stamp_ns <= 1.4e9


def test_too_few_images_are_not_kept(graph, stream, start_capture, tmp_path):
    stream(stamps_ms=lambda number: 500 * number)
    node = start_capture(seconds=1.0)
    graph.wait(lambda: any('not kept: expected at least 4 images' in text for text in node.said))
    assert video_files(tmp_path) == []


def test_an_incompatible_camera_is_explained(graph, start_capture):
    graph.node.create_publisher(
        sensor_msgs.Image, IMAGE, qos_profile_sensor_data,
        event_callbacks=PublisherEventCallbacks(use_default_callbacks=False))
    node = start_capture(timeout=2.0)
    graph.wait(lambda: node.error)
    assert 'incompatible QoS reliability: give --reliability best_effort' in node.error


def test_a_name_that_is_no_topic_is_refused(start_capture):
    with pytest.raises(ValueError, match="camera must be an image topic .*, got 'a b'"):
        start_capture(camera='a b')


def test_policy_is_what_the_node_uses(root, graph, stream, start_capture):
    stream()
    node = start_capture()
    graph.wait(lambda: node._session.stage is not Stage.CAMERA)
    check_policy(root, graph, node)
