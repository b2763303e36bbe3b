# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The example behaviour, beside the real node."""

import math
import time

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


def test_it_turns_to_whoever_starts_an_action_and_stops_when_they_do(graph):
    from imrs_ros.examples.turn_to import TurnTo
    from imrs_ros.node.people.outputs import EVERY_CHANGE
    node = TurnTo(context=graph.context, parameter_overrides=[
        Parameter('camera', value='front'), Parameter('action', value='wave')])
    graph.executor.add_node(node)
    bearings = graph.collect(std_msgs.Float64, '/turn_to/bearing')
    actions = graph.node.create_publisher(
        vision_msgs.Detection2D, '/recognizer/front/person_action', EVERY_CHANGE)
    graph.wait(actions.get_subscription_count)
    people = graph.reliable_publisher(vision_msgs.Detection2DArray, '/recognizer/front/people')
    calibration = graph.reliable_publisher(sensor_msgs.CameraInfo, '/front/camera_info')
    graph.wait(lambda: graph.node.count_subscribers('/turn_to/bearing'))

    def person(name, label, x):
        found = vision_msgs.Detection2D(id=name, results=[
            vision_msgs.ObjectHypothesisWithPose(hypothesis=vision_msgs.ObjectHypothesis(
                class_id=label, score=0.9))])
        found.bbox.center.position.x = float(x)
        return found
    info = sensor_msgs.CameraInfo(k=[500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0])

    def last(value):
        return bearings and bearings[-1].data == pytest.approx(value)
    # Until the calibration has arrived, the bearing is unknown.
    graph.wait(lambda: last(math.atan(1)) or (
        calibration.publish(info), actions.publish(person('1', 'wave', 320 - 500)))[0])
    # Another action, and another person, change nothing.
    actions.publish(person('2', 'fall', 0))
    people.publish(vision_msgs.Detection2DArray(detections=[
        person('2', 'fall', 0), person('1', 'wave', 320 + 500)]))
    graph.wait(lambda: last(math.atan(-1)) or actions.assert_liveliness())
    actions.publish(person('1', 'no_action', 320 + 500))
    graph.wait(lambda: last(0.0) or actions.assert_liveliness())
    actions.publish(person('2', 'wave', 320 + 500))
    graph.wait(lambda: last(math.atan(-1)) or actions.assert_liveliness())
    # No news of the person for long, and the recognizer lives.
    for _ in range(25):
        actions.assert_liveliness()
        time.sleep(0.1)
    assert last(math.atan(-1))
    # The recognizer hangs: it asserts nothing any more.
    graph.wait(lambda: last(0.0))
    actions.publish(person('2', 'wave', 320 + 500))
    graph.wait(lambda: last(math.atan(-1)) or actions.assert_liveliness())
    # It is gone.
    graph.node.destroy_publisher(actions)
    graph.wait(lambda: last(0.0))
    graph.executor.remove_node(node)
    node.destroy_node()
