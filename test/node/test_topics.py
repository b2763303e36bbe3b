# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Names on the graph, also of two nodes in namespaces of their own."""

import platform

from imrs_ros.node.spinning import start_spinning
from imrs_ros.node.topics import camera_of_status, output_topic, status_name
import pytest
import rclpy
from rclpy.parameter import Parameter
from ros_support import tiny_parameters

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')


def test_names():
    assert output_topic('front', 'action') == '~/front/action'
    assert output_topic('front', 'action', '/robot1/recognizer') == (
        '/robot1/recognizer/front/action')
    name = status_name('/robot1/recognizer', 'front')
    assert name == '/robot1/recognizer: camera front'
    assert camera_of_status(name, '/robot1/recognizer') == 'front'
    assert camera_of_status(name, '/recognizer') is None
    assert camera_of_status(status_name('/recognizer'), '/recognizer') is None


def test_diagnostics_of_two_namespaces_differ(graph, tiny_card):
    from imrs_ros.node.entities import start
    from imrs_ros.node.recognizer_node import RecognizerNode
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    overrides = [Parameter(name, value=value)
                 for name, value in tiny_parameters(tiny_card, 'front/image_raw').items()]
    nodes = [RecognizerNode(context=graph.context, namespace=namespace,
                            parameter_overrides=overrides)
             for namespace in ('/robot1', '/robot2')]
    stops = []
    try:
        for node in nodes:
            start(node)
            stops.append(start_spinning(node))
        hardware_ids = {}

        def all_reported():
            hardware_ids.update({s.name: s.hardware_id for m in diagnostics for s in m.status})
            return len(hardware_ids) == 4
        graph.wait(all_reported)
    finally:
        for stop in stops:
            stop()
        for node in nodes:
            node.destroy_node()
    assert hardware_ids == {
        name: value for robot in ('/robot1', '/robot2') for name, value in (
            (f'{robot}/recognizer: node', platform.node()),
            (f'{robot}/recognizer: camera front', f'{robot}/front/image_raw'))}


def test_two_nodes_of_one_name_are_named(graph, tiny_card, capfd):
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')

    def latest():
        return next((status for message in reversed(diagnostics) for status in message.status
                     if status.name == '/recognizer: node'), None)
    graph.start_recognizer(**tiny_parameters(tiny_card, 'front/image_raw'))
    graph.wait(lambda: latest() and latest().message == 'active')
    other = rclpy.create_node('recognizer', context=graph.context)
    text = 'another node is named /recognizer as well: their results mix on the same topics;'
    graph.wait(lambda: text in latest().message)
    assert latest().level == diagnostic_msgs.DiagnosticStatus.WARN
    assert capfd.readouterr().err.count(text) == 1
    other.destroy_node()
    graph.wait(lambda: latest().message == 'active')
