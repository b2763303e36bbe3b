# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The example behaviour, beside the real node."""

from imrs_ros.node.messages import raw_message
import pytest
from rclpy.parameter import Parameter
from ros_support import EAGER, frames, publish_window, tiny_parameters

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')


@pytest.fixture
def start_reacting(graph):
    from imrs_ros.examples.react import React
    nodes = []

    def start(action):
        node = React(context=graph.context, parameter_overrides=[
            Parameter('camera', value='front'), Parameter('action', value=action)])
        graph.executor.add_node(node)
        nodes.append(node)
    yield start
    for node in nodes:
        graph.executor.remove_node(node)
        node.destroy_node()


def test_it_starts_and_stops_with_the_action(graph, tiny_card, start_reacting):
    # A gap longer than a window takes on a busy machine: silence alone ends the action.
    recognizer = graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw', **EAGER), max_gap_sec=3.0)
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_window(graph, camera, map(raw_message, frames(16)), scores)
    graph.wait(lambda: labels)
    running = graph.collect(std_msgs.Bool, '/react/running', latched=True)

    def published(value):
        return running and running[-1].data == value
    # Started after the action, it still receives it, or its end.
    start_reacting(labels[0].data)
    publish_window(graph, camera, map(raw_message, frames(1, 16)), scores)
    graph.wait(lambda: published(True))
    # The camera falls silent: the recognizer ends the action.
    graph.wait(lambda: published(False))
    publish_window(graph, camera, map(raw_message, frames(1, 17)), scores)
    graph.wait(lambda: published(True))
    graph.stop_recognizer(recognizer)
    graph.wait(lambda: published(False))


def test_another_action_does_not_start_it(graph, tiny_card, start_reacting):
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw', **EAGER))
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    actions = graph.collect(vision_msgs.Classification, '/recognizer/front/action', latched=True)
    running = graph.collect(std_msgs.Bool, '/react/running', latched=True)
    start_reacting('sneeze')
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    publish_window(graph, camera, map(raw_message, frames(16)), scores)
    graph.wait(lambda: len(actions) >= 2)
    assert running == []
