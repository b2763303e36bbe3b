# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The node's process ends, in whatever way, during an action of a person: it must be heard of."""

import os
import signal
import subprocess
import sys
import time

from imrs_ros.node.messages import ns_to_stamp, raw_message
from imrs_ros.node.qos import LEASE_SEC
import pytest
from ros_support import EAGER, frames, START_NS, tiny_parameters

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
if not hasattr(vision_msgs, 'Detection2DArray'):
    pytest.skip('needs vision_msgs with detections: `make setup`', allow_module_level=True)
from rclpy.duration import Duration  # noqa: E402
from rclpy.qos import LivelinessPolicy, QoSProfile  # noqa: E402

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks
TOPIC = '/recognizer/front/person_action'


def people_of(frame):
    """Return a message with ann, who fills the image."""
    height, width = frame.image_HWC.shape[:2]
    bbox = vision_msgs.BoundingBox2D(size_x=float(width), size_y=float(height))
    bbox.center.position.x, bbox.center.position.y = width / 2, height / 2
    found = vision_msgs.Detection2DArray(detections=[vision_msgs.Detection2D(
        id='ann', bbox=bbox, results=[vision_msgs.ObjectHypothesisWithPose(
            hypothesis=vision_msgs.ObjectHypothesis(class_id='person', score=0.9))])])
    found.header.stamp = ns_to_stamp(frame.stamp_ns)
    return found


class Behaviour:
    """Follows the actions of people, and whether their node is alive."""

    def __init__(self, graph):
        self.actions, self.alive = [], []
        graph.node.create_subscription(
            vision_msgs.Detection2D, TOPIC, self.actions.append, QoSProfile(
                depth=100, liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
                liveliness_lease_duration=Duration(seconds=LEASE_SEC)),
            event_callbacks=SubscriptionEventCallbacks(
                liveliness=lambda info: self.alive.append(info.alive_count)))


@pytest.fixture
def acting(graph, tiny_card):
    """Return a recognizer's process in which somebody acts, and who follows that."""
    behaviour = Behaviour(graph)
    given = [word for name, value in {
        **tiny_parameters(tiny_card, **EAGER), 'cameras': '[/front/image_raw]',
        'people': 'true', 'min_person_px': 8, 'max_gap_sec': 60.0}.items()
        for word in ('-p', f'{name}:={value}')]
    process = subprocess.Popen(
        [sys.executable, '-m', 'imrs_ros', '--ros-args', *given],
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}, stderr=subprocess.PIPE, text=True)
    try:
        camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
        detector = graph.reliable_publisher(vision_msgs.Detection2DArray, '/front/detections')
        numbers = iter(range(1000))

        def send():
            # A detector is not heard before the first image.
            frame, = frames(1, first=next(numbers))
            camera.publish(raw_message(frame))
            time.sleep(0.02)
            detector.publish(people_of(frame))
        graph.wait(lambda: behaviour.actions or send())
        assert behaviour.actions[-1].results[0].hypothesis.class_id != 'no_action'
        yield process, behaviour
    finally:
        process.kill()
        process.communicate()


def test_a_signal_ends_the_actions_of_people(graph, acting):
    process, behaviour = acting
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    graph.wait(lambda: behaviour.actions[-1].results[0].hypothesis.class_id == 'no_action', 5)
    assert behaviour.actions[-1].id == 'ann'
    assert behaviour.actions[-1].header.stamp.sec >= START_NS // 1_000_000_000
    assert 'Traceback' not in process.stderr.read()


@pytest.mark.parametrize('stop', [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_is_killed_or_hangs_is_heard_of(graph, acting, stop):
    process, behaviour = acting
    graph.wait(lambda: behaviour.alive and behaviour.alive[-1] == 1)
    # No person is decided on meanwhile: nothing but the node's assertions says that it lives.
    time.sleep(LEASE_SEC + 0.5)
    assert behaviour.alive == [1], 'a recognizer that lives is not called dead'
    start_sec = time.monotonic()
    process.send_signal(stop)
    graph.wait(lambda: behaviour.alive[-1] == 0)
    assert time.monotonic() - start_sec < 2 * LEASE_SEC
    if stop == signal.SIGSTOP:
        process.send_signal(signal.SIGCONT)
        graph.wait(lambda: behaviour.alive[-1] == 1)


def test_whoever_does_not_ask_for_liveliness_still_gets_the_actions(graph, acting):
    process, _ = acting
    plain = graph.collect(vision_msgs.Detection2D, TOPIC)
    info, = graph.node.get_publishers_info_by_topic(TOPIC)
    assert info.qos_profile.liveliness == LivelinessPolicy.MANUAL_BY_TOPIC
    assert info.qos_profile.liveliness_lease_duration == Duration(seconds=LEASE_SEC)
    graph.wait(lambda: graph.node.count_subscribers(TOPIC) == 2)
    process.send_signal(signal.SIGTERM)
    graph.wait(lambda: plain and plain[-1].results[0].hypothesis.class_id == 'no_action')
