# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The topic that delivers a camera's images: remapped, or another than the one advertised."""

import itertools
import os
import time

from imrs_ros.node.fastdds_profile import (
    lost_images_advice, TRANSPORTS_VARIABLE, VARIABLES)
from imrs_ros.node.messages import jpeg_message, raw_message
from imrs_ros.node.transport import image_topics, SILENT_TOPIC_SEC
import pytest
import rclpy
from ros_support import frames, tiny_parameters

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
FRONT = '/front/image_raw'
COMPRESSED = f'{FRONT}/compressed'


@pytest.mark.parametrize(('rules', 'topic', 'transport', 'resolved'), [
    ([f'{FRONT}:=/real/image'], FRONT, 'auto', ['/real/image', '/real/image/compressed']),
    ([f'{FRONT}:=/real/image'], 'front/image_raw', 'compressed', ['/real/image/compressed']),
    ([f'{FRONT}:=/real/image'], COMPRESSED, 'raw', ['/real/image/compressed']),
    ([f'{COMPRESSED}:=/jpeg'], FRONT, 'auto', [FRONT, '/jpeg']),
    ([f'{COMPRESSED}:=/jpeg', f'{FRONT}:=/real/image'], COMPRESSED, 'auto', ['/jpeg']),
    # Two cameras change places: nothing is remapped twice.
    ([f'{FRONT}:=/rear/image_raw', f'/rear/image_raw:={FRONT}'], FRONT, 'auto',
     ['/rear/image_raw', '/rear/image_raw/compressed']),
    (['__ns:=/robot1'], 'front/image', 'auto',
     ['/robot1/front/image', '/robot1/front/image/compressed'])])
def test_remapping_the_base_topic_reaches_all_transports(
        graph, rules, topic, transport, resolved):
    node = rclpy.create_node('remapped', context=graph.context, cli_args=[
        '--ros-args', *(word for rule in rules for word in ('-r', rule))])
    topics = image_topics(node, topic, transport)
    assert [node.resolve_topic_name(each.name) for each in topics][:2] == resolved
    created = [node.create_subscription(each.kind, each.name, print, 1) for each in topics[:2]]
    assert [subscription.topic_name for subscription in created] == resolved
    node.destroy_node()


def topic_of(diagnostics):
    """Return the topic that the newest diagnostics name."""
    return next((value.value for message in reversed(diagnostics) for status in message.status
                 for value in status.values if value.key == 'topic'), None)


@pytest.mark.parametrize('first', ['raw', 'compressed'])
def test_the_topic_that_delivers_is_found(graph, tiny_card, first, capfd):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    publishers = {
        'raw': graph.node.create_publisher(sensor_msgs.Image, FRONT, 100),
        'compressed': graph.node.create_publisher(sensor_msgs.CompressedImage, COMPRESSED, 100)}
    messages = {'raw': raw_message, 'compressed': jpeg_message}
    names = {'raw': FRONT, 'compressed': COMPRESSED}
    node = graph.start_recognizer(**tiny_parameters(tiny_card, FRONT))
    later = itertools.count()

    def deliver(kind, until):
        before = len(scores)

        def publish():
            publishers[kind].publish(messages[kind](frames(1, next(later))[0]))
            time.sleep(0.03)
            return len(scores) > before and until()
        graph.wait(publish, 30)
    other = 'compressed' if first == 'raw' else 'raw'
    for kind in (first, other, first):
        deliver(kind, lambda kind=kind: topic_of(diagnostics) == names[kind])
    # While both are silent, it listens to both, and says so once.
    printed = capfd.readouterr().err
    time.sleep(SILENT_TOPIC_SEC + 3)
    silent = capfd.readouterr().err
    assert silent.count(f'camera front: no images on {names[first]}') == 1
    # What else is said is said once, too.
    assert silent.count('camera front: ') == (2 if first == 'raw' else 1)
    assert f'no images on {names[first]}; also trying {names[other]} (' in printed
    subscribed = {s.topic_name for s in node.subscriptions if s.topic_name.startswith('/front')}
    assert subscribed == {FRONT, COMPRESSED}
    deliver(first, lambda: topic_of(diagnostics) == names[first])
    graph.wait(lambda: publishers[other].get_subscription_count() == 0)


def test_lost_raw_images_are_named_where_their_publisher_is_matched(
        graph, tiny_card, monkeypatch, capfd):
    for name in (*VARIABLES, TRANSPORTS_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    advice = lost_images_advice(rclpy.get_rmw_implementation_identifier(), os.environ)
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    graph.node.create_publisher(sensor_msgs.Image, FRONT, 1)
    graph.node.create_publisher(sensor_msgs.CompressedImage, '/rear/image_raw/compressed', 1)
    topics = (FRONT, '/rear/image_raw', '/left/image_raw')
    graph.start_recognizer(**tiny_parameters(tiny_card, *topics))

    def texts_of_silence():
        newest = diagnostics[-1].status if diagnostics else ()
        texts = {status.hardware_id: status.message for status in newest}
        found = [texts.get(topic, '') for topic in topics]
        return all('no frames for' in text for text in found) and found
    front, *others = graph.wait(texts_of_silence)
    assert advice.startswith('by default, Fast DDS loses raw images')
    assert f' s: {advice}' in front
    assert not any('Fast DDS' in text for text in others)
    num_seen = len(diagnostics)
    graph.wait(lambda: len(diagnostics) > num_seen + 2)
    assert capfd.readouterr().err.count(f'camera front: no images: {advice}') == 1
