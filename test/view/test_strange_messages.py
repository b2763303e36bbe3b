# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Messages that nobody should send do not end the thread of ROS."""

import math

from imrs_ros.node.qos import EVERY_WINDOW
import pytest
from view_updates import receive_update

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')


@pytest.fixture
def socket(start_view):
    """Return a browser of a view that knows of a camera, whatever is on the graph."""
    view = start_view()
    view.watcher.find = lambda: {'/recognizer': ['front']}
    with view.connect() as socket:
        yield socket


def update_where(graph, socket, condition):
    """Return the first state of which a condition holds."""
    found = []

    def look():
        found[:] = [receive_update(socket)[0]]
        return condition(found[0])
    graph.wait(look)
    return found[0]


def someone(name, theta=0.0):
    bbox = vision_msgs.BoundingBox2D(size_x=4.0, size_y=4.0)
    bbox.center.theta = theta
    return vision_msgs.Detection2D(id=name, bbox=bbox)


def people_of(state):
    return [person for node in state['nodes'] for camera in node['cameras']
            for person in camera['people']]


@pytest.mark.parametrize('theta', [math.inf, math.nan])
def test_a_box_without_an_angle_is_empty(graph, socket, theta):
    publisher = graph.node.create_publisher(
        vision_msgs.Detection2DArray, '/recognizer/front/people', EVERY_WINDOW)

    def shows_bob(state):
        publisher.publish(vision_msgs.Detection2DArray(
            detections=[someone('ann', theta), someone('bob')]))
        return people_of(state)
    state = update_where(graph, socket, shows_bob)
    assert [person[:5] for person in people_of(state)] == [
        ['ann', 0.0, 0.0, 0.0, 0.0], ['bob', -2.0, -2.0, 2.0, 2.0]]


@pytest.mark.parametrize('topic', ['not a topic!', '/dev/video-0', '~{x}'])
def test_a_topic_that_is_none_is_told(graph, socket, topic):
    publisher = graph.node.create_publisher(
        diagnostic_msgs.DiagnosticArray, '/diagnostics', EVERY_WINDOW)

    def send(message):
        publisher.publish(diagnostic_msgs.DiagnosticArray(status=[
            diagnostic_msgs.DiagnosticStatus(name='/recognizer: camera front', level=b'\1',
                                             message=message, hardware_id=topic)]))

    def is_told(state):
        send('one')
        return state['notice']
    assert topic in update_where(graph, socket, is_told)['notice']

    def goes_on(state):
        send('two')
        return state['nodes'][0]['cameras'][0]['message'] == 'two'
    update_where(graph, socket, goes_on)
