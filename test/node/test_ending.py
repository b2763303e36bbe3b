# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The node's process ends, in whatever way, during an action: those who act on it must hear it."""

import os
import signal
import subprocess
import sys
import time

from imrs_ros.node.messages import raw_message, stamp_to_ns
from imrs_ros.node.qos import LEASE_SEC
import pytest
from ros_support import EAGER, frames, publish_all, START_NS, tiny_parameters

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
CAMERAS = ('front', 'rear')


def start_process(graph, module, parameters):
    """Start a process of a node with parameters, on the graph."""
    given = [word for name, value in parameters.items()
             for word in ('-p', f'{name}:={str(value).lower() if value is True else value}')]
    # Under nohup, a child would ignore SIGHUP.
    return subprocess.Popen(
        [sys.executable, '-m', module, '--ros-args', *given],
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        env={**os.environ, 'ROS_DOMAIN_ID': str(graph.domain)}, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def acting(graph, tiny_card):
    """Return a recognizer's process in which both cameras have an action, and what it says."""
    received = {
        name: (graph.collect(std_msgs.String, f'/recognizer/{name}/label', latched=True),
               graph.collect(vision_msgs.Classification, f'/recognizer/{name}/action',
                             latched=True)) for name in CAMERAS}
    topics = [f'/{name}/image_raw' for name in CAMERAS]
    process = start_process(graph, 'imrs_ros', {
        **tiny_parameters(tiny_card, **EAGER), 'cameras': f'[{",".join(topics)}]',
        'max_gap_sec': 60.0})
    try:
        for topic in topics:
            camera = graph.reliable_publisher(sensor_msgs.Image, topic)
            publish_all(camera, map(raw_message, frames(16)))
        graph.wait(lambda: all(labels and actions for labels, actions in received.values()))
        for labels, actions in received.values():
            assert labels[-1].data == actions[-1].results[0].class_id != 'no_action'
        yield process, received
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_action_of_every_camera(graph, acting, stop):
    process, received = acting
    process.send_signal(stop)
    assert process.wait(30) == 0
    for labels, actions in received.values():
        graph.wait(lambda labels=labels, actions=actions: (
            labels[-1].data == actions[-1].results[0].class_id == 'no_action'), 5)
        assert stamp_to_ns(actions[-1].header.stamp) == START_NS + 15 * 40_000_000
    assert 'Traceback' not in process.stderr.read()


@pytest.mark.parametrize('stop', [signal.SIGKILL, signal.SIGSTOP])
def test_the_example_stops_when_the_recognizer_is_killed_or_hangs(graph, acting, stop):
    process, received = acting
    running = graph.collect(std_msgs.Bool, '/react/running', latched=True)
    action = received['front'][0][-1].data
    behaviour = start_process(
        graph, 'imrs_ros.examples.react', {'camera': 'front', 'action': action})
    try:
        graph.wait(lambda: running and running[-1].data)
        time.sleep(LEASE_SEC + 0.5)
        assert len(running) == 1, 'a recognizer that lives is not called dead'
        process.send_signal(stop)
        graph.wait(lambda: not running[-1].data)
        if stop == signal.SIGSTOP:
            process.send_signal(signal.SIGCONT)
            graph.wait(lambda: running[-1].data)
            behaviour.send_signal(signal.SIGTERM)
            graph.wait(lambda: not running[-1].data)
    finally:
        behaviour.kill()
        behaviour.communicate()
