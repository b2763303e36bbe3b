# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``examples/nav2_stop`` on a real graph; Nav2 and twist_mux themselves are not on PyPI."""

import pytest
import yaml

geometry_msgs = pytest.importorskip('geometry_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')


@pytest.fixture
def stop(graph, load, start):
    """Return a function that starts the node; it returns what is published on both topics."""
    module = load('nav2_stop/stop_on_action.py')

    def begin(kind=geometry_msgs.TwistStamped, **parameters):
        locks = graph.collect(std_msgs.Bool, '/stop_on_action/lock')
        zeros = graph.collect(kind, '/stop_on_action/cmd_vel')
        start(module.StopOnAction, hold_sec=0.2, **parameters)
        return locks, zeros
    return begin


def test_it_stops_the_robot_while_the_person_does_it(graph, actions, stop):
    locks, zeros = stop(action='wave')
    actions.decide('no_action')
    graph.wait(lambda: locks and not locks[-1].data)
    num = len(zeros)
    actions.decide('wave')
    graph.wait(lambda: locks[-1].data and len(zeros) > num)
    assert zeros[-1].twist == geometry_msgs.Twist()
    assert zeros[-1].header.stamp.sec > 0
    # Another action than that of the parameter is none.
    actions.decide('fall')
    graph.wait(lambda: not locks[-1].data)
    num = len(zeros)
    num_locks = len(locks)
    graph.wait(lambda: len(locks) > num_locks + 5)
    assert len(zeros) == num


def test_it_stops_the_robot_without_a_recognizer(graph, request, stop):
    locks, zeros = stop()
    graph.wait(lambda: locks and locks[-1].data and zeros)
    actions = request.getfixturevalue('actions')
    actions.decide('no_action')
    graph.wait(lambda: not locks[-1].data)
    actions.hang()
    graph.wait(lambda: locks[-1].data)


def test_without_a_recognizer_it_may_drive_where_that_is_wanted(graph, actions, stop):
    locks, zeros = stop(geometry_msgs.Twist, needs_recognizer=False, stamped=False)
    graph.wait(lambda: locks and not locks[-1].data)
    actions.decide('wave')
    graph.wait(lambda: locks[-1].data and zeros)
    actions.vanish()
    graph.wait(lambda: not locks[-1].data)


def test_twist_mux_reads_its_topics_and_lets_its_zeros_pass(examples, graph, stop):
    stop()
    parameters = yaml.safe_load((examples / 'nav2_stop' / 'twist_mux.yaml').read_text())
    values = parameters['twist_mux']['ros__parameters']
    navigation, zeros, lock = (
        values['topics']['navigation'], values['topics']['stop'], values['locks']['stop'])
    published = dict(graph.node.get_topic_names_and_types())
    assert published[zeros['topic']] == ['geometry_msgs/msg/TwistStamped']
    assert published[lock['topic']] == ['std_msgs/msg/Bool']
    assert values['use_stamped'] is True
    # A lock masks what has a lower priority, and is set without messages for its timeout.
    assert navigation['priority'] < lock['priority'] <= zeros['priority']
    assert lock['timeout'] > 0
