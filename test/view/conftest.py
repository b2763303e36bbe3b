# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The view over a real graph, in this process, and a browser that looks at it."""

from dataclasses import replace
import os
import subprocess
import sys
import threading
from urllib.parse import urlsplit

from browser_page import BROWSER
from encoded_video import picture
from imrs_ros.node.messages import jpeg_message, raw_message
from imrs_ros.records import Frame
import pytest
import rclpy
from ros_support import tiny_parameters

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
sync_api = pytest.importorskip('playwright.sync_api')

SIZE = (160, 120)
NS = 1_000_000_000


class Camera:
    """A camera at 25 Hz, stamped with the time of the test's node, and a detector of people."""

    def __init__(self, graph, topic, people=()):
        self._node, self._people, self._topic = graph.node, people, topic
        is_jpeg = topic.endswith('/compressed')
        self._publisher = graph.node.create_publisher(
            sensor_msgs.CompressedImage if is_jpeg else sensor_msgs.Image, topic, 10)
        self._make = jpeg_message if is_jpeg else raw_message
        self._detector = graph.node.create_publisher(
            vision_msgs.Detection2DArray, f'/{topic.split("/")[1]}/detections', 10)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def num_subscribers(self):
        return self._publisher.get_subscription_count()

    def _run(self):
        number = 0
        while not self._ended.wait(0.04):
            stamp = self._node.get_clock().now()
            self._publisher.publish(self._make(Frame(
                stamp.nanoseconds, 'camera', picture(number % 256, *SIZE))))
            if self._people:
                message = vision_msgs.Detection2DArray(detections=[
                    detection(name, box) for name, box in self._people])
                message.header.stamp = stamp.to_msg()
                self._detector.publish(message)
            number += 1

    def close(self):
        self._ended.set()
        self._thread.join()


def detection(name, box):
    """Return someone, by centre and sides in pixels."""
    x, y, width, height = box
    bbox = vision_msgs.BoundingBox2D(size_x=float(width), size_y=float(height))
    bbox.center.position.x, bbox.center.position.y = float(x), float(y)
    return vision_msgs.Detection2D(id=name, bbox=bbox, results=[
        vision_msgs.ObjectHypothesisWithPose(hypothesis=vision_msgs.ObjectHypothesis(
            class_id='person', score=0.9))])


class View:
    """The view's node and server, each on a thread."""

    def __init__(self, graph, options):
        from imrs_ros.node.spinning import start_spinning
        from imrs_ros.view.graph_watcher import GraphWatcher
        from imrs_ros.view.live_state import LiveState
        from imrs_ros.view.server import ViewServer
        self.node = rclpy.create_node('view', context=graph.context, enable_rosout=False)
        clock = self.node.get_clock()
        self.state = LiveState(lambda: clock.now().nanoseconds / 1e9)
        self.watcher = GraphWatcher(self.node, self.state)
        self.server = ViewServer(options, self.state, self.watcher.link)
        self.watcher.is_watched = self.server.is_watched
        self._stop_spinning = start_spinning(self.node)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()

    @property
    def url(self):
        return self.server.url

    @property
    def host(self):
        return urlsplit(self.url).netloc

    @property
    def port(self):
        return urlsplit(self.url).port

    def connect(self, **more):
        """Connect as a page of this server does, but without a browser."""
        from websockets.sync.client import connect
        return connect(f'ws://{self.host}/live', **{'origin': f'http://{self.host}', **more})

    def close(self):
        self.server.stop()
        self._thread.join()
        self.server.close()
        self._stop_spinning()
        self.node.destroy_node()


@pytest.fixture
def options(tmp_path):
    from imrs_ros.view.options import ViewOptions
    return ViewOptions(port=0, browser=False, examples=tmp_path / 'examples',
                       taught=tmp_path / 'taught')


@pytest.fixture
def start_view(graph, options):
    """Return a function that starts the view."""
    started = []

    def start(**changes):
        started.append(View(graph, replace(options, **changes)))
        return started[-1]
    yield start
    for view in started:
        view.close()


@pytest.fixture
def start_camera(graph):
    """Return a function that starts a camera."""
    started = []

    def start(topic='/front/image_raw', people=()):
        started.append(Camera(graph, topic, people))
        return started[-1]
    yield start
    for camera in started:
        camera.close()


@pytest.fixture
def start_recognizer(graph, tiny_card):
    """Return a function that starts the real node with a tiny model."""
    def start(*topics, **changes):
        # Slow machines leave gaps between images.
        return graph.start_recognizer(**tiny_parameters(
            tiny_card, *(topics or ('/front/image_raw',)),
            **{'hop': 4, 'max_gap_sec': 60.0, 'queue_size': 5, **changes}))
    return start


@pytest.fixture
def start_process(graph, tiny_card):
    """Return a function that starts the node in a process of its own."""
    started = []

    def start(topic='/front/image_raw'):
        started.append(subprocess.Popen(
            [sys.executable, '-m', 'imrs_ros', '--ros-args', '-p', f'model:={tiny_card.folder}',
             '-p', 'backend:=torch', '-p', f'cameras:=[{topic}]', '-p', 'max_gap_sec:=60.0'],
            env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}))
        return started[-1]
    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(scope='session')
def browser():
    if BROWSER is None:
        pytest.skip('needs Chromium')
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=['--no-sandbox'])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Return a function that opens a page, which must neither complain nor ask other hosts."""
    contexts, complaints, requests = [], [], []

    def start(view, width=1280, height=900, **more):
        context = browser.new_context(viewport={'width': width, 'height': height}, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on('console', lambda message: complaints.append(message.text))
        page.on('pageerror', lambda error: complaints.append(str(error)))
        page.on('request', lambda request: requests.append((view.host, request.url)))
        page.on('websocket', lambda socket: requests.append((view.host, socket.url)))
        page.goto(view.url)
        return page
    yield start
    for context in contexts:
        context.close()
    assert not complaints
    assert requests or not contexts
    assert all(urlsplit(url).netloc == host or url.startswith('blob:') for host, url in requests)
