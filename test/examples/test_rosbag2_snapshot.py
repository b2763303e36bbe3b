# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``examples/rosbag2_snapshot`` on a real graph.

rosbag2_interfaces is not on PyPI: another service with the same answer stands in for its type.
"""

from importlib.util import find_spec

import pytest

lifecycle_srvs = pytest.importorskip('lifecycle_msgs.srv')
SERVICE = '/rosbag2_recorder/snapshot'


@pytest.fixture
def module(load):
    return load('rosbag2_snapshot/snapshot_on_action.py')


@pytest.fixture
def snapshots(graph):
    """Return the requests that a recorder has received; it answers all of them."""
    received = []

    def answer(request, response):
        received.append(request)
        response.success = True
        return response
    graph.node.create_service(lifecycle_srvs.ChangeState, SERVICE, answer)
    return received


def stand_in():
    return lifecycle_srvs.ChangeState


def test_a_snapshot_is_taken_once_after_an_action_started(
        graph, actions, snapshots, module, start):
    node = start(module.SnapshotOnAction, stand_in, after_sec=0.5)
    graph.wait(lambda: node._recorder.service_is_ready())

    def reached(condition):
        graph.wait(condition)
        # The callback that made it true has ended.
        graph.wait(graph.executor.create_task(lambda: None).done)

    def decide(label):
        actions.decide(label)
        reached(lambda: node._last and node._last[0] == label)
    # Two actions within after_sec share one.
    decide('wave')
    decide('fall')
    reached(lambda: node._timer is None)
    decide('no_action')
    assert node._timer is None
    decide('wave')
    reached(lambda: node._timer is None)
    assert not list(node.timers)
    # Requests of one client arrive in order: this is the last.
    last = node._recorder.call_async(lifecycle_srvs.ChangeState.Request())
    graph.wait(last.done)
    assert len(snapshots) == 2 + 1


def test_an_action_that_arrives_again_is_no_new_one(graph, actions, snapshots, module, start):
    node = start(module.SnapshotOnAction, stand_in, after_sec=0.1)
    graph.wait(lambda: node._recorder.service_is_ready())
    actions.decide('wave')
    graph.wait(lambda: len(snapshots) == 1)
    # Latched, it is received once more by whoever subscribes anew.
    from vision_msgs.msg import Classification, ObjectHypothesis
    again = Classification(results=[ObjectHypothesis(class_id='wave', score=0.9)])
    again.header.stamp.sec = 1
    node._follow(again)
    assert node._timer is None


def test_only_the_action_that_is_asked_for(graph, actions, snapshots, module, start):
    asked_for = start(module.SnapshotOnAction, stand_in, action='wave', after_sec=0.1)
    graph.wait(lambda: graph.node.count_clients(SERVICE))
    for label in ('fall', 'no_action'):
        actions.decide(label)
        graph.wait(lambda label=label: asked_for._last and asked_for._last[0] == label)
        assert asked_for._timer is None
    actions.decide('wave')
    graph.wait(lambda: len(snapshots) == 1)


def test_without_a_recorder_it_says_what_to_start(graph, actions, module, start):
    from rcl_interfaces.msg import Log
    logged = graph.collect(Log, '/rosout')
    start(module.SnapshotOnAction, stand_in, after_sec=0.1)
    actions.decide('wave')
    text = graph.wait(lambda: next((m.msg for m in logged if 'no snapshot' in m.msg), None))
    assert 'ros2 bag record --snapshot-mode' in text


def test_without_rosbag2_it_says_what_to_install(module):
    if find_spec('rosbag2_interfaces'):
        assert hasattr(module.snapshot_service().Response(), 'success')
    else:
        with pytest.raises(RuntimeError, match='expected the package rosbag2_interfaces'):
            module.snapshot_service()
